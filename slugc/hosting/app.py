"""One hosted app: every change goes into the ledger first, and then its dynos follow the ledger."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from slugc.dynos import formation
from slugc.dynos.oneoff import oneoff_process
from slugc.dynos.supervisor import OneOff, Supervisor
from slugc.errors.ledger import NothingDeployed
from slugc.errors.platform import ReleaseCommandFailed, SlugGone, UnknownFeature
from slugc.errors.root import SlugcError
from slugc.hosting.attached import Attached, Guest
from slugc.hosting.hearing import Hear, HeardLog
from slugc.hosting.metadata import bootable
from slugc.hosting.world import World
from slugc.ledger import changes, config_vars
from slugc.model.app import FEATURES, App
from slugc.model.dyno import DEFAULT_SIZE, Bootable, DynoName, DynoSize, DynoStatus, Formation, Quantity
from slugc.model.release import Release, ReleaseStatus
from slugc.model.route import AppPages, AppState
from slugc.model.slug import SlugManifest

RELEASE = "release"
"""The process type that runs before a release becomes current. Never part of the formation."""


class HostedApp:
    """Methods that change something return when the ledger has it on disk and the dynos were told.

    Changes of one app wait for each other: the next one starts from the release that the last one made.
    """

    def __init__(self, name: str, world: World) -> None:
        self.name, self.world = name, world
        self.hub = world.hub_of(world.ledger.app(name))
        self.log = HeardLog(self.hub)
        self.supervisor = Supervisor(
            name,
            ground=world.ground,
            sink=self.log,
            clock=world.clock,
            traffic=world.router,
            settings=world.settings,
            ports=world.ports,
        )
        self.attached = Attached(log=self.log, clock=world.clock, taken=lambda: self.supervisor.names)
        self.changing = asyncio.Lock()
        self.providing = asyncio.Lock()
        """Held while an add-on is made: the next one must see which config var it took."""
        self.ending: SlugcError | None = None
        """Why nothing of it may begin any more."""
        self._lease = contextlib.ExitStack()

    # -- coming and going

    async def enroll(self) -> None:
        """Take the app's place in the router: from now on requests for it wait, or are told what the matter is."""
        await self._register()
        await self.world.router.set_maintenance(self.name, on=self.facts().maintenance)
        await self._expect()

    async def start(self) -> str | None:
        """Boot the current release. Returns why it cannot: one app must not keep the others down."""
        try:
            await self.boot()
        except (SlugcError, OSError) as error:
            self.log.api(f"Error R99 (Platform error) -> {error}")
            await self.world.router.set_state(self.name, AppState.CRASHED)
            return str(error)
        return None

    async def shutdown(self, why: SlugcError) -> None:
        """Changes that are under way end with `why`; a dyno that they would start now nobody would stop."""
        self.ending = why
        await self.supervisor.shutdown()
        self._lease.close()
        await self.hub.close()

    async def boot(self) -> None:
        """Make the dynos those of the current release and the formation."""
        release = self.world.ledger.current(self.name).release
        if release.slug is None:
            return
        if not self.supervisor.snapshot():
            await self._expect()
        ready = await self.bootable(release)
        await self.supervisor.apply(self.formation(), ready, preboot="preboot" in self.facts().features)

    async def _expect(self) -> None:
        """Tell the router what will come, before there is a dyno: unpacking the slug may take seconds."""
        state = AppState.BLANK
        if self.world.ledger.current(self.name).release.slug is not None:
            web = self.formation().get("web")
            state = AppState.STARTING if web and web.count else AppState.DOWN
        await self.world.router.set_state(self.name, state)

    def facts(self) -> App:
        return self.world.ledger.app(self.name)

    def formation(self) -> Formation:
        return self.world.ledger.formation(self.name)

    def manifest(self, release: Release) -> SlugManifest | None:
        """The manifest of the release's slug; None before the first deploy. Raises SlugGone."""
        if release.slug is None:
            return None
        try:
            return self.world.store.find(release.slug).manifest
        except SlugcError as error:
            raise SlugGone(digest=release.slug, reason=error.summary) from error

    async def bootable(self, release: Release) -> Bootable:
        """The release with its tree unpacked, and kept from gc while this app runs.

        Raises SlugGone, and why the app ends where it does."""
        manifest = self.manifest(release)
        if manifest is None:
            raise NothingDeployed(app=self.name)
        with contextlib.ExitStack() as held:
            tree = await self._leased(manifest.digest, held)
            if self.ending is not None:
                raise self.ending
            # The old release's dynos may still stand on their tree: gc has a second bar in the ledger.
            self._lease.close()
            self._lease = held.pop_all()
        return bootable(self.facts(), release, manifest, tree)

    async def _leased(self, digest: str, held: contextlib.ExitStack) -> Path:
        try:
            return await asyncio.to_thread(held.enter_context, self.world.store.lease(digest))
        except SlugcError as error:
            raise SlugGone(digest=digest, reason=error.summary) from error

    # -- releases

    async def deploy(
        self, slug: str, *, commit: str | None = None, description: str | None = None, hear: Hear | None = None
    ) -> Release:
        """Release a slug of the store. The first deploy scales web to 1. Raises SlugNotFound,
        ReleaseCommandFailed."""
        found = self.world.store.find(slug)
        first = self.world.ledger.current(self.name).release.slug is None
        change = changes.Deploy(slug=found.manifest.digest, commit=commit, description=description)
        release = await self.release(change, hear=hear, scale_web=first and not self.formation())
        self.log.api("Build succeeded")
        return release

    async def set_config(self, wanted: Mapping[str, str | None], *, hear: Hear | None = None) -> Release | None:
        """Set and (None) unset config vars. None: every value was there already, and nothing was released."""
        for name in wanted:
            config_vars.check_name(name)
        change = config_vars.difference(self.world.ledger.current(self.name).release.config_vars, wanted)
        if not change:
            return None
        return await self.release(changes.ChangeConfig(set=change.set, unset=change.unset), hear=hear)

    async def roll_back(self, version: int | None, *, hear: Hear | None = None) -> Release:
        target = self.world.ledger.rollback_target(self.name, version)
        return await self.release(changes.RollBack(to=target), hear=hear)

    async def release(self, change: changes.Change, *, hear: Hear | None = None, scale_web: bool = False) -> Release:
        """Write the release; run its release command; then make it the one that dynos run.

        Raises ReleaseCommandFailed (the app stays on the release it had) and what changes.after raises.
        """
        ledger, user = self.world.ledger, self.world.user
        async with self._turn() as held:
            manifest = self._manifest_after(change)
            if manifest and isinstance(change, changes.Deploy | changes.RollBack):
                # Unpacked first: a slug that is damaged must not become the release that the next start boots.
                await self._leased(manifest.digest, held)
            # What takes an add-on away must not depend on a command that may need it.
            command = manifest.process(RELEASE) if manifest and not isinstance(change, changes.Detach) else None
            status = ReleaseStatus.PENDING if command else ReleaseStatus.SUCCEEDED
            release = await asyncio.to_thread(ledger.append, self.name, change, user=user, status=status)
            self.log.api(f"{release.description} by user {user}")
            self.log.api(f"Release v{release.version} created by user {user}")
            if command:
                await self._run_release_command(release, hear)
            if scale_web and manifest and manifest.process("web"):
                await self._write_scale({"web": Quantity(count=1)})
            await self._register()
            await self.boot()
            return release

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[contextlib.ExitStack]:
        """One change at a time, and none of an app that is about to go."""
        async with self.changing:
            if self.ending is not None:
                raise self.ending
            with contextlib.ExitStack() as held:
                yield held

    def _manifest_after(self, change: changes.Change) -> SlugManifest | None:
        match change:
            case changes.Deploy():
                return self.world.store.find(change.slug).manifest
            case changes.RollBack():
                return self.manifest(change.to)
            case _:
                return self.manifest(self.world.ledger.current(self.name).release)

    async def _run_release_command(self, release: Release, hear: Hear | None) -> None:
        ledger = self.world.ledger
        self.log.api(f"Running release v{release.version} commands by user {release.user}")
        ready = await self.bootable(release)
        command = ready.process(RELEASE)
        assert command is not None
        dyno = self.supervisor.run(ready, command, kind=RELEASE)
        reason = ""
        with self.log.heard(str(dyno.name), hear):
            try:
                status = await asyncio.wait_for(asyncio.shield(dyno.ended), self.world.release_seconds)
                reason = f"it exited with status {status}" if status else ""
            except TimeoutError:
                await self.supervisor.stop(str(dyno.name))
                reason = f"it did not end within {self.world.release_seconds:g} seconds"
        outcome = ReleaseStatus.FAILED if reason else ReleaseStatus.SUCCEEDED
        await asyncio.to_thread(ledger.mark, self.name, release.version, outcome, note=reason)
        if reason:
            self.log.api(f"Release v{release.version} command failed: {reason}")
            current = ledger.current(self.name).release.version
            raise ReleaseCommandFailed(
                app=self.name, version=release.version, dyno=str(dyno.name), reason=reason, current=current
            )

    # -- dynos

    async def scale(self, words: Sequence[str]) -> Formation:
        """`web=3`, `worker+1`, `web=2:standard-2x`. Raises NothingDeployed, BadFormation, UnknownProcessType."""
        async with self._turn():
            manifest = self.manifest(self.world.ledger.current(self.name).release)
            if manifest is None:
                raise NothingDeployed(app=self.name)
            known = [process.name for process in manifest.process_types if process.name != RELEASE]
            before = self.formation()
            wanted = formation.scaled(before, words, known=known)
            changed = {name: quantity for name, quantity in wanted.items() if before.get(name) != quantity}
            if changed:
                await self._write_scale(changed)
                await self.boot()
            return wanted

    async def _write_scale(self, wanted: Formation) -> None:
        await asyncio.to_thread(self.world.ledger.scale, self.name, wanted, user=self.world.user)
        words = " ".join(f"{name}@{quantity}" for name, quantity in wanted.items())
        self.log.api(f"Scaled to {words} by user {self.world.user}")

    async def run_detached(
        self,
        words: Sequence[str],
        *,
        kind: str = "run",
        type_name: str | None = None,
        env: Mapping[str, str] | None = None,
        size: DynoSize = DEFAULT_SIZE,
    ) -> OneOff:
        """Start a one-off dyno of the current release; its output goes to the log.

        Raises NothingDeployed, UnknownProcessType, NothingToRun."""
        async with self._turn():
            ready = await self.bootable(self.world.ledger.current(self.name).release)
        process, args = oneoff_process(words, ready.processes, type_name=type_name)
        return self.supervisor.run(ready, process, args, kind=kind, env=env, size=size)

    def attach(
        self, words: Sequence[str], *, pid: int, type_name: str | None = None, size: DynoSize = DEFAULT_SIZE
    ) -> tuple[DynoName, int]:
        """(name, release) for a one-off dyno that the process `pid` is about to start by itself.

        Raises NothingDeployed, UnknownProcessType, NothingToRun."""
        release = self.world.ledger.current(self.name).release
        manifest = self.manifest(release)
        if manifest is None:
            raise NothingDeployed(app=self.name)
        process, args = oneoff_process(words, manifest.process_types, type_name=type_name)
        command = " ".join((process.text, *args)).strip()
        return self.attached.enter(Guest(command=command, size=size, release=release.version, pid=pid)), release.version

    def dynos(self) -> list[DynoStatus]:
        """What `slugc ps` lists, by type and number."""
        return sorted((*self.supervisor.snapshot(), *self.attached.rows()), key=_by_name)

    async def stop_dynos(self, target: str) -> list[DynoName]:
        """Raises DynoNotFound where none is meant, attached ones included."""
        gone = self.attached.stop(target)
        if gone and not formation.named(target, self.supervisor.names):
            return gone
        return sorted((*gone, *await self.supervisor.stop(target)))

    # -- settings

    async def set_maintenance(self, *, on: bool) -> None:
        await self._put("maintenance", "on" if on else "off")
        await self.world.router.set_maintenance(self.name, on=on)
        self.log.api(f"Maintenance mode turned {'on' if on else 'off'} by user {self.world.user}")

    async def set_feature(self, feature: str, *, on: bool) -> None:
        """Raises UnknownFeature."""
        if feature not in FEATURES:
            raise UnknownFeature(name=feature, known=tuple(FEATURES))
        await self._put(f"feature:{feature}", "on" if on else "off")
        async with self._turn():
            # Preboot counts from the next restart on; other features change what dynos see.
            await self.boot()

    async def _put(self, key: str, value: str) -> None:
        await asyncio.to_thread(self.world.ledger.put_setting, self.name, key, value, user=self.world.user)

    async def _register(self) -> None:
        """Tell the router the app's own port and its pages, which config vars name."""
        facts, config = self.facts(), self.world.ledger.current(self.name).release.config_vars
        pages = AppPages(error=config.get("ERROR_PAGE_URL"), maintenance=config.get("MAINTENANCE_PAGE_URL"))
        port = int(facts.settings["port"]) if "port" in facts.settings else None
        try:
            await self.world.router.add_app(self.name, port=port, pages=pages)
        except SlugcError as error:
            if port is None:
                raise
            # Another program took the port while the platform was away; the shared listener still serves.
            self.log.api(f"Port {port} of its own is not available: {error.summary}")
            await self.world.router.add_app(self.name, pages=pages)


def _by_name(row: DynoStatus) -> DynoName:
    name = DynoName.parse(row.name)
    assert name is not None
    return name
