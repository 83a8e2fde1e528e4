"""`slugc detect`: what every buildpack says of every source, without building."""

from typing import Annotated

import typer

from slugc.cli.options import (
    BuildpackOption,
    IsolationOption,
    JsonOption,
    NetworkOption,
    StackOption,
    StrictOption,
    TargetOption,
)
from slugc.cli.session import open_session
from slugc.model.build import BuildRequest, Detection, Isolation

app = typer.Typer(rich_markup_mode=None, add_completion=False)

NONE_DETECTED = 20
"""As a build of that source would end (detect.none, detect.refused)."""


@app.command()
def detect(
    sources: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Source trees; default: .")] = None,
    *,
    buildpack: BuildpackOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every group that was tried, all output, and what broke each plan.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Ask every buildpack, also after the decision.")] = False,
    stack: StackOption = "host",
    strict: StrictOption = False,
    target: TargetOption = None,
    isolation: IsolationOption = Isolation.AUTO,
    network: NetworkOption = True,
    json: JsonOption = False,
) -> int:
    """Try buildpacks on source trees and show why.

    With --buildpack, or where a source names its own, all of them must accept it; else the first built-in one that
    does wins. The exit code is 20 where a source would not build.
    """
    from slugc import api
    from slugc.render import json as json_form

    session = open_session()
    rows = api.detect(
        sources or ["."],
        buildpacks=buildpack or (),
        every=every,
        request=BuildRequest(
            source=".", stack=stack, isolation=isolation, network=network, strict=strict, target=target
        ),
        home=session.home,
        clock=session.clock,
    )
    shown = explained if explain else listing
    typer.echo(json_form.document(rows) if json else "\n".join(line for row in rows for line in shown(row)))
    return 0 if all(row.chosen for row in rows) else NONE_DETECTED


def listing(row: Detection) -> list[str]:
    from slugc.render.tables import table

    cells = [
        ("pass" if tried.passed else "no", tried.id, tried.name, str(tried.code), f"{tried.seconds:.2f} s")
        for tried in row.tried
    ]
    _, *lines = table(("", "", "", "", ""), cells)
    shown = [f"{row.source}: {_decision(row)}"]
    for line, tried in zip(lines, row.tried, strict=True):
        shown.append(f"  {line}".rstrip())
        said = tried.problem or tried.stderr
        if said and not tried.passed:
            shown += [f"        {text}".rstrip() for text in said.splitlines()]
    return shown


def explained(row: Detection) -> list[str]:
    """Every group in the words that the reference lifecycle has made familiar; classic lists as they were asked."""
    from slugc.render.groups import lines

    if not row.groups:
        return [
            *listing(row),
            *(f"        {text}" for one in row.tried if one.passed for text in one.stderr.splitlines()),
        ]
    return [f"{row.source}: {_decision(row)}", *lines(row)]


def _decision(row: Detection) -> str:
    if row.chosen:
        return " + ".join(row.chosen)
    if row.groups:
        return "no group of buildpacks passes"
    if row.forced:
        return "a buildpack that was named does not accept it"
    return "no buildpack accepts it"
