"""`slugc rollback [vN]`: a new release with an earlier release's slug and config vars."""

from typing import Annotated

import typer

from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remote_app, say, show
from slugc.errors.usage import BadArguments

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def rollback(
    ctx: typer.Context,
    version: Annotated[str | None, typer.Argument(metavar="[vN]", help="Default: the good release before.")] = None,
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Go back to an earlier release. Add-ons are not touched."""
    digits = (version or "").removeprefix("v")
    if version is not None and not digits.isdecimal():
        raise BadArguments(message=f"{version} is no version; write v7, for example.")
    remote = remote_app(ctx, app_name)
    say(f"Rolling back {remote.name} to {'v' + digits if version else 'the release before'}... ", end="")
    row = remote.change("POST", "releases", body={"rollback": int(digits) if version else None})
    say(f"done, v{row['version']}" + ("" if version else f" (v{row['target']} again)"))
    say(" !     Rollback affects code and config vars; it doesn't add or remove addons.")
    say(f"       To undo, run: slugc rollback v{row['before']} --app {remote.name}")
    show(row, f"v{row['version']}", json_wanted=json)
