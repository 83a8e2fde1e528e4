"""One-off dynos of an app of the platform: attached here, or detached there."""

import contextlib
import os
from collections.abc import Mapping, Sequence

import msgspec

from slugc.cli.remote import RemoteApp, say
from slugc.cli.session import open_session
from slugc.errors.root import SlugcError
from slugc.model.dyno import DEFAULT_SIZE, DynoName, DynoSize
from slugc.model.release import ReleaseManifest


def run_on_app(
    remote: RemoteApp,
    words: Sequence[str],
    *,
    config: Mapping[str, str] | None = None,
    type_name: str | None = None,
    size: DynoSize = DEFAULT_SIZE,
) -> int:
    """Run a command on the app's current release, joined to this process's stdio; its exit code.

    The dyno is this process's own child, not the platform's: it has a real terminal, ends with this command, and
    needs no protocol that carries keys and window sizes. The platform gives it its name, and lists it meanwhile.
    Raises NothingDeployed, and what boot.run raises.
    """
    body = {"words": list(words), "type": type_name, "size": size.name, "pid": os.getpid()}
    with remote.held("attached-dynos", body=body) as row:
        name = DynoName.parse(row["name"])
        assert name is not None
        status = _run(remote, words, name, row["release"], config=config, type_name=type_name, size=size)
        with contextlib.suppress(SlugcError):  # the platform may have gone meanwhile; the dyno was not its own
            remote.call("POST", "attached-dynos", str(name), "actions", "ended", body={"status": status})
        return status


def _run(
    remote: RemoteApp,
    words: Sequence[str],
    name: DynoName,
    version: int,
    *,
    config: Mapping[str, str] | None,
    type_name: str | None,
    size: DynoSize,
) -> int:
    from slugc import boot
    from slugc.slug.store import SlugStore

    answer = remote.get("releases", f"v{version}", "manifest")
    manifest = msgspec.convert(answer, ReleaseManifest)
    session = open_session()
    named = boot.Named(
        slug=SlugStore(session.home).find(manifest.slug),
        app=manifest.app,
        version=manifest.version,
        config=manifest.config_vars,
    )
    asking = boot.Asking(
        home=session.home, clock=session.clock, environ=os.environ, emit=session.emit, config=config or {}
    )
    return boot.run(named, words, asking, type_name=type_name, size=size, name=name)


def run_detached(
    remote: RemoteApp,
    words: Sequence[str],
    *,
    config: Mapping[str, str] | None = None,
    type_name: str | None = None,
    size: DynoSize = DEFAULT_SIZE,
) -> str:
    """Start a one-off dyno on the platform; its name. Its output goes to the app's log."""
    body = {"words": list(words), "type": type_name, "env": dict(config or {}), "size": size.name}
    name = str(remote.call("POST", "dynos", body=body)["name"])
    say(f"Running on {remote.name}... up, {name}")
    say(f"       Its output: slugc logs --app {remote.name} --dyno {name}")
    return name
