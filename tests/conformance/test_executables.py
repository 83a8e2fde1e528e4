"""How bin/detect and bin/build are called (reference: arguments, environment, exit codes)."""

import pytest

from slugc.errors.cloudnative import BuildpackApiUnsupported, GroupErrored, NoGroupDetected
from slugc.errors.compile import BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable
from slugc.errors.source import BuildpackInvalid
from slugc.events import Warned

pytestmark = pytest.mark.spec("buildpack.md: Buildpack Interface")


@pytest.mark.spec("buildpack.md: Detection")
def test_detect_gets_the_platform_folder_and_the_plan_path_as_arguments(lab) -> None:
    pack = lab.pack("a/b", detect='test "$#" = 2; test "$1" = /platform; test -d "$1/env"; test -f "$2"')
    assert lab.build(pack).manifest.buildpacks[0].id == "a/b"


@pytest.mark.spec("buildpack.md: Detection")
def test_detect_gets_the_same_paths_as_variables(lab) -> None:
    pack = lab.pack("a/b", detect='test "$CNB_PLATFORM_DIR" = "$1"; test "$CNB_BUILD_PLAN_PATH" = "$2"')
    assert lab.build(pack)


@pytest.mark.spec("buildpack.md: Detection")
def test_the_plan_file_is_there_and_empty_before_detect_starts(lab) -> None:
    assert lab.build(lab.pack("a/b", detect='test -f "$2"; test ! -s "$2"'))


@pytest.mark.spec("buildpack.md: Detection")
def test_detect_runs_in_the_app_folder(lab) -> None:
    assert lab.build(lab.pack("a/b", detect='test "$PWD" = /app; test -f README'))


@pytest.mark.spec("buildpack.md: Detection")
def test_what_detect_writes_into_the_app_is_not_in_the_slug(lab) -> None:
    built = lab.build(lab.pack("a/b", detect="echo x > litter || true", build="test ! -e litter"))
    assert not (built.tree / "app/litter").exists()


@pytest.mark.spec("buildpack.md: Detection")
def test_exit_code_100_of_detect_is_a_refusal(lab) -> None:
    with pytest.raises(NoGroupDetected) as caught:
        lab.build(lab.pack("a/b", detect="exit 100"))
    assert caught.value.exit_code == 20


@pytest.mark.spec("platform.md: detector exit codes")
@pytest.mark.parametrize("code", [1, 2, 99, 101, 255])
def test_any_other_exit_code_of_detect_is_an_error(lab, code: int) -> None:
    with pytest.raises(GroupErrored) as caught:
        lab.build(lab.pack("a/b", detect=f"echo why >&2; exit {code}"))
    assert caught.value.exit_code == 21
    assert "why" in caught.value.detail


@pytest.mark.spec("buildpack.md: Detection")
def test_both_streams_of_a_detect_that_errs_are_shown(lab) -> None:
    with pytest.raises(GroupErrored) as caught:
        lab.build(lab.pack("a/b", detect="echo one; echo two >&2; exit 3"))
    assert "one" in caught.value.detail
    assert "two" in caught.value.detail


@pytest.mark.spec("buildpack.md: Build")
def test_build_gets_layers_platform_and_plan_as_arguments_and_variables(lab) -> None:
    pack = lab.pack(
        "a/b",
        """
        test "$#" = 3
        test "$1" = /layers/a_b; test "$CNB_LAYERS_DIR" = "$1"
        test "$2" = /platform; test "$CNB_PLATFORM_DIR" = "$2"
        test -f "$3"; test "$CNB_BP_PLAN_PATH" = "$3"
        """,
    )
    assert lab.build(pack)


@pytest.mark.spec("buildpack.md: Build")
def test_build_runs_in_the_app_folder_and_its_changes_are_in_the_slug(lab) -> None:
    built = lab.build(lab.pack("a/b", 'test "$PWD" = /app; echo made > made'))
    assert (built.tree / "app/made").read_text() == "made\n"


@pytest.mark.spec("platform.md: builder exit codes")
def test_a_build_that_fails_ends_with_51_and_its_last_lines(lab) -> None:
    with pytest.raises(BuildpackFailed) as caught:
        lab.build(lab.pack("a/b", "echo the reason >&2; exit 7"))
    assert (caught.value.exit_code, caught.value.status) == (51, 7)
    assert "the reason" in caught.value.detail


@pytest.mark.spec("buildpack.md: Build")
def test_a_build_that_never_ends_is_ended(lab) -> None:
    with pytest.raises(BuildpackTimedOut):
        lab.build(lab.pack("a/b", "sleep 300"), timeout=1.0)


@pytest.mark.spec("buildpack.md: Buildpack Interface")
def test_a_buildpack_without_a_build_is_named(lab) -> None:
    with pytest.raises(BuildpackUnstartable):
        lab.build(lab.pack("a/b", None))


