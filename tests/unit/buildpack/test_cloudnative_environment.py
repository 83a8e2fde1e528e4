"""Environment rules of layers, and what each executable sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.buildpack.cloudnative.environment import World, for_executable
from slugc.buildpack.cloudnative.modifications import (
    Action,
    LayerEnvironment,
    apply_files,
    apply_platform,
    for_build,
    for_launch,
)
from slugc.buildpack.cloudnative.targets import mismatch, of_stack, parse_target
from slugc.model.cloudnative import Api, Descriptor, Distro, Kind, Target
from slugc.model.slug import StackRecord


@pytest.mark.parametrize(
    ("files", "before", "after"),
    [
        pytest.param({"A": "new"}, "old", "new", id="no-suffix-overrides"),
        pytest.param({"A.override": "new"}, "old", "new", id="override"),
        pytest.param({"A.default": "new"}, "old", "old", id="default-keeps"),
        pytest.param({"A.default": "new"}, "", "new", id="default-fills-an-empty-one"),
        pytest.param({"A.append": "new"}, "old", "oldnew", id="append-without-delimiter-is-raw"),
        pytest.param({"A.append": "new", "A.delim": ","}, "old", "old,new", id="append"),
        pytest.param({"A.prepend": "new", "A.delim": ","}, "old", "new,old", id="prepend"),
        pytest.param({"A.prepend": "new", "A.delim": ","}, "", "new", id="no-delimiter-next-to-nothing"),
        pytest.param({"A.unknown": "new"}, "old", "old", id="unknown-suffix"),
        pytest.param({"A.append.x": "new"}, "old", "old", id="two-dots"),
        pytest.param({"A.append": "new\n"}, "old", "oldnew\n", id="contents-are-verbatim"),
    ],
)
def test_suffixes(files: dict[str, str], before: str, after: str) -> None:
    assert apply_files({"A": before} if before else {}, files).get("A") == after


def test_an_operators_file_without_suffix_is_a_default() -> None:
    assert apply_files({"A": "old"}, {"A": "new"}, unsuffixed=Action.DEFAULT) == {"A": "old"}


def test_platform_path_variables_are_prepended_and_others_replaced() -> None:
    assert apply_platform({"PATH": "/b", "A": "1"}, {"PATH": "/a", "A": "2"}) == {"PATH": "/a:/b", "A": "2"}


A = LayerEnvironment(path="/layers/bp1/a", folders=frozenset({"bin"}), files={"env": {"PATH.prepend": "/pre-a:"}})
B = LayerEnvironment(path="/layers/bp1/b", folders=frozenset({"bin"}))
C = LayerEnvironment(path="/layers/bp2/c", folders=frozenset({"bin"}))


def test_at_launch_folders_of_a_buildpack_come_before_its_env_files() -> None:
    env = for_launch({"PATH": "/usr/bin"}, [[A, B], [C]], None)
    assert env["PATH"] == "/layers/bp2/c/bin:/pre-a:/layers/bp1/b/bin:/layers/bp1/a/bin:/usr/bin"


def test_at_build_each_layer_is_applied_whole_before_the_next() -> None:
    env = for_build(for_build({"PATH": "/usr/bin"}, [A, B]), [C])
    assert env["PATH"] == "/layers/bp2/c/bin:/layers/bp1/b/bin:/pre-a:/layers/bp1/a/bin:/usr/bin"


def test_strict_has_the_layers_of_one_buildpack_ascending() -> None:
    assert for_build({"PATH": "/u"}, [B, C], strict=True)["PATH"] == "/layers/bp1/b/bin:/layers/bp2/c/bin:/u"


def test_a_delimiter_of_one_layer_says_nothing_in_another() -> None:
    first = LayerEnvironment(path="/l/a", files={"env": {"X.append": "a", "X.delim": ":"}})
    second = LayerEnvironment(path="/l/b", files={"env": {"X.append": "b"}})
    assert for_build({}, [first, second])["X"] == "ab"


@pytest.mark.parametrize(
    ("suffix", "value"), [("append", "abc"), ("prepend", "cba"), ("override", "c"), ("default", "a")]
)
def test_operations_over_three_layers(suffix: str, value: str) -> None:
    layers = [LayerEnvironment(path=f"/l/{n}", files={"env": {f"X.{suffix}": n}}) for n in "abc"]
    assert for_launch({}, [layers[:2], layers[2:]], None)["X"] == value


def test_only_the_build_has_include_and_pkgconfig_folders() -> None:
    layer = LayerEnvironment(path="/l", folders=frozenset({"lib", "include", "pkgconfig"}))
    assert for_build({}, [layer]) == {
        "LD_LIBRARY_PATH": "/l/lib",
        "LIBRARY_PATH": "/l/lib",
        "CPATH": "/l/include",
        "PKG_CONFIG_PATH": "/l/pkgconfig",
    }
    assert for_launch({}, [[layer]], None) == {"LD_LIBRARY_PATH": "/l/lib"}


def test_env_build_env_launch_and_a_process_types_own_folder() -> None:
    layer = LayerEnvironment(
        path="/l",
        files={"env": {"X": "both"}, "env.build": {"X": "b"}, "env.launch": {"X": "l"}, "env.launch/web": {"X": "w"}},
    )
    assert for_build({}, [layer])["X"] == "b"
    assert for_launch({}, [[layer]], "worker")["X"] == "l"
    assert for_launch({}, [[layer]], "web")["X"] == "w"


@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,3}(\.[a-z]{0,8}){0,2}", fullmatch=True), st.text(max_size=5)))
def test_files_never_touch_a_variable_they_do_not_name(files: dict[str, str]) -> None:
    named = {name.partition(".")[0] for name in files}
    before = {"KEPT_VARIABLE": "k"}
    after = apply_files(before, files)
    assert after["KEPT_VARIABLE"] == "k"
    assert set(after) - set(before) <= named


MACHINE = Target(os="linux", arch="amd64", distros=(Distro(name="debian", version="12"),))
WORLD = World(
    base={"PATH": "/usr/bin", "HOME": "/home/cnb", "SECRET": "s"},
    target=MACHINE,
    platform_env={"PATH": "/user", "FOO": "1"},
    build_config={"FOO": "default", "OP.override": "yes"},
)


def descriptor(api: str, **keywords) -> Descriptor:
    parsed = Api.parse(api)
    assert parsed is not None
    return Descriptor(**{"api": parsed, "id": "a/b", "version": "1.0.0", **keywords})


def env_of(d: Descriptor, own: dict[str, str] | None = None, so_far: dict[str, str] | None = None) -> dict[str, str]:
    return for_executable(WORLD, d, so_far=so_far or dict(WORLD.base), own=own or {})


def test_only_allowed_names_of_the_surroundings_are_seen() -> None:
    env = env_of(descriptor("0.10"))
    assert "SECRET" not in env
    assert env["HOME"] == "/home/cnb"


def test_a_variable_of_an_earlier_layer_is_seen() -> None:
    assert env_of(descriptor("0.10"), so_far={**WORLD.base, "GEM_HOME": "/layers/x"})["GEM_HOME"] == "/layers/x"


def test_the_users_variables_come_over_the_layers_and_the_operators_over_all() -> None:
    env = env_of(descriptor("0.10"), so_far={**WORLD.base, "FOO": "layer"})
    assert (env["PATH"], env["FOO"], env["OP"]) == ("/user:/usr/bin", "1", "yes")


def test_clear_env_hides_the_users_variables_and_not_the_operators() -> None:
    env = env_of(descriptor("0.10", clear_env=True))
    assert (env["PATH"], env["FOO"], env["OP"]) == ("/usr/bin", "default", "yes")


@pytest.mark.parametrize(
    ("api", "present", "absent"),
    [
        ("0.7", {"CNB_BUILDPACK_DIR"}, {"CNB_PLATFORM_DIR", "CNB_LAYERS_DIR", "CNB_TARGET_OS"}),
        ("0.8", {"CNB_PLATFORM_DIR", "CNB_LAYERS_DIR"}, {"CNB_TARGET_OS"}),
        ("0.10", {"CNB_TARGET_OS", "CNB_TARGET_ARCH", "CNB_TARGET_DISTRO_NAME"}, {"CNB_EXEC_ENV"}),
        ("0.12", {"CNB_EXEC_ENV"}, {"CNB_TARGET_ARCH_VARIANT"}),
    ],
)
def test_variables_come_with_the_api_that_knows_them(api: str, present: set[str], absent: set[str]) -> None:
    env = env_of(descriptor(api), own={"CNB_LAYERS_DIR": "/layers/a_b"})
    assert present <= set(env)
    assert not absent & set(env)
    assert env["CNB_BUILDPACK_DIR"] == "/cnb/buildpacks/a_b/1.0.0"
    assert env["CNB_STACK_ID"]


def test_an_extension_has_its_own_folder_variable() -> None:
    env = env_of(descriptor("0.10", kind=Kind.EXTENSION))
    assert env["CNB_EXTENSION_DIR"] == "/cnb/extensions/a_b/1.0.0"
    assert "CNB_BUILDPACK_DIR" not in env


UBUNTU = Target(os="linux", arch="amd64", distros=(Distro(name="ubuntu", version="24.04"),))


@pytest.mark.parametrize(
    ("keywords", "machine", "fits"),
    [
        pytest.param({"targets": (Target(),)}, MACHINE, True, id="empty-fits-anything"),
        pytest.param({"targets": (Target(os="windows"),)}, MACHINE, False, id="other-system"),
        pytest.param({"targets": (Target(os="linux", arch="arm64"),)}, MACHINE, False, id="other-machine"),
        pytest.param({"targets": (UBUNTU,)}, MACHINE, False, id="other-distro"),
        pytest.param({"targets": (UBUNTU,)}, UBUNTU, True, id="same-distro"),
        pytest.param({"targets": (UBUNTU,)}, Target(os="linux", arch="amd64"), False, id="distro-unknown"),
        pytest.param({"stacks": ("*",), "has_build": False}, MACHINE, True, id="any-stack"),
        pytest.param({"stacks": ("io.buildpacks.stacks.bionic",)}, MACHINE, False, id="bionic"),
        pytest.param({"stacks": ("jammy",)}, MACHINE, True, id="unknown-stack-with-bin-build"),
        pytest.param({}, Target(os="windows"), False, id="bin-build-means-linux"),
    ],
)
def test_targets(keywords: dict, machine: Target, fits: bool) -> None:
    assert (mismatch(descriptor("0.10", **keywords), machine) is None) is fits


def test_bionic_beside_other_stacks_counts_only_from_api_0_10_on() -> None:
    stacks = {"stacks": ("io.buildpacks.stacks.bionic", "other")}
    assert mismatch(descriptor("0.9", **stacks), MACHINE) is None
    assert mismatch(descriptor("0.10", **stacks), MACHINE) is not None


def test_targets_are_written_and_read_in_one_line() -> None:
    assert parse_target("linux/amd64/ubuntu@24.04") == UBUNTU
    assert parse_target("linux/arm64/v8") == Target(os="linux", arch="arm64", variant="v8")
    assert parse_target("linux") is None
    assert of_stack(StackRecord(name="host", distro="debian", distro_version="12")) == MACHINE
