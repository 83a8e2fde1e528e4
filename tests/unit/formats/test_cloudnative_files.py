"""The files of the Cloud Native specification: what is read, and the line and key of what is wrong."""

from datetime import UTC, datetime

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from slugc.formats.buildpack_toml import parse_buildpack
from slugc.formats.checked import FileProblem, lines_of
from slugc.formats.launch_toml import parse_launch
from slugc.formats.layer_toml import parse_layer, parse_store, parse_unmet, restored_layer, store_text
from slugc.formats.order_toml import parse_order, parse_system, with_system
from slugc.formats.package_toml import parse_package
from slugc.formats.plan_toml import buildpack_plan, parse_build_plan
from slugc.formats.project_toml import parse_project
from slugc.formats.toml_text import dump
from slugc.model.cloudnative import Api, Kind, OrderEntry, Require

BUILDPACK = """\
api = "0.10"

[buildpack]
id = "acme/ruby"
version = "1.2.3"
name = "Ruby"
clear-env = true
sbom-formats = ["application/vnd.cyclonedx+json"]

[[buildpack.licenses]]
type = "MIT"

[[targets]]
os = "linux"
arch = "amd64"

[[targets.distros]]
name = "ubuntu"
version = "24.04"

[metadata]
anything = { goes = [1, 2.5] }
"""


def problem(call, *args, **keywords) -> tuple[int, str]:
    with pytest.raises(FileProblem) as caught:
        call(*args, **keywords)
    return caught.value.line, caught.value.key


def test_a_buildpack_is_read_with_its_targets_and_licences() -> None:
    parsed = parse_buildpack(BUILDPACK)
    d = parsed.descriptor
    assert (d.kind, d.api, d.key, d.escaped) == (Kind.BUILDPACK, Api(0, 10), "acme/ruby@1.2.3", "acme_ruby")
    assert d.clear_env
    assert d.licenses[0].type == "MIT"
    assert str(d.targets[0]) == "linux/amd64 ubuntu@24.04"
    assert parsed.unknown == ()


def test_a_key_nobody_knows_is_named_with_its_line() -> None:
    parsed = parse_buildpack(BUILDPACK.replace('name = "Ruby"', 'nmae = "Ruby"'))
    assert [(p.line, p.key) for p in parsed.unknown] == [(6, "buildpack.nmae")]


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        pytest.param('api = "0.10"', 'api = "ten"', (1, "api"), id="api-is-no-version"),
        pytest.param('api = "0.10"\n', "", (1, "api"), id="no-api"),
        pytest.param('id = "acme/ruby"', 'id = "acme ruby"', (4, "buildpack.id"), id="space-in-id"),
        pytest.param('id = "acme/ruby"', 'id = ".."', (4, "buildpack.id"), id="id-is-the-folder-above"),
        pytest.param('id = "acme/ruby"', f'id = "{"a" * 200}"', (4, "buildpack.id"), id="id-is-too-long-for-a-folder"),
        pytest.param('id = "acme/ruby"', 'id = "sbom"', (4, "buildpack.id"), id="reserved-id"),
        pytest.param('version = "1.2.3"', 'version = "1.2"', (5, "buildpack.version"), id="short-version"),
        pytest.param('version = "1.2.3"', "version = 1.2", (5, "buildpack.version"), id="version-is-a-number"),
        pytest.param('"1.2.3"', '"1.2.3/../../x"', (5, "buildpack.version"), id="version-leads-out-of-its-folder"),
        pytest.param('"1.2.3"', f'"1.2.3-{"x" * 70}"', (5, "buildpack.version"), id="version-is-too-long-for-a-folder"),
        pytest.param("clear-env = true", 'clear-env = "yes"', (7, "buildpack.clear-env"), id="flag-is-text"),
        pytest.param('["application', '[7, "application', (8, "buildpack.sbom-formats"), id="number-in-list"),
        pytest.param('version = "24.04"', "version = 24.04", (19, "targets[0].distros[0].version"), id="deep-key"),
        pytest.param("[metadata]", "[metadata", (21, ""), id="not-toml"),
        pytest.param("[metadata]", "[" + ".".join("a" * 300) + "]", (1, ""), id="nested-without-end"),
    ],
)
def test_what_is_wrong_in_a_buildpack_is_named_by_line_and_key(before: str, after: str, where: tuple[int, str]) -> None:
    assert before in BUILDPACK
    assert problem(parse_buildpack, BUILDPACK.replace(before, after)) == where


def test_lines_are_found_behind_multi_line_values_and_comments() -> None:
    text = 'a = """\n[not]\nb = 1\n"""\nb = [ # x = 1\n  "]",\n  {c = 1},\n]\n[[t]]\n[[t]]\n"q r".s = 1\n[t.u]\nv = 1\n'
    lines = lines_of(text)
    tomli.loads(text)
    assert lines["a",] == 1
    assert lines["b",] == 5
    assert lines["t", 1, "q r", "s"] == 11
    assert lines["t", 1, "u", "v"] == 13
    assert ("not",) not in lines


