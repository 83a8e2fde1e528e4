"""Variables that layers set, for later buildpacks and for processes."""

import pytest

from slugc.errors.cloudnative import BuildOutputInvalid

SECTION = "buildpack.md: Environment Variable Modification Rules"


def seen(lab, *first: str, name: str = "X") -> str:
    """The value that the buildpack after these sees."""
    packs = [lab.pack(f"p{n}", body) for n, body in enumerate(first)]
    return lab.build(*packs, lab.pack("z", f'printf "%s" "${{{name}-unset}}"')).output("z")


@pytest.mark.spec(SECTION)
@pytest.mark.parametrize(
    ("files", "value"),
    [
        pytest.param({"X": "b"}, "b", id="none"),
        pytest.param({"X.override": "b"}, "b", id="override"),
        pytest.param({"X.default": "b"}, "a", id="default"),
        pytest.param({"X.append": "b"}, "ab", id="append"),
        pytest.param({"X.prepend": "b"}, "ba", id="prepend"),
        pytest.param({"X.append": "b", "X.delim": ","}, "a,b", id="append-delim"),
        pytest.param({"X.prepend": "b", "X.delim": ","}, "b,a", id="prepend-delim"),
        pytest.param({"X.what": "b"}, "a", id="unknown-suffix"),
    ],
)
def test_suffixes_change_what_an_earlier_buildpack_set(lab, files: dict[str, str], value: str) -> None:
    puts = "; ".join(f"put l/env/{name} {text}" for name, text in files.items())
    assert seen(lab, "layer l build; put l/env/X a", f"layer l build; {puts}") == value


@pytest.mark.spec(SECTION)
def test_a_value_is_taken_byte_by_byte(lab) -> None:
    assert seen(lab, "layer l build; mkdir $L/l/env; printf ' a\\tb ' > $L/l/env/X") == " a\tb "


@pytest.mark.spec("buildpack.md: Layer Paths")
@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("bin", ["PATH"]),
        ("lib", ["LD_LIBRARY_PATH", "LIBRARY_PATH"]),
        ("include", ["CPATH"]),
        ("pkgconfig", ["PKG_CONFIG_PATH"]),
    ],
)
def test_folders_of_a_build_layer_are_in_front_of_path_variables(lab, folder: str, names: list[str]) -> None:
    for name in names:
        assert seen(lab, f"layer l build; mkdir $L/l/{folder}", name=name).split(":")[0] == f"/layers/p0/l/{folder}"


@pytest.mark.spec("buildpack.md: Layer Paths")
def test_the_last_layer_of_a_buildpack_is_first_unless_strict(lab) -> None:
    pack = lab.pack("a", "for n in one two; do layer $n build; mkdir $L/$n/bin; done")
    reader = lab.pack("z", 'printf "%s" "$PATH"')
    assert lab.build(pack, reader).output("z").startswith("/layers/a/two/bin:/layers/a/one/bin:")
    assert lab.build(pack, reader, strict=True).output("z").startswith("/layers/a/one/bin:/layers/a/two/bin:")


@pytest.mark.spec(SECTION)
def test_env_build_is_for_builds_and_env_launch_for_processes(lab) -> None:
    body = """
    layer l build launch; put l/env.build/X b; put l/env.launch/X l; put l/env/Y both
    process p sh -c 'echo $X$Y'
    """
    pack = lab.pack("a", body)
    built = lab.build(pack, lab.pack("z", 'echo "$X$Y"'))
    assert built.output("z") == "bboth"
    assert built.run("p") == (0, "lboth")


@pytest.mark.spec(SECTION)
def test_a_process_types_own_folder_is_for_it_alone(lab) -> None:
    body = """
    layer l launch; put l/env.launch/X all; put l/env.launch/web/X web
    process web sh -c 'echo $X'; process job sh -c 'echo $X'
    """
    built = lab.build(lab.pack("a", body))
    assert built.run("web") == (0, "web")
    assert built.run("job") == (0, "all")


@pytest.mark.spec("platform.md: launcher (environment)")
def test_at_launch_the_folders_of_a_buildpack_come_before_its_env_files(lab) -> None:
    first = lab.pack("bp1", "for n in a b; do layer $n launch; mkdir $L/$n/bin; done; put a/env/PATH.prepend /pre-a:")
    second = lab.pack("bp2", "layer c launch; mkdir $L/c/bin; process p sh -c 'echo $PATH'")
    status, output = lab.build(first, second).run("p")
    assert status == 0
    assert output.startswith("/layers/bp2/c/bin:/pre-a:/layers/bp1/b/bin:/layers/bp1/a/bin:/")


