"""What bin/build may leave in its layers folder, and what the next build gets back."""

import pytest
import tomli

from slugc.errors.cloudnative import BuildOutputInvalid
from slugc.events import Warned
from slugc.host.files import remove_tree

LAYER_TYPES = "buildpack.md: Layer Types"
REBUILD = {"rebuild": True}


def launch_folder(built, name: str):
    return built.tree / "layers" / name


@pytest.mark.spec(LAYER_TYPES)
@pytest.mark.parametrize(
    ("types", "in_slug", "seen_by_next"),
    [("launch", True, False), ("build", False, True), ("launch build", True, True), ("cache", False, False)],
)
def test_what_becomes_of_a_layer_by_its_types(lab, types: str, in_slug: bool, seen_by_next: bool) -> None:
    first = lab.pack("a", f"layer x {types}; mkdir $L/x/bin; put x/env/MARK yes")
    second = lab.pack("b", 'echo "mark=${MARK-}"')
    built = lab.build(first, second)
    assert launch_folder(built, "a/x").is_dir() is in_slug
    assert built.output("b") == f"mark={'yes' if seen_by_next else ''}"


@pytest.mark.spec(LAYER_TYPES)
def test_a_layer_of_no_type_is_set_aside_for_the_buildpacks_after_it(lab) -> None:
    built = lab.build(
        lab.pack("a", "layer x; put x/file 1"), lab.pack("b", "test -d /layers/a/x.ignore; test ! -d /layers/a/x")
    )
    assert not launch_folder(built, "a/x").exists()


@pytest.mark.spec(LAYER_TYPES)
def test_a_folder_without_a_toml_is_no_layer(lab) -> None:
    assert not launch_folder(lab.build(lab.pack("a", "put x/file 1")), "a/x").exists()


@pytest.mark.spec("buildpack.md: Layers")
def test_the_folder_of_an_id_with_a_slash_is_escaped(lab) -> None:
    built = lab.build(lab.pack("acme/deep/id", "layer x launch; put x/file 1"))
    assert (launch_folder(built, "acme_deep_id/x") / "file").read_text() == "1"


@pytest.mark.spec("buildpack.md: Layers")
@pytest.mark.parametrize("name", ["launch", "build", "store"])
def test_reserved_names_are_no_layers(lab, name: str) -> None:
    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("a", f"mkdir $L/{name}"))


@pytest.mark.spec("buildpack.md: Layer Content Metadata (TOML)")
@pytest.mark.parametrize("flag", ["launch", "build", "cache"])
def test_flags_outside_types_are_an_error(lab, flag: str) -> None:
    with pytest.raises(BuildOutputInvalid) as caught:
        lab.build(lab.pack("a", f'mkdir $L/x; echo "{flag} = true" > $L/x.toml'))
    assert (caught.value.exit_code, caught.value.line, caught.value.key) == (52, 1, flag)


@pytest.mark.spec("buildpack.md: Layer Content Metadata (TOML)")
def test_a_layer_toml_that_is_no_toml_is_an_error(lab) -> None:
    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("a", 'mkdir $L/x; echo "[[" > $L/x.toml'))


RESTORED = """
if [ -f $L/x.toml ]; then echo "toml: $(tr '\\n' ' ' < $L/x.toml)"; fi
if [ -f $L/x/file ]; then echo contents; fi
"""


def rebuilt(lab, types: str, *, again: str = "") -> str:
    pack = lab.pack(
        "a", RESTORED + f"layer x {types}; put x/file 1; printf '[metadata]\\nkey = \"v\"\\n' >> $L/x.toml{again}"
    )
    lab.build(pack)
    return lab.build(pack, **REBUILD).output("a")


@pytest.mark.spec(LAYER_TYPES)
@pytest.mark.parametrize(
    ("types", "toml", "contents"),
    [
        pytest.param("cache", True, True, id="cache"),
        pytest.param("cache build", True, True, id="cache-build"),
        pytest.param("cache launch", True, True, id="cache-launch"),
        pytest.param("cache build launch", True, True, id="all"),
        pytest.param("launch", True, False, id="launch"),
        pytest.param("build", False, False, id="build"),
        pytest.param("build launch", False, False, id="build-launch"),
        pytest.param("", False, False, id="none"),
    ],
)
def test_what_the_next_build_gets_back(lab, types: str, toml: bool, contents: bool) -> None:
    output = rebuilt(lab, types)
    assert ("toml:" in output) is toml
    assert ("contents" in output) is contents


