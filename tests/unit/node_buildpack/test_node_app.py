"""What the files of a Node.js app decide, without running anything."""

import json

import pytest

from slugc_buildpack.problems import Problem
from slugc_node import checks, detection, installs, managers, manifest, processes, requested


def app_of(folder, document=None, **files):
    (folder / "package.json").write_text(json.dumps(document if document is not None else {}))
    for name, text in files.items():
        (folder / name.replace("__", "-").replace("DOT", ".")).write_text(text)
    return folder


def chosen(app):
    return managers.choose(app, manifest.read(app))


def test_package_json_makes_a_node_app(tmp_path):
    assert isinstance(detection.decide(tmp_path), list)
    assert detection.decide(app_of(tmp_path)) == "Node.js"


def test_a_slugignore_that_hides_package_json_is_pointed_out(tmp_path):
    (tmp_path / ".slugignore").write_text("package.json\n")
    assert "take that line out" in "\n".join(detection.decide(tmp_path))


@pytest.mark.parametrize(
    ("files", "name", "series"),
    [
        ({"package__lockDOTjson": "{}"}, "npm", "10.x"),
        ({"yarnDOTlock": "# yarn lockfile v1\n"}, "yarn", "1.22.x"),
        ({"yarnDOTlock": "# x\n\n__metadata:\n  version: 8\n"}, "berry", "4.x"),
        ({"pnpm__lockDOTyaml": "lockfileVersion: '9.0'\n"}, "pnpm", "10.x"),
        ({"pnpm__lockDOTyaml": "lockfileVersion: '6.0'\n"}, "pnpm", "8.x"),
        ({}, "npm", "10.x"),
    ],
)
def test_the_lock_file_decides_the_package_manager_and_a_version_that_reads_it(tmp_path, files, name, series):
    manager = chosen(app_of(tmp_path, **files))
    assert (manager.name, manager.version.text) == (name, series)


def test_package_manager_pins_the_version(tmp_path):
    manager = chosen(app_of(tmp_path, {"packageManager": "pnpm@9.1.2+sha512.abc"}))
    assert (manager.name, manager.version.text) == ("pnpm", "9.1.2")


@pytest.mark.parametrize(
    ("document", "files", "code"),
    [
        ({}, {"package__lockDOTjson": "{}", "yarnDOTlock": ""}, "node.several-lock-files"),
        ({"packageManager": "yarn@4.1.0"}, {"package__lockDOTjson": "{}"}, "node.manager-conflict"),
        ({"packageManager": "latest"}, {}, "node.bad-package-manager"),
        ({"engines": {"npm": "ten"}}, {}, "node.bad-version"),
        ({}, {"bunDOTlock": ""}, "node.unsupported-manager"),
        ({}, {"package__lockDOTjson": "{\n<<<<<<< HEAD\n"}, "node.merge-conflict"),
    ],
)
def test_a_contradiction_names_the_file_and_the_next_step(tmp_path, document, files, code):
    with pytest.raises(Problem) as caught:
        chosen(app_of(tmp_path, document, **files))
    assert caught.value.code == code
    assert caught.value.file
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("engines", "files", "text", "origin"),
    [
        ({"node": "^22.1"}, {"DOTnvmrc": "20"}, "^22.1", "package.json"),
        ({"node": "lts"}, {}, "24.x", "package.json"),
        ({"node": "lts/iron"}, {}, "20.x", "package.json"),
        ({}, {"DOTnode__version": "v22.4.0\n", "DOTnvmrc": "18"}, "v22.4.0", ".node-version"),
        ({}, {"DOTnvmrc": "# ours\nlts/jod\n"}, "22.x", ".nvmrc"),
        ({}, {}, "24.x", None),
    ],
)
def test_the_first_file_that_names_a_version_decides(tmp_path, engines, files, text, origin):
    app = app_of(tmp_path, {"engines": engines}, **files)
    request = requested.node(app, manifest.read(app))
    assert (request.spec.text, request.origin) == (text, origin)


@pytest.mark.parametrize("content", ["", "latest-ish", "20\n22\n"])
def test_a_version_file_that_names_none_is_refused(tmp_path, content):
    app = app_of(tmp_path, DOTnvmrc=content)
    with pytest.raises(Problem) as caught:
        requested.node(app, manifest.read(app))
    assert (caught.value.code, caught.value.file) == ("node.bad-version", ".nvmrc")