def test_both_spellings_of_exec_env_and_variant_are_read() -> None:
    head = 'api="0.12"\n[buildpack]\nid="a"\nversion="1.0.0"\n'
    first = parse_buildpack(head + '[[buildpack.exec-env]]\nname="test"\n[[targets]]\nvariant="v8"\n').descriptor
    second = parse_buildpack(head + 'exec-env=["test"]\n[[targets]]\narch-variant="v8"\n').descriptor
    assert first.exec_env == second.exec_env == ("test",)
    assert first.targets[0].variant == second.targets[0].variant == "v8"


def test_an_order_has_groups_options_and_extensions() -> None:
    order = parse_order(
        '[[order]]\n[[order.group]]\nid="a"\nversion="1"\n[[order.group]]\nid="b"\noptional=true\n'
        '[[order-extensions]]\n[[order-extensions.group]]\nid="x"\n'
    )
    assert order.order == ((OrderEntry(id="a", version="1"), OrderEntry(id="b", optional=True)),)
    assert order.extensions[0][0].kind is Kind.EXTENSION
    assert problem(parse_order, "[[order]]\n") == (1, "order[0].group")


def test_a_platforms_own_buildpacks_stand_at_both_ends_unless_named() -> None:
    system = parse_system('[[system.pre.buildpacks]]\nid="first"\n[[system.post.buildpacks]]\nid="b"\n')
    (group,) = with_system(((OrderEntry(id="a"), OrderEntry(id="b", version="2")),), system)
    assert [entry.reference for entry in group] == ["first", "a", "b@2"]


def test_a_package_lists_its_dependencies() -> None:
    package = parse_package('[buildpack]\nuri="."\n[[dependencies]]\nuri="../b"\n[[dependencies]]\nimage="acme/c:1"\n')
    assert package.dependencies == ("../b", "docker://acme/c:1")
    assert problem(parse_package, '[[dependencies]]\nuri="a"\nimage="b"\n') == (2, "dependencies[0].uri")


def test_a_project_of_schema_0_2() -> None:
    project = parse_project(
        '[_]\nschema-version = "0.2"\n[io.buildpacks]\nbuilder = "b"\ninclude = ["src/"]\n'
        '[[io.buildpacks.group]]\nid = "a/b"\nversion = "1.0.0"\n'
        '[[io.buildpacks.group]]\nid = "me"\n[io.buildpacks.group.script]\napi = "0.9"\ninline = "exit 0"\n'
        '[[io.buildpacks.pre.group]]\nuri = "./pre"\n[[io.buildpacks.build.env]]\nname = "A"\nvalue = "1"\n'
        '[[io.buildpacks.env.build]]\nname = "B"\nvalue = "2"\n[com.other]\nx = 1\n'
    )
    assert [r.text for r in project.group] == ["a/b@1.0.0", "me"]
    assert project.group[1].script is not None
    assert project.group[1].script.shell == "/bin/sh"
    assert project.group[1].origin == "project.toml line 9"
    assert (project.include, project.pre[0].text) == (("src/",), "./pre")
    assert dict(project.build_env) == {"A": "1", "B": "2"}


def test_a_project_without_a_schema_is_read_as_0_1() -> None:
    project = parse_project(
        '[project]\nid = "x"\n[[build.buildpacks]]\nuri = "./bp"\n[[build.env]]\nname="K"\nvalue="v"\n'
    )
    assert (project.schema, project.group[0].text, project.build_env["K"]) == ("0.1", "./bp", "v")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[_]\nschema-version = "9"\n', (2, "_.schema-version")),
        ('[[io.buildpacks.group]]\nid="x"\n', (1, "io.buildpacks")),
        ('[_]\nschema-version="0.2"\n[io.buildpacks]\ninclude=["a"]\nexclude=["b"]\n', (5, "io.buildpacks.exclude")),
        (
            '[_]\nschema-version="0.2"\n[[io.buildpacks.group]]\nid="x"\n[io.buildpacks.group.script]\ninline="true"\n',
            (5, "io.buildpacks.group[0].script.api"),
        ),
        ('[_]\nschema-version="0.2"\n[[io.buildpacks.group]]\nversion="1"\n', (3, "io.buildpacks.group[0].id")),
    ],
)
def test_what_is_wrong_in_a_project_is_named(text: str, where: tuple[int, str]) -> None:
    assert problem(parse_project, text) == where


def test_a_command_is_a_list_from_api_0_9_on_and_text_before() -> None:
    new = parse_launch('[[processes]]\ntype="web"\ncommand=["a","b"]\nargs=["c"]\n', Api(0, 9)).processes[0]
    old = parse_launch('[[processes]]\ntype="web"\ncommand="a b"\n', Api(0, 8)).processes[0]
    assert (new.command, new.args, new.direct, new.legacy) == (("a", "b"), ("c",), True, False)
    assert (old.command, old.direct, old.legacy) == (("a b",), False, True)