@pytest.mark.spec(LAYER_TYPES)
def test_a_restored_toml_has_its_metadata_and_no_types(lab) -> None:
    text = rebuilt(lab, "cache launch").partition("toml: ")[2].partition("\n")[0]
    assert 'key = "v"' in text
    assert "launch" not in text


@pytest.mark.spec("buildpack.md: Layer Types")
def test_a_restored_layer_whose_types_are_not_set_again_is_left_out(lab) -> None:
    pack = lab.pack("a", "if [ -f $L/x.toml ]; then exit 0; fi; layer x cache launch; put x/file 1")
    assert launch_folder(lab.build(pack), "a/x").is_dir()
    assert not launch_folder(lab.build(pack, **REBUILD), "a/x").exists()


@pytest.mark.spec("buildpack.md: Layer Types")
def test_a_launch_layer_with_no_folder_is_taken_from_the_previous_build(lab) -> None:
    pack = lab.pack("a", 'if [ ! -f $L/x.toml ]; then put x/file 1; fi; echo "[types]\nlaunch = true" > $L/x.toml')
    lab.build(pack)
    again = lab.build(pack, **REBUILD)
    assert (launch_folder(again, "a/x") / "file").read_text() == "1"
    third = lab.build(pack, **REBUILD)
    assert (launch_folder(third, "a/x") / "file").read_text() == "1"


@pytest.mark.spec("platform.md: exporter")
@pytest.mark.parametrize("types", ["launch = true", "launch = true\ncache = true"])
def test_a_launch_layer_with_neither_folder_nor_predecessor_is_an_error(lab, types: str) -> None:
    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("a", f'echo "[types]\n{types}" > $L/x.toml'))


@pytest.mark.spec("platform.md: restorer")
def test_only_layers_of_the_group_come_back(lab) -> None:
    pack, other = lab.pack("a", RESTORED + "layer x cache; put x/file 1"), lab.pack("b", "test ! -e /layers/a")
    lab.build(pack)
    lab.build(other)


@pytest.mark.spec("platform.md: restorer")
def test_a_broken_cache_costs_time_and_is_said(lab) -> None:
    pack = lab.pack("a", RESTORED + "layer x cache; put x/file 1")
    lab.build(pack)
    (kept,) = lab.home.cache.glob("*/live/.cloud-native/layers/a/x/file")
    kept.write_text("tampered")
    again = lab.build(pack, **REBUILD)
    assert again.output("a") == ""
    assert [event.what for event in again.events if event.kind == "cache.discarded"] == ["layer a:x"]


@pytest.mark.spec("platform.md: restorer")
@pytest.mark.parametrize("link", ["", "layers", "layers/a", "layers/a/x", "sbom", "sbom/a/x"])
def test_a_link_in_a_cache_from_elsewhere_leads_nowhere(lab, link: str) -> None:
    pack = lab.pack("a", 'layer x cache; put x/file 1; echo "{}" > $L/x.sbom.cdx.json', head=SBOM_HEAD)
    lab.build(pack)
    precious = lab.write(lab.root / "precious", {"a/x/file": "kept", "x/file": "kept", "file": "kept"})
    (live,) = lab.home.cache.glob("*/live/.cloud-native")
    place = live / link
    remove_tree(place)
    place.symlink_to(precious)
    lab.build(pack, **REBUILD)
    files = {str(path.relative_to(precious)): path.read_text() for path in precious.rglob("*") if path.is_file()}
    assert files == dict.fromkeys(("a/x/file", "x/file", "file"), "kept")


@pytest.mark.spec("platform.md: restorer")
@pytest.mark.parametrize("name", ["../../../precious", "..", ""])
def test_a_record_of_the_cache_cannot_name_a_folder_elsewhere(lab, name: str) -> None:
    pack = lab.pack("a", "layer x cache; put x/file 1")
    lab.build(pack)
    (state,) = lab.home.cache.glob("*/live/.cloud-native/state.toml")
    state.write_text(state.read_text().replace('name = "x"', f'name = "{name}"'))
    again = lab.build(pack, **REBUILD)
    assert [event.what for event in again.events if event.kind == "cache.discarded"] == ["Cloud Native layers"]
    assert not [path for path in lab.root.rglob("precious*") if "live" not in path.parts]


@pytest.mark.spec("platform.md: restorer")
def test_a_garbled_record_of_the_cache_costs_time_only(lab) -> None:
    pack = lab.pack("a", RESTORED + "layer x cache; put x/file 1")
    lab.build(pack)
    (state,) = lab.home.cache.glob("*/live/.cloud-native/state.toml")
    state.write_text("[[[")
    assert lab.build(pack, **REBUILD).output("a") == ""


