"""`slugc verify`: is a slug what it says, and does a second build give it again?"""

from typing import Annotated

import typer

from slugc.cli.options import (
    BuildpackOption,
    EnvFileOption,
    EnvOption,
    IsolationOption,
    JsonOption,
    NetworkOption,
    RuntimeSourceOption,
    StrictOption,
    TargetOption,
    config_vars,
)
from slugc.cli.session import open_session
from slugc.model.build import BuildRequest, Isolation

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def verify(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="A slug's path, digest, or the digest's beginning.")],
    *,
    rebuild: Annotated[
        str | None,
        typer.Option("--rebuild", metavar="SOURCE", help="Build again from this source and compare file by file."),
    ] = None,
    buildpack: BuildpackOption = None,
    env: EnvOption = None,
    env_file: EnvFileOption = None,
    isolation: IsolationOption = Isolation.AUTO,
    network: NetworkOption = True,
    runtime_source: RuntimeSourceOption = None,
    strict: StrictOption = False,
    target: TargetOption = None,
    json: JsonOption = False,
) -> None:
    """Check every digest of a slug. With --rebuild, build it again in another folder, with an empty cache, and
    name the first file that differs and who made it; give the options that the first build was given."""
    from slugc import api
    from slugc.render import json as json_form

    session = open_session()
    found = api.find_slug(slug, home=session.home)
    checked = api.verify(found, emit=session.emit)
    if rebuild is not None:
        request = BuildRequest(
            source=rebuild,
            buildpacks=tuple(buildpack or ()),
            config=config_vars(env, env_file),
            isolation=isolation,
            network=network,
            runtime_source=runtime_source,
            strict=strict,
            target=target,
        )
        api.verify_rebuild(found, request, home=session.home, clock=session.clock, emit=session.emit)
    if json:
        typer.echo(
            json_form.document({"digest": found.manifest.digest, "frames": checked.frames, "rebuilt": bool(rebuild)})
        )
        return
    typer.echo(f"{found.manifest.digest}: {checked.frames} frames are what the manifest says")
    if rebuild is not None:
        typer.echo("A second build gave the same bytes")