@pytest.mark.parametrize(
    ("text", "line"),
    [('{\n "name": "x"\n "a": 1}', 3), ("{\n", 2), ("", 1), ("[]", 1), ('{"scripts": ["x"]}', None)],
)
def test_a_package_json_that_cannot_be_used_is_shown_with_its_line(tmp_path, text, line):
    (tmp_path / "package.json").write_text(text)
    with pytest.raises(Problem) as caught:
        manifest.read(tmp_path)
    assert (caught.value.file, caught.value.line) == ("package.json", line)


@pytest.mark.parametrize(
    ("document", "files", "command"),
    [
        ({"scripts": {"start": "node x.js"}, "main": "index.js"}, {"indexDOTjs": ""}, "npm start"),
        ({"scripts": {"start": "x"}}, {"yarnDOTlock": ""}, "yarn start"),
        ({"main": "lib"}, {"libDOTjs": ""}, "node lib.js"),
        ({"main": "gone.js"}, {"serverDOTjs": ""}, "node server.js"),
        ({"main": "../out.js"}, {}, None),
        ({}, {}, None),
    ],
)
def test_web_is_npm_start_else_main_else_server_js(tmp_path, document, files, command):
    app = app_of(tmp_path, document, **files)
    assert processes.web(app, manifest.read(app)) == command


def test_an_installation_that_runs_code_of_the_app_is_never_skipped(tmp_path):
    plain = {"dependencies": {"express": "^4"}}
    assert manifest.read(app_of(tmp_path, plain)).plain
    assert not manifest.read(app_of(tmp_path, {**plain, "scripts": {"postinstall": "x"}})).plain
    assert not manifest.read(app_of(tmp_path, {"dependencies": {"ours": "file:./ours"}})).plain
    assert not manifest.read(app_of(tmp_path, {"workspaces": ["a"]})).plain


@pytest.mark.parametrize(
    ("script", "program"),
    [
        ("nest start", "nest"),
        ("NODE_ENV=production next start -p $PORT", "next"),
        ("cross-env A=b vite", "vite"),
        ("", ""),
    ],
)
def test_the_program_of_a_script_stands_behind_its_variables(script, program):
    assert checks.started(script) == program


def test_a_start_script_that_needs_a_pruned_program_is_warned_of(tmp_path, capsys):
    app = app_of(tmp_path, {"scripts": {"start": "nest start"}})
    checks.result(app, "npm start", manifest.read(app), {"nest", "tsc"})
    assert "`npm start` will not find nest" in capsys.readouterr().out
    checks.result(app, "npm start", manifest.read(app), {"tsc"})
    (app / "Procfile").write_text("web: node dist/main.js\n")
    checks.result(app, "npm start", manifest.read(app), {"nest"})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("settings", "map_of_packages", "linker"),
    [
        ("nodeLinker: pnp\n", False, "pnp"),
        ("enableTelemetry: 0\nnodeLinker: 'node-modules'\n", True, "node-modules"),
        ("# nodeLinker: pnp\n", False, ""),
        (None, False, ""),
        (None, True, "pnp"),
    ],
)
def test_an_app_of_yarn_says_how_its_packages_lie(tmp_path, settings, map_of_packages, linker):
    if settings is not None:
        (tmp_path / ".yarnrc.yml").write_text(settings)
    if map_of_packages:
        (tmp_path / ".pnp.cjs").write_text("")
    assert installs.own_linker(tmp_path) == linker
    assert (installs.archives(tmp_path) is not None) == (linker == "pnp")


def test_archives_that_were_committed_are_used_whatever_the_layout(tmp_path):
    (tmp_path / ".yarn/cache").mkdir(parents=True)
    assert installs.archives(tmp_path) == tmp_path / ".yarn/cache"


def test_members_of_a_workspace_of_pnpm_may_have_dev_dependencies(tmp_path):
    (tmp_path / "pnpm-workspace.yaml").write_text("packages: [apps/*]\n")
    assert manifest.read(app_of(tmp_path)).has_dev