@pytest.mark.spec("buildpack.md: store.toml (TOML)")
def test_the_store_comes_back_whatever_the_layers_do(lab) -> None:
    pack = lab.pack(
        "a",
        'cat $L/store.toml 2>/dev/null || printf "[metadata]\nn = 1\n[metadata.deep]\nx = [true]\n" > $L/store.toml',
    )
    built = lab.build(pack)
    assert built.manifest.metadata["a"]["store"] == {"n": 1, "deep": {"x": [True]}}
    assert tomli.loads(lab.build(pack, **REBUILD).output("a")) == {"metadata": {"n": 1, "deep": {"x": [True]}}}


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_labels_are_in_the_manifest_and_the_later_buildpack_wins(lab) -> None:
    def label(value: str) -> str:
        return f'printf "[[labels]]\nkey=\\"k\\"\nvalue=\\"{value}\\"\n" > $L/launch.toml'

    built = lab.build(lab.pack("a", label("1")), lab.pack("b", label("2")))
    assert built.manifest.labels == {"k": "2"}


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_slices_are_layers_of_their_own_and_the_first_that_matches_has_the_file(lab) -> None:
    app = lab.app({"static/a.css": "a", "static/deep/b.css": "b", "docs/c.md": "c"})
    toml = '[[slices]]\\npaths = [\\"static\\"]\\n[[slices]]\\npaths = [\\"*/deep\\", \\"docs/*\\"]\\n'
    built = lab.build(lab.pack("a", f'printf "{toml}" > $L/launch.toml'), app=app)
    files = {layer.name: layer.files for layer in built.manifest.layers if layer.kind == "app"}
    assert files["slice-1"] == 2
    assert files["slice-2"] == 1
    assert (built.tree / "app/static/deep/b.css").read_text() == "b"


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_a_slice_may_be_named_by_its_place_in_the_app_folder(lab) -> None:
    app = lab.app({"static/a.css": "a", "docs/c.md": "c"})
    toml = '[[slices]]\\npaths = [\\"/app/static\\", \\"/etc/*\\"]\\n'
    built = lab.build(lab.pack("a", f'printf "{toml}" > $L/launch.toml'), app=app)
    assert {layer.name: layer.files for layer in built.manifest.layers}["slice-1"] == 1


SBOM_HEAD = 'sbom-formats = ["application/vnd.cyclonedx+json", "application/spdx+json"]'


@pytest.mark.spec("buildpack.md: Bill-of-Materials")
def test_sboms_of_launch_layers_are_beside_them(lab) -> None:
    build = 'layer x launch; layer y build; for n in x y launch build; do echo "{}" > $L/$n.sbom.cdx.json; done'
    tree = lab.build(lab.pack("acme/a", build, head=SBOM_HEAD)).tree / "layers/sbom"
    assert sorted(str(p.relative_to(tree)) for p in tree.rglob("*.json")) == [
        "launch/acme_a/sbom.cdx.json",
        "launch/acme_a/x/sbom.cdx.json",
    ]


@pytest.mark.spec("buildpack.md: Bill-of-Materials")
@pytest.mark.parametrize("file", ["x.sbom.syft.json", "launch.sbom.other.json"])
def test_an_sbom_format_that_is_not_declared_is_an_error(lab, file: str) -> None:
    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("a", f"layer x launch; echo '{{}}' > $L/{file}", head=SBOM_HEAD))


@pytest.mark.spec("buildpack.md: Bill-of-Materials")
def test_an_sbom_of_a_restored_layer_comes_back(lab) -> None:
    pack = lab.pack(
        "a", 'cat $L/x.sbom.cdx.json || true; layer x cache; echo "{}" > $L/x.sbom.cdx.json', head=SBOM_HEAD
    )
    lab.build(pack)
    assert "{}" in lab.build(pack, **REBUILD).output("a")