@pytest.mark.spec("platform.md: launcher (environment)")
@pytest.mark.parametrize(
    ("suffix", "value"), [("append", "abc"), ("prepend", "cba"), ("override", "c"), ("default", "a")]
)
def test_operations_over_layers_and_buildpacks_at_launch(lab, suffix: str, value: str) -> None:
    first = lab.pack("bp1", f"for n in a b; do layer $n launch; put $n/env/X.{suffix} $n; done")
    second = lab.pack("bp2", f"layer c launch; put c/env/X.{suffix} c; process p sh -c 'echo $X'")
    assert lab.build(first, second).run("p") == (0, value)


@pytest.mark.spec("platform.md: launcher (environment)")
def test_a_config_var_is_there_before_the_layers_and_a_default_leaves_it_alone(lab) -> None:
    body = "layer l launch; put l/env/X.default layer; put l/env/Y layer; process p sh -c 'echo $X $Y'"
    assert lab.build(lab.pack("a", body)).run("p", env={"X": "mine", "Y": "mine"}) == (0, "mine layer")


@pytest.mark.spec("buildpack.md: Layer Paths")
def test_a_link_to_a_folder_counts_as_the_folder(lab) -> None:
    assert seen(lab, "layer l build; mkdir $L/l/real; ln -s $L/l/real $L/l/bin", name="PATH").startswith(
        "/layers/p0/l/bin:"
    )


@pytest.mark.spec(SECTION)
def test_an_env_file_that_is_a_link_to_the_host_says_nothing(lab) -> None:
    assert seen(lab, "layer l build; mkdir $L/l/env; ln -s /etc/hostname $L/l/env/X") == "unset"


@pytest.mark.spec("platform.md: project.toml build environment")
def test_build_variables_of_the_project_are_seen_and_config_vars_win(lab) -> None:
    text = '[_]\nschema-version = "0.2"\n' + "".join(
        f'[[io.buildpacks.build.env]]\nname = "{name}"\nvalue = "project"\n' for name in "XY"
    )
    built = lab.build(lab.pack("z", 'echo "$X $Y"'), app=lab.app({"project.toml": text}), config={"Y": "mine"})
    assert built.output("z") == "project mine"


@pytest.mark.spec("buildpack.md: Operator-Defined Variables")
def test_the_operators_variables_come_last_and_are_defaults_without_a_suffix(lab, tmp_path) -> None:
    files = {"env/X": "operator", "env/Y": "operator", "env/Z.override": "operator", "env/PATH.prepend": "/op:"}
    folder = lab.write(tmp_path / "config", files)
    environ = {"PATH": "/usr/bin:/bin", "CNB_BUILD_CONFIG_DIR": str(folder)}
    body = 'echo "$X $Y $Z ${PATH%%:*}"'
    built = lab.build(lab.pack("z", body), config={"Y": "user", "Z": "user"}, environ=environ)
    assert built.output("z") == "operator user operator /op"
    clear = lab.pack("c", body, head="clear-env = true")
    assert lab.build(clear, config={"Y": "user", "Z": "user"}, environ=environ).output("c") == (
        "operator operator operator /op"
    )


@pytest.mark.spec("buildpack.md: Operator-Defined Variables")
def test_a_change_of_the_operators_variables_is_a_reason_to_build(lab, tmp_path) -> None:
    folder = lab.write(tmp_path / "config", {"env/X": "one"})
    environ = {"PATH": "/usr/bin:/bin", "CNB_BUILD_CONFIG_DIR": str(folder)}
    pack = lab.pack("z", 'echo "$X"')
    lab.build(pack, environ=environ)
    assert lab.build(pack, environ=environ).result.reused
    lab.write(tmp_path / "config", {"env/X": "two"})
    assert lab.build(pack, environ=environ).output("z") == "two"


@pytest.mark.spec(SECTION)
@pytest.mark.parametrize(("types", "folder"), [("build", "env"), ("launch", "env.launch/web"), ("launch cache", "env")])
def test_a_value_that_no_program_could_start_with_is_an_error_of_its_file(lab, types: str, folder: str) -> None:
    fill = "head -c {} /dev/zero | tr '\\0' x > $L/l/" + folder + "/BIG"
    build = f"layer l {types}; mkdir -p $L/l/{folder}; "
    with pytest.raises(BuildOutputInvalid) as caught:
        lab.build(lab.pack("a", build + fill.format(200_000)))
    assert caught.value.file == f"l/{folder}/BIG"
    built = lab.build(
        lab.pack("a", build + fill.format(120_000) + "; process web bash -c 'echo ${#BIG}'"),
        lab.pack("b", "echo ${#BIG}" if "build" in types else ""),
    )
    assert "120000" in (built.output("b") if "build" in types else built.run("web")[1])


@pytest.mark.spec(SECTION)
def test_a_layer_may_set_a_variable_back_to_what_it_was_before_all(lab) -> None:
    at_first = seen(lab, name="PATH")
    first = "layer l build; put l/env/PATH /usr/bin:/bin"
    assert seen(lab, first, name="PATH") == "/usr/bin:/bin"
    assert seen(lab, first, f"layer l build; put l/env/PATH {at_first}", name="PATH") == at_first
