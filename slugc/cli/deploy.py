"""`slugc deploy`: build if needed, release, restart."""

from pathlib import Path
from typing import Annotated, Any

import typer

from slugc.cli.options import BuildpackOption, GithubOption, JsonOption, StackOption
from slugc.cli.remote import AppOption, RemoteApp, remote_app, say, show
from slugc.cli.session import Session, end, open_session
from slugc.model.slug import Slug

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def deploy(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE|SLUG", help="A folder, git reference or tarball; or a slug's file or digest."),
    ] = ".",
    *,
    app_name: AppOption = None,
    buildpack: BuildpackOption = None,
    stack: StackOption = "host",
    message: Annotated[
        str | None, typer.Option("--message", "-m", metavar="TEXT", help="The release's description.")
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Run the buildpacks though nothing changed.")] = False,
    json: JsonOption = False,
    github: GithubOption = False,
) -> None:
    """Release a source tree or a slug on an app. The build's config vars are the app's own."""
    remote = remote_app(ctx, app_name)
    config = remote.get("config-vars")
    session = open_session(github=github)
    slug = _stored(source, session)
    if slug is None:
        from slugc import api
        from slugc.model.build import BuildRequest

        request = BuildRequest(
            source=source,
            buildpacks=tuple(buildpack or ()),
            config=config,
            stack=stack,
            app=f"app:{remote.name}",
            rebuild=rebuild,
        )
        slug = api.build(request, home=session.home, clock=session.clock, emit=session.emit).slug
    row = _release(remote, slug, message)
    show(row, f"{row['web_url']} deployed as v{row['version']}", json_wanted=json)
    end(session)


def _stored(source: str, session: Session) -> Slug | None:
    """The slug that `source` names, in the store; None where it is a source tree."""
    from slugc.slug.store import SlugStore, reads_as_digest

    store, path = SlugStore(session.home), Path(source)
    if path.suffix == ".slug" and not path.is_dir():
        return store.add(path if path.is_file() else store.find(source).path)
    if reads_as_digest(source) and not path.exists():
        return store.find(source)
    return None


def _release(remote: RemoteApp, slug: Slug, message: str | None) -> Any:
    say("-----> Launching...")
    if slug.manifest.process("release"):
        say(" !     Release command declared: this new release will not be available until the command succeeds.")
    source = slug.manifest.source
    body = {"slug": slug.manifest.digest, "commit": source.commit, "description": message}
    row = remote.change("POST", "releases", body=body)
    say(f"       Released v{row['version']}")
    return row
