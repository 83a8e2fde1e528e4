"""`slugc logs`: the last lines of an app, and those that come."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlencode

import typer

from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remote_app, unreachable
from slugc.cli.session import colour_wanted
from slugc.errors.platform import Refused
from slugc.host import unix_http
from slugc.render.logs import LogColours
from slugc.render.terminal import harmless

app = typer.Typer(rich_markup_mode=None, add_completion=False)

DynoOption = Annotated[
    str | None,
    typer.Option("--ps", "-p", "--dyno", "-d", metavar="NAME", help="Only this dyno, or all dynos of this type."),
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", "-s", metavar="NAME", help="Only this source: app, or heroku for the platform."),
]


@app.command()
def logs(
    ctx: typer.Context,
    *,
    app_name: AppOption = None,
    num: Annotated[int, typer.Option("--num", "-n", metavar="N", min=0, help="How many lines; 1,500 are kept.")] = 100,
    dyno: DynoOption = None,
    source: SourceOption = None,
    tail: Annotated[bool, typer.Option("--tail", "-t", help="Go on with what comes, until Ctrl-C.")] = False,
    json_wanted: JsonOption = False,
) -> None:
    """The lines of an app's dynos, its router and the platform, in the order of time.

    --json prints an array of objects; with --tail, one object a line.
    """
    remote = remote_app(ctx, app_name)
    asked = {"lines": str(num), "dyno": dyno, "source": source, "tail": "1" if tail else None}
    asked["format"] = "json" if json_wanted else None
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    show = _array if json_wanted and not tail else _lines
    try:
        with unix_http.lines(remote.platform.socket, "GET", f"{remote.target('logs')}?{query}") as (status, lines):
            if status >= 400:
                raise Refused(json.loads(b"".join(lines)))
            show(lines, colour=not json_wanted and colour_wanted(sys.stdout))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise unreachable(remote.platform.socket, error) from error


def _lines(lines: Iterator[bytes], *, colour: bool) -> None:
    colours, terminal = LogColours(), sys.stdout.isatty()
    for line in lines:
        text = (harmless(line) if terminal else line).decode("utf-8", "backslashreplace")
        typer.echo(colours.line(text) if colour else text)


def _array(lines: Iterator[bytes], *, colour: bool) -> None:
    del colour
    typer.echo(json.dumps([json.loads(line) for line in lines], indent=2, ensure_ascii=False))
