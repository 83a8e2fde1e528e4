"""`slugc releases`: list, info, verify, export."""

from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remember, remote_app, say, show, wants_json
from slugc.host.clock import SystemClock

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def releases(
    ctx: typer.Context,
    *,
    app_name: AppOption = None,
    number: Annotated[int, typer.Option("--num", "-n", metavar="N", min=1, help="How many to show.")] = 15,
    json: JsonOption = False,
) -> None:
    """The releases of an app, newest first."""
    if not remember(ctx, app_name, json=json):
        return
    from slugc.render import listing

    remote = remote_app(ctx, app_name)
    rows = remote.platform.get(f"{remote.target('releases')}?limit={number}")
    show(rows, listing.releases(remote.name, rows, SystemClock().now()), json_wanted=json)


@app.command("info")
def info(
    ctx: typer.Context,
    version: Annotated[str | None, typer.Argument(metavar="[vN]", help="Default: the current one.")] = None,
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Show one release with its config vars."""
    from slugc.render import listing

    remote = remote_app(ctx, app_name)
    row = remote.get("releases", version or f"v{remote.get()['release']}")
    show(row, listing.release(row, SystemClock().now()), json_wanted=wants_json(ctx, json))


@app.command("verify")
def verify(ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False) -> None:
    """Recompute the chain of hashes; the first broken link is an error."""
    remote = remote_app(ctx, app_name)
    row = remote.get("releases", "verify")
    show(row, f"{remote.name}: {row['verified']} releases verified.", json_wanted=wants_json(ctx, json))


@app.command("export")
def export(
    ctx: typer.Context,
    version: Annotated[str | None, typer.Argument(metavar="[vN]", help="Default: the current one.")] = None,
    *,
    app_name: AppOption = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")] = Path("release.json"),
) -> None:
    """Write a release manifest: `slugc start release.json` boots it anywhere. It holds the config vars: 0600."""
    import json as text

    from slugc.host.files import named_by_user, write_atomic

    remote = remote_app(ctx, app_name)
    manifest = remote.get("releases", version or f"v{remote.get()['release']}", "manifest")
    with named_by_user(out):
        write_atomic(out, text.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n", mode=0o600)
    say(f"v{manifest['version']} of {remote.name} written.")
    typer.echo(str(out))
