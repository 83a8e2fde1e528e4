"""What the build phase decides: plans handed on, layers restored and kept, process types merged."""

from pathlib import Path

import pytest

from slugc.buildpack.bench import cache_key
from slugc.buildpack.cloudnative import session
from slugc.buildpack.cloudnative.feed import PlanFeed, UnmetUnknown
from slugc.buildpack.cloudnative.processes import as_process_type, merge, shell_text
from slugc.buildpack.cloudnative.table import Export, KeptLayer, Restore, exported, restored, set_aside
from slugc.model.buildpack import Buildpack, BuildpackApi, BuildpackReference
from slugc.model.cloudnative import (
    Api,
    Descriptor,
    Element,
    Kind,
    LaunchProcess,
    LayerFile,
    LayerTypes,
    PlanEntry,
    Require,
)
from slugc.model.process import ProcessType


def types(text: str) -> LayerTypes:
    return LayerTypes(build="b" in text, cache="c" in text, launch="l" in text)


def kept(text: str, digest: str = "1", *, archived: bool = True) -> KeptLayer:
    return KeptLayer(digest=digest, types=types(text), archived=archived)


@pytest.mark.parametrize(
    ("image", "cache", "answer"),
    [
        pytest.param(kept("cl"), kept("cl"), Restore.CONTENTS, id="cache-launch"),
        pytest.param(kept("bcl"), kept("bcl"), Restore.CONTENTS, id="build-cache-launch"),
        pytest.param(kept("cl", "2"), kept("cl"), Restore.NOTHING, id="cache-launch-of-another-slug"),
        pytest.param(None, kept("cl"), Restore.CONTENTS, id="cache-launch-without-a-slug"),
        pytest.param(kept("cl"), None, Restore.NOTHING, id="cache-launch-without-a-cache"),
        pytest.param(None, kept("c"), Restore.CONTENTS, id="cache"),
        pytest.param(None, kept("bc"), Restore.CONTENTS, id="build-cache"),
        pytest.param(None, kept("c", archived=False), Restore.NOTHING, id="bad-cache"),
        pytest.param(None, kept("b"), Restore.NOTHING, id="build"),
        pytest.param(kept("bl"), None, Restore.NOTHING, id="build-launch"),
        pytest.param(kept("l"), None, Restore.METADATA, id="launch"),
        pytest.param(None, None, Restore.NOTHING, id="never-seen"),
    ],
)
def test_what_the_next_build_gets_of_a_layer(image: KeptLayer, cache: KeptLayer, answer: Restore) -> None:
    assert restored(image, cache) is answer


@pytest.mark.parametrize(
    ("flags", "folder", "previous", "slug", "cached", "broken"),
    [
        pytest.param("l", True, None, Export.ADD, False, False, id="launch-with-folder"),
        pytest.param("lc", True, None, Export.ADD, True, False, id="launch-and-cache"),
        pytest.param("c", True, None, Export.NONE, True, False, id="cache"),
        pytest.param("b", True, None, Export.NONE, False, False, id="build"),
        pytest.param("l", False, kept("l"), Export.REUSE, False, False, id="launch-reused"),
        pytest.param("l", False, None, Export.NONE, False, True, id="launch-without-anything"),
        pytest.param("lc", False, kept("lc"), Export.NONE, False, True, id="launch-cache-without-folder"),
        pytest.param("c", False, None, Export.NONE, False, False, id="cache-without-folder"),
    ],
)
def test_what_becomes_of_a_layer(flags, folder, previous, slug, cached, broken) -> None:
    decision = exported(LayerFile(types=types(flags)), folder=folder, previous=previous)
    assert (decision.slug, decision.cached, decision.problem is not None) == (slug, cached, broken)


def test_layers_without_a_type_are_set_aside() -> None:
    assert set_aside({"b": LayerFile(), "a": LayerFile(), "k": LayerFile(types=types("c"))}) == ["a", "b"]


def pack(name: str, kind: Kind = Kind.BUILDPACK) -> Descriptor:
    return Descriptor(api=Api(0, 10), id=name, version="1", kind=kind)


def element(name: str, kind: Kind = Kind.BUILDPACK) -> Element:
    return Element(id=name, version="1", kind=kind)


ENTRIES = (
    PlanEntry(name="x", providers=(element("a"), element("b")), requires=(Require(name="x"), Require(name="x"))),
    PlanEntry(name="y", providers=(element("b"),), requires=(Require(name="y"),)),
)


def test_a_buildpack_gets_all_requirements_of_what_it_provides() -> None:
    assert [r.name for r in PlanFeed(entries=ENTRIES).given_to(pack("b"))] == ["x", "x", "y"]


def test_what_one_buildpack_met_the_next_is_not_given() -> None:
    assert [r.name for r in PlanFeed(entries=ENTRIES).after(pack("a"), []).given_to(pack("b"))] == ["y"]


def test_an_unmet_entry_is_handed_on() -> None:
    assert [r.name for r in PlanFeed(entries=ENTRIES).after(pack("a"), ["x"]).given_to(pack("b"))] == ["x", "x", "y"]


def test_an_unmet_name_must_be_one_of_the_plan() -> None:
    with pytest.raises(UnmetUnknown):
        PlanFeed(entries=ENTRIES).after(pack("a"), ["y"])


def test_an_extension_meets_its_entries_before_the_build() -> None:
    providers = (element("x", Kind.EXTENSION), element("a"))
    entries = (PlanEntry(name="e", providers=providers, requires=(Require(name="e"),)),)
    assert PlanFeed(entries=entries).without_extensions().entries == ()


def process(name: str, *, default: bool = False, owner: str = "a") -> ProcessType:
    return ProcessType(name=name, command=("x",), default=default, owner=owner)


def test_a_later_buildpack_replaces_a_process_type_and_the_last_default_wins() -> None:
    merged = merge([[process("web", default=True), process("w")], [process("w", default=True, owner="b")]])
    assert [(p.name, p.owner, p.default) for p in merged.processes] == [("w", "b", True), ("web", "a", False)]


def test_a_default_declared_again_without_default_is_none_and_that_is_said() -> None:
    merged = merge([[process("web", default=True)], [process("web", owner="b")]])
    assert [p.default for p in merged.processes] == [False]
    assert "web" in merged.warnings[0]


def test_arguments_of_a_new_process_are_replaced_and_of_an_old_one_kept() -> None:
    new = as_process_type(LaunchProcess(type="w", command=("a", "b"), args=("c",)), "x")
    old = as_process_type(LaunchProcess(type="w", command=("a",), args=("c",), legacy=True), "x")
    assert (new.command, new.args) == (("a", "b"), ("c",))
    assert (old.command, old.args) == (("a", "c"), ())


def test_an_old_shell_process_is_text_and_its_words_are_expanded_once() -> None:
    old = LaunchProcess(type="w", command=("echo hi; true",), direct=False, legacy=True)
    assert as_process_type(old, "x").command == "echo hi; true"
    assert shell_text("echo", ["$PORT"]) == '''"$(eval echo '"echo"')" "$(eval echo '"$PORT"')"'''


@pytest.mark.parametrize("name", ["cloud-native", ".cloud-native", "../.cloud-native", "a/.cloud-native"])
def test_no_classic_buildpack_has_the_folder_where_layers_are_kept(name: str) -> None:
    pack = Buildpack(
        id=name,
        name=name,
        version="1",
        api=BuildpackApi.CLASSIC,
        api_version="1",
        root=Path("/pack"),
        uri="file:/pack",
        digest="0",
        reference=BuildpackReference(text="/pack", origin="--buildpack"),
    )
    assert cache_key(pack) != session.CACHE
