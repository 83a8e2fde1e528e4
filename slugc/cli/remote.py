"""A command's way to the platform: the socket, the app that is meant, and answers or the errors they carry."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from slugc.errors.ledger import NoAppNamed, SeveralApps
from slugc.errors.platform import PlatformNotRunning, PlatformOfAnotherUser, Refused
from slugc.errors.root import SlugcError
from slugc.host import unix_http
from slugc.host.home import Home
from slugc.model.names import spelled
from slugc.render.terminal import harmless_text

AppOption = Annotated[
    str | None,
    typer.Option("--app", "-a", metavar="NAME", help="The app. Default: SLUGC_APP, else the app of this folder."),
]
SOCKET = "platform.sock"


@dataclass(frozen=True, slots=True)
class Remote:
    """The platform of one SLUGC_HOME."""

    socket: Path

    @classmethod
    def of(cls, home: Home) -> "Remote":
        return cls(home.state / SOCKET)

    def get(self, target: str) -> Any:
        return self.call("GET", target)

    def call(self, method: str, target: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON. Raises PlatformNotRunning, PlatformOfAnotherUser, and Refused with its own error."""
        try:
            status, answer = unix_http.call(self.socket, method, target, body)
        except OSError as error:
            raise unreachable(self.socket, error) from error
        if status >= 400:
            raise Refused(answer)
        return answer

    @contextlib.contextmanager
    def held(self, target: str, body: Mapping[str, Any]) -> Iterator[Any]:
        """Something that the platform keeps for as long as the block lasts: its row."""
        with contextlib.ExitStack() as stack:
            try:
                status, lines = stack.enter_context(unix_http.lines(self.socket, "POST", target, body))
                row = json.loads(next(lines))
            except OSError as error:
                raise unreachable(self.socket, error) from error
            except StopIteration:
                raise PlatformNotRunning(socket=str(self.socket), reason="it ended without an answer") from None
            if status >= 400:
                raise Refused(row)
            yield row

    def change(self, method: str, target: str, body: Mapping[str, Any]) -> Any:
        """A change that may run a release command: its output goes to stderr as it comes."""
        try:
            with unix_http.lines(self.socket, method, target, body) as (status, lines):
                for line in lines:
                    row = json.loads(line)
                    if status >= 400:
                        raise Refused(row)
                    if "error" in row:
                        raise Refused(row["error"])
                    if "result" in row:
                        return row["result"]
                    sys.stderr.write(row["output"])
                    sys.stderr.flush()
        except OSError as error:
            raise unreachable(self.socket, error) from error
        raise PlatformNotRunning(socket=str(self.socket), reason="it ended in the middle of its answer")


def unreachable(socket: Path, error: OSError) -> SlugcError:
    """What it means that nobody answers there."""
    if isinstance(error, PermissionError):
        return PlatformOfAnotherUser(socket=str(socket))
    return PlatformNotRunning(socket=str(socket), reason=error.strerror or str(error))


@dataclass(frozen=True, slots=True)
class RemoteApp:
    """One app of the platform."""

    platform: Remote
    name: str

    def target(self, *parts: str) -> str:
        return "/" + "/".join(quote(os.fsencode(part), safe="") for part in ("apps", self.name, *parts))

    def get(self, *parts: str) -> Any:
        return self.platform.get(self.target(*parts))

    def call(self, method: str, *parts: str, body: Mapping[str, Any] | None = None) -> Any:
        return self.platform.call(method, self.target(*parts), body or {})

    def held(self, *parts: str, body: Mapping[str, Any]) -> contextlib.AbstractContextManager[Any]:
        return self.platform.held(self.target(*parts), body)

    def change(self, method: str, *parts: str, body: Mapping[str, Any]) -> Any:
        try:
            return self.platform.change(method, self.target(*parts), body)
        except KeyboardInterrupt:
            say(f"\n !     The platform goes on with it. See: slugc releases --app {self.name}")
            raise


def remote_app(ctx: typer.Context, given: str | None) -> RemoteApp:
    """The app that a command means: its own --app, its topic's, SLUGC_APP, or the one made in this folder or in
    one above. Raises NoAppNamed, SeveralApps, PlatformNotRunning."""
    platform = Remote.of(Home.of_this_user())
    name = given or _of_topic(ctx) or os.environ.get("SLUGC_APP")
    if name:
        return RemoteApp(platform, name)
    apps = platform.get("/apps")
    here = Path.cwd()
    for folder in (here, *here.parents):
        mine = [app["name"] for app in apps if app["folder"] == spelled(str(folder))]
        if len(mine) == 1:
            return RemoteApp(platform, mine[0])
        if mine:
            raise SeveralApps(folder=spelled(str(folder)), apps=mine)
    raise NoAppNamed(folder=spelled(str(here)), known=[app["name"] for app in apps])


def remember(ctx: typer.Context, app: str | None, *, json: bool = False) -> bool:
    """For a topic's callback: keep its options for the verb. True where there is none, and the topic lists."""
    ctx.obj = {"app": app, "json": json}
    return ctx.invoked_subcommand is None


def wants_json(ctx: typer.Context, given: bool) -> bool:
    return given or bool(isinstance(ctx.obj, dict) and ctx.obj.get("json"))


def _of_topic(ctx: typer.Context) -> str | None:
    return ctx.obj.get("app") if isinstance(ctx.obj, dict) else None


def show(rows: Any, text: str, *, json_wanted: bool) -> None:
    """A listing on stdout."""
    if json_wanted:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif text:
        # To a file or a pipe the bytes go as they are: `config get` must give back what was set.
        typer.echo(harmless_text(text) if sys.stdout.isatty() else text)


def say(text: str, *, end: str = "\n") -> None:
    """What is being done, on stderr: stdout has results only."""
    sys.stderr.write(text + end)
    sys.stderr.flush()
