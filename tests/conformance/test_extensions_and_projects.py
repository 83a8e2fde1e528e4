"""Image extensions, inline buildpacks, and what a project descriptor asks."""

import pytest

from slugc.errors.cloudnative import DockerfileNeeded, GenerateFailed, GroupErrored
from slugc.errors.source import ConfigurationInvalid


def extension(lab, generate: str | None, *, detect: str | None = "", files: dict[str, str] | None = None):
    contents = {"extension.toml": 'api = "0.10"\n[extension]\nid = "x"\nversion = "1.0.0"\n', **(files or {})}
    for script, body in (("detect", detect), ("generate", generate)):
        if body is not None:
            contents[f"bin/{script}"] = "#!/bin/bash\nset -eu\n" + body
    return lab.write(lab.root / "packs/x", contents)


@pytest.mark.spec("image_extension.md: Generation")
@pytest.mark.parametrize("name", ["run.Dockerfile", "build.Dockerfile"])
def test_a_dockerfile_that_an_extension_wants_is_refused(lab, name: str) -> None:
    ext = extension(lab, f'echo FROM x > "$CNB_OUTPUT_DIR/{name}"')
    with pytest.raises(DockerfileNeeded) as caught:
        lab.build(ext, lab.pack("a"))
    assert name in caught.value.detail


@pytest.mark.spec("image_extension.md: Generation")
def test_an_extension_that_wants_nothing_takes_part(lab) -> None:
    own = 'test "$CNB_EXTENSION_DIR" = /cnb/extensions/x/1.0.0; test -z "${CNB_BUILDPACK_DIR-}"'
    ext = extension(lab, own + '; test -d "$1"; test -f "$3"')
    assert lab.build(ext, lab.pack("a", "process p true"))


@pytest.mark.spec("image_extension.md: Detection")
def test_what_an_extension_provides_counts_and_is_met_before_the_build(lab) -> None:
    ext = extension(lab, 'grep -q dep "$CNB_BP_PLAN_PATH"', detect='printf \'[[provides]]\\nname="dep"\\n\' > "$2"')
    needs = 'printf \'[[requires]]\\nname="dep"\\n\' > "$2"'
    assert lab.build(ext, lab.pack("a", 'test ! -s "$3"', detect=needs))


@pytest.mark.spec("image_extension.md: Detection")
def test_an_extension_that_refuses_is_left_out(lab) -> None:
    built = lab.build(extension(lab, "exit 1", detect="exit 100"), lab.pack("a"))
    assert [record.id for record in built.manifest.buildpacks] == ["a"]


@pytest.mark.spec("image_extension.md: Detection")
def test_an_extension_without_executables_has_its_plan_and_output_ready(lab) -> None:
    files = {"detect/plan.toml": '[[provides]]\nname="dep"\n', "generate/run.Dockerfile": "FROM x\n"}
    needs = 'printf \'[[requires]]\\nname="dep"\\n\' > "$2"'
    with pytest.raises(DockerfileNeeded):
        lab.build(extension(lab, None, detect=None, files=files), lab.pack("a", detect=needs))


@pytest.mark.spec("image_extension.md: Generation")
def test_a_generate_that_fails_is_named(lab) -> None:
    with pytest.raises(GenerateFailed):
        lab.build(extension(lab, "exit 4"), lab.pack("a"))


@pytest.mark.spec("image_extension.md: Detection")
def test_an_extension_must_not_require_anything(lab) -> None:
    ext = extension(lab, "", detect='printf \'[[requires]]\\nname="dep"\\n\' > "$2"')
    built = lab.build(ext, lab.pack("a"))
    (tried,) = [event for event in built.events if event.kind == "detect.tried" and event.buildpack == "x"]
    assert "may only provide" in tried.stderr
    with pytest.raises(GroupErrored):
        lab.build(ext, lab.pack("b", detect="exit 3"))


@pytest.mark.spec("project_descriptor.md: inline buildpacks")
def test_an_inline_buildpack_runs_its_script_with_its_shell(lab) -> None:
    project = """
[_]
schema-version = "0.2"
[[io.buildpacks.group]]
id = "me/inline"
[io.buildpacks.group.script]
api = "0.9"
shell = "/bin/bash"
inline = '''
[[ $BASH_VERSION ]] && echo "layers: $1"
printf '[[processes]]\\ntype="web"\\ncommand=["echo","inline"]\\n' > $1/launch.toml
'''
"""
    built = lab.build(app=lab.app({"project.toml": project}))
    assert built.output("me/inline") == "layers: /layers/me_inline"
    assert built.run("web") == (0, "inline")


