"""`slugc platform`: start, stop, status."""

from typing import Annotated, Any

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import IsolationOption, JsonOption, StackOption
from slugc.cli.remote import Remote, say, show
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.model.build import Isolation

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def platform(ctx: typer.Context) -> None:
    """The process that runs all apps of SLUGC_HOME."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@app.command("start")
def start(
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Go on without this terminal.")] = False,
    port: Annotated[
        int, typer.Option("--port", "-p", metavar="PORT", min=1, max=65535, help="The listener for all apps.")
    ] = 8080,
    tls_port: Annotated[
        int | None, typer.Option("--tls-port", metavar="PORT", min=1, max=65535, help="The same over TLS, with HTTP/2.")
    ] = None,
    stack: StackOption = "host",
    isolation: IsolationOption = Isolation.AUTO,
    json: JsonOption = False,
) -> None:
    """Run the platform: all apps of SLUGC_HOME with their dynos, add-ons, router and logs."""
    home = Home.of_this_user()

    def ready(facts: dict[str, Any]) -> None:
        show(facts, f"The platform runs as process {facts['pid']} on port {facts['port']}.", json_wanted=json)

    if detach:
        from slugc.server import detached

        words = ["--port", str(port), "--stack", stack, "--isolation", isolation.value]
        ready(detached.start(home, [*words, *(["--tls-port", str(tls_port)] if tls_port else [])]))
        return
    from slugc.platform import PlatformOptions
    from slugc.server.process import serve

    options = PlatformOptions(port=port, tls_port=tls_port, stack=stack, isolation=isolation)
    serve(home, options, clock=SystemClock(), on_ready=ready)


@app.command("stop")
def stop() -> None:
    """Stop the platform and all dynos; the next start brings them back."""
    from slugc.server import detached

    pid = detached.stop(Home.of_this_user())
    say("No platform runs here." if pid is None else f"The platform (process {pid}) has stopped.")


@app.command("status")
def status(*, json: JsonOption = False) -> None:
    """Show the platform's process, and what bounds its dynos."""
    from slugc.render.listing import aligned
    from slugc.server import detached

    home = Home.of_this_user()
    # Never waits for ever: it is what one asks when nothing else answers.
    facts = detached.facts_of(home) or Remote.of(home).get("/platform")
    shown = {
        "Process": str(facts["pid"]),
        "Version": facts["version"],
        "Home": facts["home"],
        "Since": facts["started_at"],
        "Port": str(facts["port"]),
        "TLS port": str(facts["tls_port"] or "none"),
        "Stack": facts["stack"],
        "Isolation": facts["isolation"],
        "Limits": facts["limits"],
        "Apps": ", ".join(facts["apps"]) or "none",
    }
    notes = "".join(f"\n !     {note}" for note in facts["notes"])
    show(facts, aligned(shown) + notes, json_wanted=json)
