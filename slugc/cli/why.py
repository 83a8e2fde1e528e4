"""`slugc why`: which inputs have changed since the last slug, without building."""

from typing import Annotated

import typer

from slugc.cli.options import (
    BuildpackOption,
    CacheNameOption,
    EnvFileOption,
    EnvOption,
    IsolationOption,
    JsonOption,
    LevelOption,
    NetworkOption,
    RuntimeSourceOption,
    StackOption,
    StrictOption,
    TargetOption,
    config_vars,
)
from slugc.cli.session import open_session
from slugc.model.build import BuildRequest, Isolation

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def why(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="What `slugc build` was given.")] = ".",
    *,
    buildpack: BuildpackOption = None,
    env: EnvOption = None,
    env_file: EnvFileOption = None,
    stack: StackOption = "host",
    isolation: IsolationOption = Isolation.AUTO,
    network: NetworkOption = True,
    level: LevelOption = 3,
    name: CacheNameOption = None,
    runtime_source: RuntimeSourceOption = None,
    strict: StrictOption = False,
    target: TargetOption = None,
    json: JsonOption = False,
) -> None:
    """Say what `slugc build`, with the same options, would do, and why."""
    from slugc import api
    from slugc.render import json as json_form

    session = open_session()
    request = BuildRequest(
        source=source,
        buildpacks=tuple(buildpack or ()),
        config=config_vars(env, env_file),
        stack=stack,
        isolation=isolation,
        network=network,
        level=level,
        app=name,
        runtime_source=runtime_source,
        strict=strict,
        target=target,
    )
    reasons = api.why(request, home=session.home, clock=session.clock)
    if json:
        typer.echo(json_form.document({"rebuild": bool(reasons), "reasons": reasons}))
    elif reasons:
        typer.echo("\n".join(("The buildpacks would run again:", *(f"- {reason}" for reason in reasons))))
    else:
        typer.echo("Nothing changed: `slugc build` would return the previous slug.")
