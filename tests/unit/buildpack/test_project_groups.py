"""pre and post groups of project.toml that nothing would run."""

import pytest

from slugc.buildpack.cloudnative.builder import without_effect
from slugc.formats.project_toml import parse_project

HEAD = '[_]\nschema-version = "0.2"\n[io.buildpacks]\n'
PRE = '[[io.buildpacks.pre.group]]\nuri = "./a"\n'
POST = '[[io.buildpacks.post.group]]\nuri = "./z"\n'
GROUP = '[[io.buildpacks.group]]\nuri = "./m"\n'
BUILDER = 'builder = "registry.example.com/b:1"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PRE, ("io.buildpacks.pre has", "names no builder")),
        (PRE + POST, ("io.buildpacks.pre and post has", "names no builder")),
        (BUILDER + GROUP + POST, ("io.buildpacks.post has", "a group of its own")),
    ],
)
def test_a_group_without_effect_is_named_with_the_reason(text, said):
    reason = without_effect(parse_project(HEAD + text))
    assert reason is not None
    assert all(part in reason for part in said)


@pytest.mark.parametrize("text", ["", GROUP, BUILDER, BUILDER + PRE + POST])
def test_nothing_is_said_where_everything_is_used(text):
    assert without_effect(parse_project(HEAD + text)) is None
