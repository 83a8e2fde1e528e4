"""HAProxy's own sockets: run-time commands to the worker, and, through the master, to older workers too.

The worker closes a connection after one line of commands; the master has to be told to (`;quit`).
"""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

from slugc.errors.router import RouterFailed
from slugc.router.table import Server

ANSWER_SECONDS = 10.0
ATTEMPTS = 50
RETRY_SECONDS = 0.02
_WORKER = re.compile(r"^(\d+)\s+worker", re.MULTILINE)


async def ask(socket: Path, command: str) -> str:
    """One command (or several, joined by `;`), and the answer. Raises RouterFailed where nobody answers."""
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(RETRY_SECONDS)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await _exchange(socket, command)
        except (ConnectionRefusedError, FileNotFoundError) as error:
            reason = str(error)  # the master begins anew at each reload: its socket is closed for some milliseconds
        except (OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            break
    raise RouterFailed(doing=f"answering `{command}`", said=reason)


async def _exchange(socket: Path, command: str) -> str:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(command.encode() + b"\n")
        await writer.drain()
        return (await reader.read()).decode("utf-8", "replace")
    finally:
        writer.close()


async def master_listens(master: Path) -> bool:
    """Whether the master's loop runs: a signal that comes to it before is lost."""
    try:
        return bool(await _exchange(master, "show proc;quit"))
    except OSError:
        return False


async def add_servers(admin: Path, app: str, servers: Iterable[Server], *, enabled: bool) -> None:
    for server in servers:
        command = f"add server {app}/{server.name} 127.0.0.1:{server.port}"
        answer = await ask(admin, command)
        if "registered" not in answer:
            raise RouterFailed(doing=f"`{command}`", said=answer.strip())
        if enabled:
            await ask(admin, f"enable server {app}/{server.name}")


async def set_servers(admin: Path, app: str, servers: Iterable[Server], state: str) -> None:
    """state: `ready`, `drain` or `maint`. Requests that a server has already are left alone by all three."""
    commands = [f"set server {app}/{server.name} state {state}" for server in servers]
    if commands:
        await ask(admin, ";".join(commands))


async def delete_server(admin: Path, app: str, server: Server) -> bool:
    """False while HAProxy still holds connections to it; idle ones go away after a few seconds."""
    answer = await ask(admin, f"set server {app}/{server.name} state maint;del server {app}/{server.name}")
    return "Server deleted" in answer or "No such server" in answer


async def open_requests(master: Path, app: str | None) -> dict[str, int]:
    """Requests and websockets open at each server of an app (None: of all apps), in this worker and in those that
    a reload left; the key BACKEND counts those of the whole app, the waiting ones included."""
    counts: dict[str, int] = {}
    workers = _WORKER.findall(await ask(master, "show proc;quit"))
    for worker in workers:
        try:
            text = await ask(master, f"@!{worker} show stat {app or -1} 6 -1;quit")
        except RouterFailed:
            continue  # an old worker that left meanwhile
        for name, count in sessions(text).items():
            counts[name] = counts.get(name, 0) + count
    return counts


def sessions(csv: str) -> dict[str, int]:
    """Server name to current sessions, from `show stat`. Pure."""
    counts: dict[str, int] = {}
    for line in csv.splitlines():
        cells = line.split(",")
        if len(cells) > 5 and not line.startswith("#") and cells[4].isdigit():
            counts[cells[1]] = counts.get(cells[1], 0) + int(cells[4])
    return counts