@pytest.mark.spec("platform.md: metadata.toml (TOML)")
def test_the_launchers_metadata_lists_buildpacks_and_processes(lab) -> None:
    built = lab.build(lab.pack("a", "process web serve --port 1; process job run"), lab.pack("b"))
    assert [b["id"] for b in built.metadata["buildpacks"]] == ["a", "b"]
    assert [(p["type"], p["command"], p["buildpack-id"]) for p in built.metadata["processes"]] == [
        ("job", ["run"], "a"),
        ("web", ["serve", "--port", "1"], "a"),
    ]


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
@pytest.mark.parametrize(
    ("api", "toml"),
    [
        ("0.9", 'type="web"\ncommand="text"'),
        ("0.9", 'type="web"\ncommand=["x"]\ndirect=false'),
        ("0.8", 'type="web"\ncommand=["x"]'),
        ("0.10", 'type="we/b"\ncommand=["x"]'),
        ("0.10", 'type="we\\nb"\ncommand=["x"]'),
        ("0.10", 'type=".."\ncommand=["x"]'),
    ],
)
def test_a_process_that_its_api_does_not_know_is_an_error(lab, api: str, toml: str) -> None:
    with pytest.raises(BuildOutputInvalid) as caught:
        lab.build(lab.pack("a", f"cat > $L/launch.toml <<'T'\n[[processes]]\n{toml}\nT\n", api=api))
    assert caught.value.file == "launch.toml"


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_a_link_in_place_of_launch_toml_cannot_show_a_file_of_the_host(lab) -> None:
    with pytest.raises(BuildOutputInvalid) as caught:
        lab.build(lab.pack("a", "ln -s /etc/passwd $L/launch.toml"))
    assert "root:" not in f"{caught.value.summary} {caught.value.detail}"


@pytest.mark.spec("buildpack.md: Build")
@pytest.mark.parametrize("name", ["launch.toml", "build.toml", "store.toml", "x.toml", "launch.sbom.cdx.json"])
@pytest.mark.parametrize("command", ["mkfifo", "ln -s nowhere"])
def test_what_stands_in_the_place_of_a_file_is_named(lab, name: str, command: str) -> None:
    with pytest.raises(BuildOutputInvalid) as caught:
        lab.build(lab.pack("a", f"{command} $L/{name}", head=SBOM_HEAD))
    assert caught.value.file == name


@pytest.mark.spec("buildpack.md: Build")
def test_a_link_within_the_layers_is_read(lab) -> None:
    build = """
    layer l launch; put l/value 'by link'; mkdir -p $L/l/env.launch; ln -s $L/l/value $L/l/env.launch/WORD
    process web printenv WORD; mv $L/launch.toml $L/l/real.toml; ln -s $L/l/real.toml $L/launch.toml
    """
    assert lab.build(lab.pack("a", build)).run("web") == (0, "by link")


@pytest.mark.spec("buildpack.md: Layer Types")
def test_a_layer_may_have_a_name_that_ends_like_its_toml(lab) -> None:
    built = lab.build(lab.pack("a", "layer x.toml launch; put x.toml/file here"))
    assert (built.tree / "layers/a/x.toml/file").read_text() == "here"


@pytest.mark.spec("buildpack.md: Layer Types")
@pytest.mark.parametrize("name", [r"$'\xff'", r"$'a\nb'"])
def test_a_layer_name_that_cannot_be_written_down_is_refused(lab, name: str) -> None:
    with pytest.raises(BuildOutputInvalid, match="left an invalid"):
        lab.build(lab.pack("a", f"layer {name} launch"))


@pytest.mark.spec("buildpack.md: Build")
def test_a_buildpack_that_removed_its_layers_folder_has_no_layers(lab) -> None:
    built = lab.build(lab.pack("a", "layer x launch; rm -r $L"), lab.pack("b", "layer y launch; put y/file here"))
    assert (built.tree / "layers/b/y/file").exists()
    assert not (built.tree / "layers/a").exists()


@pytest.mark.spec("buildpack.md: Launch Layers")
def test_what_a_slug_cannot_hold_is_left_out_of_a_layer_and_said(lab) -> None:
    pack = lab.pack("a", "layer x launch cache; put x/file here; mkfifo $L/x/pipe")
    built = lab.build(pack)
    assert [event.text for event in built.events if isinstance(event, Warned)] == [
        "layer a:x: pipe is left out: a socket, device or pipe"
    ]
    assert (built.tree / "layers/a/x/file").exists()
    again = lab.build(lab.pack("a", "cat $1/x/file; layer x launch cache"), **REBUILD)
    assert "here" in again.output("a")


@pytest.mark.spec("buildpack.md: Build")
def test_layers_that_were_shut_away_from_everybody_are_read(lab) -> None:
    """For whom root builds and for an ordinary user alike."""
    shut = "chmod 000 $L/x/file $L/x $L/x.toml $L/launch.toml $L /layers"
    built = lab.build(lab.pack("a", f"layer x launch; put x/file here; process web cat /layers/a/x/file; {shut}"))
    assert built.run("web") == (0, "here")