@pytest.mark.spec("buildpack.md: Buildpack Interface")
@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/opt/none/ruby -w\n", "The stack has no /opt/none/ruby"),
        ("#!/bin/bash\r\necho hi\r\n", "carriage return"),
        ("#!/usr/bin/env bash\r\necho hi\r\n", "carriage return"),
    ],
)
def test_a_script_that_cannot_be_started_says_why(lab, script: str, why: str) -> None:
    pack = lab.pack("a/b")
    (pack / "bin/build").write_text(script)
    with pytest.raises(BuildpackUnstartable) as caught:
        lab.build(pack)
    assert why in caught.value.detail
    (pack / "bin/build").write_text("#!/bin/sh\n")
    (pack / "bin/detect").write_text(script)
    with pytest.raises(GroupErrored) as refused:
        lab.build(pack)
    assert why in refused.value.detail


@pytest.mark.spec("buildpack.md: Buildpack Interface")
@pytest.mark.parametrize("script", ["build", "detect"])
def test_a_script_that_only_a_shell_could_start_is_warned_of_and_strictly_refused(lab, script: str) -> None:
    pack = lab.pack("a/b")
    (pack / "bin" / script).write_text("true\n")
    warned = [event.text for event in lab.build(pack).events if isinstance(event, Warned)]
    assert warned == [f"bin/{script} of a/b does not begin with #! and an interpreter"]
    with pytest.raises(BuildpackUnstartable):
        lab.build(pack, strict=True)


@pytest.mark.spec("buildpack.md: Detection")
@pytest.mark.parametrize("command", ["rm $2; mkfifo $2", "rm $2", r"printf '\377' > $2"])
def test_a_plan_that_is_no_file_of_text_is_an_error(lab, command: str) -> None:
    with pytest.raises(GroupErrored) as caught:
        lab.build(lab.pack("a", detect=command))
    assert "its build plan: is no" in caught.value.detail


@pytest.mark.spec("buildpack.md: Buildpack Interface")
def test_a_buildpack_without_a_detect_is_an_error(lab) -> None:
    with pytest.raises(GroupErrored) as caught:
        lab.build(lab.pack("a/b", detect=None))
    assert "bin/detect is not there" in caught.value.detail


@pytest.mark.spec("distribution.md: Buildpackage")
def test_run_bits_that_an_archive_lost_are_given_back(lab) -> None:
    pack = lab.pack("a/b", "echo built")
    for script in ("detect", "build"):
        (pack / "bin" / script).chmod(0o644)
    assert "built" in lab.build(pack).output("a/b")


@pytest.mark.spec("buildpack.md: Environment")
def test_the_environment_is_an_allow_list(lab) -> None:
    built = lab.build(lab.pack("a/b", "env"))
    names = {line.partition("=")[0] for line in built.output("a/b").splitlines()}
    assert "SECRET_OF_CALLER" not in names
    assert {"PATH", "HOME", "CNB_STACK_ID"} <= names
    assert names - {name for name in names if name.startswith("CNB_")} <= {
        "PATH", "HOME", "PWD", "SHLVL", "_", "SOURCE_DATE_EPOCH",
    }  # fmt: skip


@pytest.mark.spec("buildpack.md: User-Provided Variables")
def test_config_vars_are_files_and_variables(lab) -> None:
    pack = lab.pack("a/b", 'test "$FOO" = "a b"; test "$(cat "$2/env/FOO"; echo .)" = "a b."')
    assert lab.build(pack, config={"FOO": "a b"})


@pytest.mark.spec("buildpack.md: User-Provided Variables")
def test_a_trailing_newline_of_a_config_var_is_kept(lab) -> None:
    assert lab.build(lab.pack("a/b", """test "$FOO" = $'x\\n'"""), config={"FOO": "x\n"})


@pytest.mark.spec("buildpack.md: User-Provided Variables")
def test_a_config_var_named_path_is_put_in_front(lab) -> None:
    assert lab.build(lab.pack("a/b", 'case "$PATH" in /mine:/*) ;; *) exit 1;; esac'), config={"PATH": "/mine"})


@pytest.mark.spec("buildpack.md: User-Provided Variables")
def test_clear_env_hides_config_vars_but_not_their_files(lab) -> None:
    pack = lab.pack("a/b", 'test -z "${FOO-}"; test "$(cat "$2/env/FOO")" = bar', head="clear-env = true")
    assert lab.build(pack, config={"FOO": "bar"})


@pytest.mark.spec("buildpack.md: Buildpack-Specific Variables")
def test_a_buildpack_knows_its_own_folder(lab) -> None:
    pack = lab.pack("a/b", 'test -f "$CNB_BUILDPACK_DIR/buildpack.toml"; test "$0" = "$CNB_BUILDPACK_DIR/bin/build"')
    assert lab.build(pack)