@pytest.mark.parametrize(
    ("text", "api", "where"),
    [
        ('[[processes]]\ntype="web"\ncommand="a"\n', Api(0, 9), (3, "processes[0].command")),
        ('[[processes]]\ntype="web"\ncommand=["a"]\n', Api(0, 8), (3, "processes[0].command")),
        ('[[processes]]\ntype="web"\ncommand=["a"]\ndirect=true\n', Api(0, 10), (4, "processes[0].direct")),
        ('[[processes]]\ntype="a/b"\ncommand=["a"]\n', Api(0, 10), (2, "processes[0].type")),
        ('[[processes]]\ncommand=["a"]\n', Api(0, 10), (1, "processes[0].type")),
    ],
)
def test_what_is_wrong_in_launch_toml_is_named(text: str, api: Api, where: tuple[int, str]) -> None:
    assert problem(parse_launch, text, api) == where


def test_two_defaults_in_one_launch_toml_are_refused() -> None:
    text = (
        '[[processes]]\ntype="a"\ncommand=["x"]\ndefault=true\n[[processes]]\ntype="b"\ncommand=["x"]\ndefault=true\n'
    )
    assert problem(parse_launch, text, Api(0, 10))[1] == "processes"


def test_a_space_in_a_process_type_is_only_refused_where_strict() -> None:
    text = '[[processes]]\ntype="a b"\ncommand=["x"]\n'
    assert parse_launch(text, Api(0, 10)).processes[0].type == "a b"
    assert problem(parse_launch, text, Api(0, 10), strict=True) == (2, "processes[0].type")


def test_a_working_dir_is_ignored_with_a_note_before_api_0_8() -> None:
    parsed = parse_launch('[[processes]]\ntype="a"\ncommand="x"\nworking-dir="/w"\n', Api(0, 7))
    assert parsed.processes[0].working_dir == ""
    assert "working-dir" in parsed.notes[0]


def test_layer_flags_outside_types_are_refused() -> None:
    assert problem(parse_layer, "launch = true\n") == (1, "launch")
    layer = parse_layer("[types]\nbuild = true\n[metadata]\nx = 1\n")
    assert (layer.types.build, layer.types.launch, layer.metadata) == (True, False, {"x": 1})


def test_a_restored_layer_has_its_metadata_and_no_types() -> None:
    assert tomli.loads(restored_layer({"sha": "a"})) == {"metadata": {"sha": "a"}}
    assert parse_layer(restored_layer(["any", "value"])).metadata == ["any", "value"]
    assert restored_layer(None) == ""


def test_store_and_build_toml() -> None:
    assert parse_store(store_text({"a": {"b": [1]}})) == {"a": {"b": [1]}}
    assert parse_unmet('[[unmet]]\nname="x"\n') == ("x",)
    assert problem(parse_unmet, "[[unmet]]\n") == (1, "unmet[0].name")


def test_a_plan_has_its_own_sections_and_then_each_or() -> None:
    plan = parse_build_plan(
        '[[provides]]\nname="a"\n[[requires]]\nname="b"\n[requires.metadata]\nv="1"\n[[or]]\n[[or.provides]]\nname="c"\n'
    )
    assert [section.provides for section in plan.options] == [("a",), ("c",)]
    assert plan.options[0].requires == (Require(name="b", metadata={"v": "1"}),)
    assert problem(parse_build_plan, '[[requires]]\nname="a"\nversion="1"\n') == (3, "requires[0].version")


def test_the_buildpack_plan_reads_back() -> None:
    text = buildpack_plan([Require(name="a", metadata={"deep": {"x": [1, {"y": 2}]}}), Require(name="b")])
    assert tomli.loads(text)["entries"] == [{"name": "a", "metadata": {"deep": {"x": [1, {"y": 2}]}}}, {"name": "b"}]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = (
    TEXT
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.just(datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
)
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v, max_size=3), max_leaves=12)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_whatever_is_written_reads_back_the_same(data: dict[str, object]) -> None:
    assert tomli.loads(dump(data)) == data


@pytest.mark.parametrize(
    ("name", "value"),
    [("../x", "v"), ("..", "v"), ("A=B", "v"), ("A\\u0000", "v"), ("A", "\\u0000"), ("A", "x" * 140_000)],
)
def test_a_build_variable_that_no_file_or_environment_can_hold_is_named(name: str, value: str) -> None:
    text = f'[_]\nschema-version="0.2"\n[[io.buildpacks.build.env]]\nname="{name}"\nvalue="{value}"\n'
    assert problem(parse_project, text) == (4, "io.buildpacks.build.env[0].name")
