"""`slugc buildpacks`: look at buildpacks, and try them on fixtures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import BuildpackOption, JsonOption
from slugc.cli.remote import remember, wants_json
from slugc.cli.session import open_session

if TYPE_CHECKING:
    from slugc.testing import Verdict

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)

ReferenceArgument = Annotated[
    str, typer.Argument(metavar="REF", help="A path, built-in name, git URL#ref, tarball, .cnb file or image.")
]


@app.callback()
def buildpacks_(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """The built-in buildpacks, and what can be known of any other."""
    if remember(ctx, None, json=json):
        list_builtin(ctx, json=json)


@app.command()
def inspect(
    reference: ReferenceArgument,
    *,
    network: Annotated[bool, typer.Option("--network/--no-network", help="Whether it may be fetched.")] = True,
    json: JsonOption = False,
) -> None:
    """Show what a buildpack, package or builder says of itself, and all that comes with it."""
    from slugc import api
    from slugc.render import buildpacks
    from slugc.render import json as json_form

    session = open_session()
    main, *others = api.inspect_buildpack(reference, network=network, home=session.home, emit=session.emit)
    if json:
        typer.echo(json_form.document([main, *others]))
        return
    lines = buildpacks.details(main)
    if others:
        lines += ["", f"comes with {len(others)}:", *(f"  {line}" for line in buildpacks.listing(others))]
    typer.echo("\n".join(lines))


@app.command("list")
def list_builtin(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """List the built-in buildpacks in detection order."""
    from slugc import api
    from slugc.render import buildpacks
    from slugc.render import json as json_form

    found = api.builtin_buildpacks()
    typer.echo(json_form.document(found) if wants_json(ctx, json) else "\n".join(buildpacks.listing(found)))


@app.command("test")
def try_on_fixtures(
    fixtures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FIXTURE]...", help="Folders with an expect.toml, or folders of them; default: ."),
    ] = None,
    *,
    buildpack: BuildpackOption = None,
    json: JsonOption = False,
) -> int:
    """Build fixtures and compare what comes out with their expect.toml.

    Each is built in a place of its own; runtimes and fetched buildpacks are kept for the next run. --buildpack is for
    those that name none. The exit code is 57 where a promise was broken.
    """
    from slugc import testing
    from slugc.errors.compile import PromiseBroken
    from slugc.render import json as json_form

    home = open_session().home
    found = [fixture for folder in fixtures or [Path()] for fixture in testing.fixtures(folder)]
    verdicts = []
    for fixture in found:
        with testing.temporary_lab(home, buildpacks=buildpack or ()) as lab:
            verdict = lab.judge(fixture)
        verdicts.append(verdict)
        if not json:
            typer.echo(_line(verdict))
    broken = [verdict for verdict in verdicts if verdict.broken]
    if json:  # the document has every broken promise, and stdout nothing behind it
        typer.echo(json_form.document(verdicts))
        return PromiseBroken.exit_code if broken else 0
    if broken:
        names = [verdict.fixture for verdict in broken]
        raise PromiseBroken(fixtures=names, of=len(found), reports=[verdict.report for verdict in broken])
    return 0


def _line(verdict: "Verdict") -> str:
    if verdict.skipped is not None:
        return f"skip  {verdict.fixture}: {verdict.skipped}"
    line = f"{'no' if verdict.broken else 'ok':<4}  {verdict.fixture}  {verdict.seconds:.1f} s"
    return "\n".join([line, *(f"      {text}" for one in verdict.broken for text in one.splitlines())])
