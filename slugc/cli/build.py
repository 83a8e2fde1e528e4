"""`slugc build`: a source tree becomes a slug. The transcript goes to stderr, the result to stdout."""

from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.options import (
    BuildpackOption,
    CacheNameOption,
    EnvFileOption,
    EnvOption,
    GithubOption,
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
from slugc.cli.session import OutputForm, end, open_session
from slugc.model.build import BuildRequest, BuildResult, Isolation

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def build(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A folder, a git reference (./repo#commit), or a tarball.")
    ] = ".",
    *,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write the slug.")] = None,
    buildpack: BuildpackOption = None,
    env: EnvOption = None,
    env_file: EnvFileOption = None,
    stack: StackOption = "host",
    isolation: IsolationOption = Isolation.AUTO,
    network: NetworkOption = True,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long one buildpack may compile.")
    ] = 900.0,
    level: LevelOption = 3,
    name: CacheNameOption = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Compile with an empty cache; keep none.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Run the buildpacks though nothing changed.")] = False,
    runtime_source: RuntimeSourceOption = None,
    strict: StrictOption = False,
    target: TargetOption = None,
    json: JsonOption = False,
    github: GithubOption = False,
) -> None:
    """Turn a source tree into a slug.

    Buildpacks come from --buildpack, else project.toml, .buildpacks or app.json, else the first built-in one that
    detects the app. The slug is kept under SLUGC_HOME by its digest, and written to --out where that is given.
    """
    from slugc import api

    session = open_session(json=json, github=github)
    request = BuildRequest(
        source=source,
        out=out,
        buildpacks=tuple(buildpack or ()),
        config=config_vars(env, env_file),
        stack=stack,
        isolation=isolation,
        network=network,
        timeout=timeout,
        level=level,
        app=name,
        use_cache=not no_cache,
        rebuild=rebuild,
        runtime_source=runtime_source,
        strict=strict,
        target=target,
    )
    result = api.build(request, home=session.home, clock=session.clock, emit=session.emit)
    if session.form is not OutputForm.JSON:
        typer.echo(summary(result))
    end(session)


def summary(result: BuildResult) -> str:
    """The final result, for people and for `cut`: one `name: value` a line."""
    from slugc.render.units import listed, size

    manifest = result.slug.manifest
    return "\n".join(
        (
            f"slug: {result.slug.path}",
            f"digest: {manifest.digest}",
            f"size: {size(result.slug.size)}",
            f"process types: {listed(tuple(p.name for p in manifest.process_types))}",
        )
    )