@pytest.mark.spec("buildpack.md: Targets")
def test_target_variables_say_what_is_built_for(lab) -> None:
    pack = lab.pack("a/b", 'echo "$CNB_TARGET_OS $CNB_TARGET_ARCH $CNB_TARGET_DISTRO_NAME $CNB_TARGET_DISTRO_VERSION"')
    built = lab.build(pack, target="linux/amd64/ubuntu@24.04")
    assert built.output("a/b") == "linux amd64 ubuntu 24.04"


@pytest.mark.spec("buildpack.md: Targets")
def test_an_unknown_variant_is_left_out_rather_than_empty(lab) -> None:
    assert lab.build(lab.pack("a/b", 'test -z "${CNB_TARGET_ARCH_VARIANT+set}"', api="0.12"))


@pytest.mark.spec("buildpack.md: API Compatibility")
@pytest.mark.parametrize(
    ("api", "known", "unknown"),
    [
        ("0.7", "CNB_BUILDPACK_DIR", "CNB_PLATFORM_DIR CNB_LAYERS_DIR CNB_BP_PLAN_PATH CNB_TARGET_OS"),
        ("0.8", "CNB_PLATFORM_DIR CNB_LAYERS_DIR CNB_BP_PLAN_PATH", "CNB_TARGET_OS"),
        ("0.9", "CNB_LAYERS_DIR", "CNB_TARGET_OS CNB_EXEC_ENV"),
        ("0.10", "CNB_TARGET_OS CNB_TARGET_ARCH", "CNB_EXEC_ENV"),
        ("0.11", "CNB_TARGET_OS", "CNB_EXEC_ENV"),
        ("0.12", "CNB_TARGET_OS CNB_EXEC_ENV", ""),
    ],
)
def test_each_api_version_has_its_own_variables(lab, api: str, known: str, unknown: str) -> None:
    pack = lab.pack(
        "a/b",
        f"""
        for name in {known}; do test -n "${{!name+set}}" || {{ echo "$name is missing"; exit 1; }}; done
        for name in {unknown}; do test -z "${{!name+set}}" || {{ echo "$name is too new"; exit 1; }}; done
        test "$#" = 3
        """,
        api=api,
    )
    assert lab.build(pack).manifest.buildpacks[0].api == api


@pytest.mark.spec("platform.md: Buildpack API incompatible (12)")
@pytest.mark.parametrize("api", ["0.6", "0.13", "1.0"])
def test_an_unknown_api_is_refused_with_its_exit_code(lab, api: str) -> None:
    with pytest.raises(BuildpackApiUnsupported) as caught:
        lab.build(lab.pack("a/b", api=api))
    assert caught.value.exit_code == 12


@pytest.mark.spec("buildpack.md: Build")
def test_a_strict_libcnb_style_check_of_arguments_and_variables_passes(lab) -> None:
    """Bindings of other languages abort without any of these."""
    pack = lab.pack(
        "a/b",
        """
        : "$CNB_STACK_ID" "$CNB_TARGET_OS" "$CNB_TARGET_ARCH" "$CNB_TARGET_DISTRO_NAME" "$CNB_TARGET_DISTRO_VERSION"
        : "$CNB_LAYERS_DIR" "$CNB_PLATFORM_DIR" "$CNB_BP_PLAN_PATH" "$CNB_BUILDPACK_DIR" "$1" "$2" "$3"
        """,
    )
    assert lab.build(pack)


@pytest.mark.spec("buildpack.md: buildpack.toml (TOML)")
@pytest.mark.parametrize(
    ("written", "why"), [("api = 0.10", "api must be a string"), ("", "names no Buildpack API")], ids=["number", "none"]
)
def test_a_buildpack_whose_api_is_not_to_be_read_says_what_to_write(lab, written: str, why: str) -> None:
    pack = lab.pack("a")
    descriptor = pack / "buildpack.toml"
    descriptor.write_text(descriptor.read_text().replace('api = "0.10"', written))
    with pytest.raises(BuildpackInvalid) as caught:
        lab.build(pack)
    assert why in caught.value.detail
    assert 'api = "0.10"' in caught.value.detail


@pytest.mark.spec("buildpack.md: Order Resolution")
def test_a_second_buildpack_of_an_id_in_a_list_is_left_out_and_said(lab) -> None:
    first, second = lab.pack("a", "echo first"), lab.pack("a", "echo second", version="2.0.0")
    built = lab.build(first, second)
    assert built.output("a") == "first"
    (warned,) = [event.text for event in built.events if isinstance(event, Warned)]
    assert str(second) in warned
    assert "a@1.0.0 stands before it" in warned
