"""What a person, a program and a CI log see of the same events."""

import json as stdlib_json

import pytest

from slugc import events
from slugc.render import human, json
from slugc.render.github import GithubRenderer
from slugc.render.units import seconds, size

FAILED = events.BuildFailed(code="compile.failed", summary="It broke", detail="line 1\nline 2", hint="Mend it.")


def test_a_failure_shows_summary_code_evidence_and_next_step() -> None:
    assert human.render(FAILED) == [
        "",
        " !     Error: It broke (compile.failed)",
        " !     line 1",
        " !     line 2",
        " !     hint: Mend it.",
    ]


def test_a_childs_line_is_shown_as_it_printed_it_and_slugcs_own_detail_is_indented() -> None:
    assert human.render(events.Output(text="-----> Installing", buildpack="x")) == ["-----> Installing"]
    assert human.render(events.Output(text="12 files")) == ["       12 files"]


def test_without_colour_no_escape_and_no_control_character_is_left() -> None:
    noisy = events.Output(text="\x1b[31mred\x1b[0m\x1b]0;title\x07 bell\x07 back\x08\r", buildpack="x")
    assert human.render(noisy) == ["red bell back"]


def test_with_colour_a_childs_own_colours_pass_through() -> None:
    assert human.render(events.Output(text="\x1b[31mred\x1b[0m", buildpack="x"), colour=True) == ["\x1b[31mred\x1b[0m"]


def test_several_buildpacks_are_numbered_in_their_order() -> None:
    group = events.GroupResolved(buildpacks=("slugc/node", "slugc/python"), explicit=True)
    assert human.render(group) == ["-----> Using buildpacks:", "       1. slugc/node", "       2. slugc/python"]


def test_process_types_are_shown_as_the_platform_shows_them() -> None:
    found = events.ProcessTypesFound(procfile=("web", "worker"), defaults=("console",))
    assert human.render(found)[1:] == [
        "       Procfile declares types     -> web, worker",
        "       Default types for buildpack -> console",
    ]


def test_json_lines_carry_their_version_and_type() -> None:
    line = json.render(events.Output(text="ü", buildpack="x"))
    assert stdlib_json.loads(line) == {"v": 1, "type": "output", "text": "ü", "buildpack": "x", "stream": "stdout"}


def test_a_build_cannot_forge_an_annotation() -> None:
    renderer = GithubRenderer(token="T")
    started = events.BuildpackStarted(buildpack="x", name="X", position=1, total=1)
    printed = [
        *renderer.render(started),
        *renderer.render(events.Output(text="::error::forged", buildpack="x")),
        *renderer.render(events.Output(text="::T2::", buildpack="x")),
        *renderer.render(events.BuildpackFinished(buildpack="x", seconds=1)),
        *renderer.render(FAILED),
    ]
    assert workflow_commands(printed, token="T") == [
        "::group::X",
        "::endgroup::",
        "::error title=compile.failed::It broke%0Aline 1%0Aline 2%0AMend it.",
    ]


def test_an_annotations_property_cannot_be_closed_by_its_text() -> None:
    renderer = GithubRenderer(token="T")
    warned = events.Warned(text="50% done\n::error::x", file="a,b:c", line=3)
    assert renderer.render(warned)[-1] == "::warning file=a%2Cb%3Ac,line=3,title=slugc::50%25 done%0A::error::x"


def test_after_the_end_the_rest_of_the_step_may_speak_again() -> None:
    renderer = GithubRenderer(token="T")
    started = renderer.render(events.BuildStarted(source=".", stack="host", isolation="bubblewrap"))
    assert workflow_commands([*started, *renderer.end(), "::notice::mine"], token="T") == ["::notice::mine"]
    assert renderer.end() == []


def workflow_commands(lines: list[str], *, token: str) -> list[str]:
    """What a runner would obey: nothing between stop-commands and its token."""
    obeyed, stopped = [], False
    for line in lines:
        if stopped:
            stopped = line != f"::{token}::"
        elif line == f"::stop-commands::{token}":
            stopped = True
        elif line.startswith("::"):
            obeyed.append(line)
    return obeyed


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (5 * 10**12, "5.0 TB")]
)
def test_sizes_read_as_people_write_them(count: int, text: str) -> None:
    assert size(count) == text


def test_long_times_are_in_minutes() -> None:
    assert (seconds(2.34), seconds(125)) == ("2.3 s", "2 min 5 s")