@pytest.mark.spec("buildpack.md: Layer Content Metadata (TOML)")
def test_metadata_that_is_nested_without_end_is_an_error_of_its_file(lab) -> None:
    deep = "[" * 5000 + "]" * 5000
    with pytest.raises(BuildOutputInvalid) as caught:
        lab.build(lab.pack("a", f"layer x launch; printf '[metadata]\\na = {deep}\\n' >> $L/x.toml"))
    assert (caught.value.file, caught.value.exit_code) == ("x.toml", 52)
    assert "nested deeper" in caught.value.detail


@pytest.mark.spec("platform.md: exporter (reproducible layers)")
def test_the_same_build_in_another_folder_gives_the_same_bytes(lab, tmp_path) -> None:
    pack = lab.pack("a", "layer x launch; put x/file 1; process web x")
    first = lab.build(pack, app=lab.write(tmp_path / "one/app", {"f": "1"}))
    second = lab.build(pack, app=lab.write(tmp_path / "two/app", {"f": "1"}))
    assert first.result.slug.path.read_bytes() == second.result.slug.path.read_bytes()


@pytest.mark.spec("buildpack.md: Layers")
@pytest.mark.parametrize("name", ["..toml", "...toml"])
def test_a_toml_that_would_name_a_folder_above_is_refused(lab, name: str) -> None:
    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("a", f'printf "[types]\nlaunch = true\n" > $L/{name}'))


@pytest.mark.spec("buildpack.md: Layers")
def test_a_layer_folder_that_is_a_link_shows_nothing_of_the_host(lab) -> None:
    with pytest.raises(BuildOutputInvalid):
        lab.build(lab.pack("a", 'ln -s /etc $L/x; printf "[types]\nlaunch = true\n" > $L/x.toml'))


@pytest.mark.spec("buildpack.md: Layers")
def test_another_buildpacks_layers_can_be_turned_into_a_link_without_effect_on_the_host(lab) -> None:
    first = lab.pack("a", "layer x launch; put x/file 1; echo '{}' > $L/launch.sbom.cdx.json", head=SBOM_HEAD)
    second = lab.pack("b", "rm -rf /layers/a; ln -s /etc /layers/a")
    with pytest.raises(BuildOutputInvalid):
        lab.build(first, second)


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_a_nul_byte_in_a_command_is_refused(lab) -> None:
    toml = '[[processes]]\ntype = "p"\ncommand = ["a\\u0000b"]\n'
    with pytest.raises(BuildOutputInvalid) as caught:
        lab.build(lab.pack("a", f"cat > $L/launch.toml <<'T'\n{toml}T\n"))
    assert "NUL" in caught.value.detail


@pytest.mark.spec("buildpack.md: Environment Variable Modification Rules")
def test_an_env_file_with_an_equals_sign_in_its_name_is_passed_over(lab) -> None:
    built = lab.build(
        lab.pack("a", "layer x build launch; put 'x/env/A=B' 1; process p echo fine"), lab.pack("b", "env")
    )
    assert "A=B" not in built.output("b")
    assert built.run("p") == (0, "fine")


@pytest.mark.spec("platform.md: launcher")
def test_no_command_at_all_is_the_default_process(lab) -> None:
    toml = '[[processes]]\ntype = "p"\ncommand = ["echo", "default"]\ndefault = true\n'
    assert lab.build(lab.pack("a", f"cat > $L/launch.toml <<'T'\n{toml}T\n")).run() == (0, "default")


@pytest.mark.spec("buildpack.md: Layers")
def test_folders_that_nobody_may_write_are_no_obstacle(lab) -> None:
    pack = lab.pack("a", "layer x launch cache; mkdir -p $L/x/mod; put x/mod/file 1; chmod 0555 $L/x/mod $L/x")
    lab.build(pack)
    assert (launch_folder(lab.build(pack, **REBUILD), "a/x") / "mod/file").read_text() == "1"


@pytest.mark.spec("buildpack.md: Bill-of-Materials")
def test_an_sbom_of_a_layer_with_dots_in_its_name_comes_back(lab) -> None:
    body = 'cat $L/v1.2.sbom.cdx.json || true; layer v1.2 cache; echo "{}" > $L/v1.2.sbom.cdx.json'
    pack = lab.pack("a", body, head=SBOM_HEAD)
    lab.build(pack)
    assert "{}" in lab.build(pack, **REBUILD).output("a")
