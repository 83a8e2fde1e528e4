"""The add-ons' servers as processes of the platform: made, started, watched, stopped.

A server runs in a sandbox: its own data folder at /data, the system's programs read-only, the loopback network,
and an ordinary uid even where the platform is root. It ends with the platform, whatever ends that, and comes back
with it: the data folder, the port and the password stay.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from slugc.addons.children import find_by_name
from slugc.addons.locate import SERVICES, bin_folder
from slugc.addons.service import DATA, Access, Service
from slugc.errors.addons import ServerFailed, ServerNeedsOrdinaryUser
from slugc.host.files import remove_tree, write_atomic
from slugc.host.processes import opened_payloads
from slugc.model.app import AddOn
from slugc.model.mount import Mount, MountKind
from slugc.sandbox.spec import Engine, SandboxSpec

READY_SECONDS = 60.0
STOP_SECONDS = 20.0
RESTART_SECONDS = (1.0, 60.0)
"""The pause before a server that ended by itself is started again: doubled each time, up to the second."""
LOG_LIMIT = 8 << 20
TAIL = 2_000


class Servers:
    """All servers of one platform. Its methods belong to one event loop."""

    def __init__(self, folder: Path, *, engine: Engine, mounts: Sequence[Mount]) -> None:
        """folder: home of all data folders. mounts: the system that servers see."""
        self._folder, self._engine, self._mounts = folder, engine, tuple(mounts)
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}

    def data_folder(self, addon: str) -> Path:
        return self._folder / addon

    def state(self, addon: str) -> str:
        process = self._running.get(addon)
        return "up" if process is not None and process.returncode is None else "down"

    async def create(self, addon: str, service: Service) -> dict[str, str]:
        """Make the data folder and start the server; returns the details that `start` needs later.

        Raises ServerMissing, ServerNeedsOrdinaryUser, ServerFailed; then nothing of it is left.
        """
        programs = bin_folder(service, which=shutil.which)
        if service.refuses_root and os.geteuid() == 0 and self._engine.name == "none":
            raise ServerNeedsOrdinaryUser(service=service.name, reason="The isolation engine here is `none`.")
        access = Access(
            port=free_port(),
            user="u" + secrets.token_hex(6),
            password=secrets.token_hex(24),
            database="d" + secrets.token_hex(6),
        )
        folder = self.data_folder(addon)
        try:
            await self._make(addon, service, access, programs)
            await self._launch(addon, service, access, programs)
        except BaseException:
            await self.stop(addon)
            remove_tree(folder)
            raise
        return {
            "service": service.name,
            "port": str(access.port),
            "user": access.user,
            "password": access.password,
            "database": access.database,
            "url": service.url(access),
        }

    async def start(self, addon: AddOn) -> None:
        """Start the server of an add-on that was made before. Raises ServerMissing, and ServerFailed where it does not
        come up now: it is tried again and again."""
        service = SERVICES[addon.service]
        programs = bin_folder(service, which=shutil.which)
        if not self.data_folder(addon.name).is_dir():
            raise self._failed(addon.name, f"its data folder {self.data_folder(addon.name)} is gone")
        await self._launch(addon.name, service, access_of(addon.details), programs)

    async def stop(self, addon: str) -> None:
        """A clean end; after 20 s, the end."""
        watcher = self._watchers.pop(addon, None)
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        process = self._running.pop(addon, None)
        if process is None or process.returncode is not None:
            return
        service = SERVICES[addon.partition("-")[0]]
        inner = find_by_name(process.pid, service.program)
        with contextlib.suppress(ProcessLookupError):
            os.kill(inner or process.pid, signal.Signals[service.stop_signal])
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def stop_all(self) -> None:
        await asyncio.gather(*(self.stop(addon) for addon in tuple(self._running)))

    async def destroy(self, addon: str) -> None:
        """Stop the server and remove its data."""
        await self.stop(addon)
        await asyncio.to_thread(remove_tree, self.data_folder(addon))

    async def _make(self, addon: str, service: Service, access: Access, programs: Path) -> None:
        folder = self.data_folder(addon)
        folder.mkdir(parents=True, mode=0o700)
        (folder / "socket").mkdir(mode=0o700)
        for name, text in service.files(access).items():
            write_atomic(folder / name, text.encode(), mode=0o600)
        for step in service.steps(access, programs):
            process = await self._spawn(addon, step.argv, stdin=step.stdin)
            if await process.wait() != 0:
                raise self._failed(addon, step.what)
        for used in folder.glob("*.once"):
            used.unlink()

    async def _launch(self, addon: str, service: Service, access: Access, programs: Path) -> None:
        process = await self._spawn(addon, service.argv(access, programs))
        self._running[addon] = process
        self._watchers[addon] = asyncio.create_task(self._watch(addon, process, service, access, programs))
        await self._wait_ready(addon, process, service, access)

    async def _spawn(self, addon: str, argv: tuple[str, ...], *, stdin: bytes = b"") -> asyncio.subprocess.Process:
        """Start a program in the add-on's sandbox; what it prints goes to the end of its log file.

        Raises ServerFailed."""
        try:
            return await self._started(addon, argv, stdin)
        except OSError as error:
            raise self._failed(addon, f"starting {argv[0]}: {error.strerror or error}") from error

    async def _started(self, addon: str, argv: tuple[str, ...], stdin: bytes) -> asyncio.subprocess.Process:
        folder = self.data_folder(addon)
        spec = SandboxSpec(
            argv=argv,
            cwd=DATA,
            env={"PATH": "/usr/bin:/bin", "HOME": DATA, "LANG": "C.UTF-8"},
            mounts=(
                *self._mounts,
                *(Mount(kind=MountKind.SCRATCH, target=target) for target in ("/tmp", "/dev/shm")),
                Mount(kind=MountKind.WRITABLE, target=DATA, source=folder),
            ),
            hostname=addon,
        )
        log = self.log_path(addon)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".old"))
        command = self._engine.command(spec)
        with log.open("ab") as out, opened_payloads(command) as (words, descriptors):
            process = await asyncio.create_subprocess_exec(
                *words,
                env=dict(command.env),
                cwd=command.cwd,
                stdin=asyncio.subprocess.PIPE,
                stdout=out,
                stderr=out,
                pass_fds=descriptors,
                start_new_session=True,
            )
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        return process

    async def _wait_ready(
        self, addon: str, process: asyncio.subprocess.Process, service: Service, access: Access
    ) -> None:
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                raise self._failed(addon, f"{service.program} exited with status {process.returncode}")
            if await _answers(service, access):
                return
            await asyncio.sleep(0.05)
        raise self._failed(addon, f"{service.program} did not answer within {READY_SECONDS:.0f} seconds")

    async def _watch(
        self,
        addon: str,
        process: asyncio.subprocess.Process,
        service: Service,
        access: Access,
        programs: Path,
    ) -> None:
        pause, longest = RESTART_SECONDS
        while True:
            await process.wait()
            await asyncio.sleep(pause)
            try:
                process = await self._spawn(addon, service.argv(access, programs))
                self._running[addon] = process
                await self._wait_ready(addon, process, service, access)
                pause = RESTART_SECONDS[0]
            except (ServerFailed, OSError):  # the latter for want of room for its log, or of descriptors
                pause = min(pause * 2, longest)

    def log_path(self, addon: str) -> Path:
        return self.data_folder(addon) / "server.log"

    def _failed(self, addon: str, step: str) -> ServerFailed:
        log = self.log_path(addon)
        tail = log.read_bytes()[-TAIL:].decode(errors="replace") if log.exists() else ""
        return ServerFailed(addon=addon, step=step, tail=tail, log=str(log))


def access_of(details: Mapping[str, str]) -> Access:
    return Access(
        port=int(details["port"]), user=details["user"], password=details["password"], database=details["database"]
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(service: Service, access: Access) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", access.port)
    except OSError:
        return False
    try:
        writer.write(service.greeting(access))
        return service.ready(await asyncio.wait_for(reader.read(64), 2))
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