@pytest.mark.spec("project_descriptor.md: io.buildpacks.group")
def test_a_group_of_the_project_names_folders_beside_it(lab) -> None:
    project = '[_]\nschema-version = "0.2"\n[[io.buildpacks.group]]\nuri = "../packs/a-1.0.0"\n'
    lab.pack("a", "echo built")
    assert lab.build(app=lab.app({"project.toml": project})).output("a") == "built"


@pytest.mark.spec("project_descriptor.md: schema 0.1")
def test_a_descriptor_without_a_schema_is_read_as_0_1(lab) -> None:
    lab.pack("a", 'echo "$X"')
    project = '[project]\nid="p"\n[[build.buildpacks]]\nuri = "../packs/a-1.0.0"\n[[build.env]]\nname="X"\nvalue="1"\n'
    assert lab.build(app=lab.app({"project.toml": project})).output("a") == "1"


@pytest.mark.spec("project_descriptor.md: io.buildpacks.include")
@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ('exclude = ["*.md", "docs/"]', ["README", "project.toml", "src/a.py"]),
        ('include = ["src/", "*.md"]', ["docs/c.md", "n.md", "src/a.py"]),
    ],
)
def test_include_and_exclude_choose_what_is_source(lab, rule: str, left: list[str]) -> None:
    project = f'[_]\nschema-version = "0.2"\n[io.buildpacks]\n{rule}\n'
    app = lab.app({"project.toml": project, "src/a.py": "", "n.md": "", "docs/c.md": ""})
    built = lab.build(lab.pack("a", "find . -type f | sort"), app=app)
    assert sorted(line.removeprefix("./") for line in built.output("a").splitlines()) == sorted(left)


@pytest.mark.spec("project_descriptor.md: validation")
def test_an_invalid_descriptor_names_its_line(lab) -> None:
    project = '[_]\nschema-version = "0.2"\n[io.buildpacks]\ninclude = ["a"]\nexclude = ["b"]\n'
    app = lab.app({"project.toml": project})
    for chosen in ((), (lab.pack("a"),)):
        with pytest.raises(ConfigurationInvalid) as caught:
            lab.build(*chosen, app=app)
        assert caught.value.line == 5


@pytest.mark.spec("project_descriptor.md: io.buildpacks.pre and post")
def test_pre_and_post_stand_round_a_builders_order_as_they_are_written(lab) -> None:
    builder = lab.root / "builder"
    lab.write(builder, {"order.toml": '[[order]]\n[[order.group]]\nid = "mid"\n'})
    (builder / "buildpacks/mid").mkdir(parents=True)
    lab.pack("mid").rename(builder / "buildpacks/mid/1.0.0")
    for name in ("one", "two", "last"):
        lab.pack(name)
    project = f'[_]\nschema-version = "0.2"\n[io.buildpacks]\nbuilder = "{builder}"\n' + "".join(
        f'[[io.buildpacks.{place}.group]]\nuri = "../packs/{name}-1.0.0"\n'
        for place, name in (("pre", "one"), ("pre", "two"), ("post", "last"))
    )
    built = lab.build(app=lab.app({"project.toml": project}))
    assert [record.id for record in built.manifest.buildpacks] == ["one", "two", "mid", "last"]


@pytest.mark.spec("project_descriptor.md: io.buildpacks.group")
def test_an_id_of_the_group_is_found_in_the_builder(lab) -> None:
    builder = lab.root / "builder"
    lab.write(builder, {"order.toml": '[[order]]\n[[order.group]]\nid = "other"\n'})
    for name in ("other", "mid"):
        (builder / f"buildpacks/{name}").mkdir(parents=True)
        lab.pack(name).rename(builder / f"buildpacks/{name}/1.0.0")
    project = (
        f'[_]\nschema-version = "0.2"\n[io.buildpacks]\nbuilder = "{builder}"\n[[io.buildpacks.group]]\nid = "mid"\n'
    )
    built = lab.build(app=lab.app({"project.toml": project}))
    assert [record.id for record in built.manifest.buildpacks] == ["mid"]


@pytest.mark.spec("project-descriptor.md: [[io.buildpacks.build.env]]")
def test_a_variable_of_the_project_is_no_way_out_of_the_build(lab) -> None:
    """Its name is that of a file which slugc itself writes, and its value stands among the sandbox's options."""
    precious = lab.write(lab.root / "precious", {"file": "kept"})
    ways = [
        ("/".join([".."] * 30) + f"{precious}/file", "evil"),
        ("X", f"x\\u0000--ro-bind\\u0000{precious}\\u0000/app"),
    ]
    for name, value in ways:
        project = f'[_]\nschema-version = "0.2"\n[[io.buildpacks.build.env]]\nname = "{name}"\nvalue = "{value}"\n'
        with pytest.raises(ConfigurationInvalid) as caught:
            lab.build(lab.pack("a", "cat file"), app=lab.app({"project.toml": project}))
        assert caught.value.line == 4
    assert (precious / "file").read_text() == "kept"
