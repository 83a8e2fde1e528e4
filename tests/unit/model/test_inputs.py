from dataclasses import fields, replace

from slugc.model.inputs import Inputs, SourceState, changes

MARK = (0o100644, 1, 2, 3, 4, "digest")
SOURCE = SourceState(kind="folder", identity="one", commit="c" * 40, mtime=5, files={"a": MARK})
INPUTS = Inputs(
    slugc="0.1",
    source=SOURCE,
    references=(("python", "--buildpack"),),
    buildpacks=(("python", "d1"),),
    stack="host@abc",
    isolation="bubblewrap",
    config={"A": "x", "B": "y"},
    reads=("A",),
    environment={"PIP_INDEX_URL": "k"},
    options={"--level": "3"},
)
OTHER = {
    "slugc": "0.2",
    "source": replace(SOURCE, identity="two"),
    "buildpacks": (("python", "d2"),),
    "stack": "host@def",
    "isolation": "none",
    "config": {"A": "z"},
    "environment": {},
    "options": {"--level": "4"},
}


def test_equal_inputs_have_no_changes():
    assert changes(INPUTS, INPUTS) == []


def test_no_field_is_forgotten():
    # The places that named the buildpacks are for people, and reads belongs to the older side.
    assert set(OTHER) | {"references", "reads"} == {field.name for field in fields(Inputs)}
    for name, value in OTHER.items():
        assert changes(INPUTS, replace(INPUTS, **{name: value})), name


def test_a_config_var_that_nobody_read_does_not_matter():
    assert changes(INPUTS, replace(INPUTS, config={"A": "x", "B": "other", "C": "new"})) == []
    blind = replace(INPUTS, reads=None)
    assert changes(blind, replace(INPUTS, config={"A": "x", "B": "other"})) == ["the config var B has changed"]


def test_a_variable_that_was_looked_for_in_vain_matters_once_it_is_there():
    old = replace(INPUTS, config={}, reads=("A",))
    assert changes(old, INPUTS) == ["the config var A has been set"]


def test_a_changed_file_is_named_and_stat_alone_is_no_change():
    touched = replace(SOURCE, identity="one", files={"a": (0o100600, 9, 9, 9, 9, "digest")})
    assert changes(INPUTS, replace(INPUTS, source=touched)) == []
    edited = replace(SOURCE, identity="two", files={"a": (*MARK[:5], "other"), "b": MARK})
    assert changes(INPUTS, replace(INPUTS, source=edited)) == ["b has been added", "a has changed"]


def test_a_new_commit_with_the_same_tree_is_a_change():
    source = replace(SOURCE, commit="d" * 40, mtime=6)
    assert changes(INPUTS, replace(INPUTS, source=source)) == ["the commit has changed from cccccccc to dddddddd"]
