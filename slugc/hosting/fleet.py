"""All apps of one platform: brought up from the ledger, and taken down in order."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

from slugc.addons.servers import free_port
from slugc.errors.addons import NotConfirmed
from slugc.errors.ledger import NoSuchApp
from slugc.errors.platform import PlatformNotRunning
from slugc.errors.root import SlugcError
from slugc.host.files import remove_tree
from slugc.host.home import Home
from slugc.hosting import attachments
from slugc.hosting.app import HostedApp
from slugc.hosting.hearing import Hear
from slugc.hosting.jobs import Scheduler
from slugc.hosting.world import World
from slugc.model.app import AddOn, App
from slugc.model.log import LateLines
from slugc.model.release import Release

INTERRUPTED = "the platform stopped while its release command ran"


def log_folder(home: Home, app: App) -> Path:
    """By name for people, by number because a name may be used again."""
    return home.state / "logs" / f"{app.name}-{app.id}"


class Fleet:
    """Belongs to one event loop. `notes` collects what went wrong with single parts while starting."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.notes: list[str] = []
        self._apps: dict[str, HostedApp] = {}
        self._scheduler: asyncio.Task[None] | None = None
        self._ports_given: set[str] = set()

    def __iter__(self) -> Iterator[HostedApp]:
        return iter(tuple(self._apps.values()))

    async def enroll(self) -> None:
        """Give every app that the ledger knows its place in the router, before `start`."""
        ledger = self.world.ledger
        await asyncio.to_thread(ledger.settle_pending, INTERRUPTED)
        for facts in ledger.apps():
            try:
                app = HostedApp(facts.name, self.world)
            except SlugcError as error:
                self.notes.append(f"{facts.name}: {error.summary} {error.detail}")
                continue
            self._apps[facts.name] = app
            await app.enroll()

    async def start(self) -> None:
        """Bring everything back that was enrolled: servers of add-ons first, then apps, then jobs."""
        world = self.world
        await asyncio.gather(*(self._start_server(addon) for addon in world.ledger.addons()))
        apps = tuple(self)
        reasons = await asyncio.gather(*(app.start() for app in apps))
        self.notes += [f"{app.name}: {reason}" for app, reason in zip(apps, reasons, strict=True) if reason]
        scheduler = Scheduler(self._apps.get, world.ledger.jobs)
        self._scheduler = asyncio.create_task(scheduler.run(world.clock.now))

    def hang_up(self) -> None:
        """End what clients listen to: tails, and the lists of dynos that are theirs."""
        for app in self:
            app.hub.end_tails()
            app.attached.leaving.set()

    async def shutdown(self) -> None:
        """Jobs, then dynos (TERM, grace, KILL), then the servers they talked to."""
        if self._scheduler is not None:
            self._scheduler.cancel()
            await asyncio.gather(self._scheduler, return_exceptions=True)
        why = PlatformNotRunning(socket=str(self.world.home.state), reason="it is being stopped")
        try:
            await asyncio.gather(*(app.shutdown(why) for app in self))
        finally:
            await self.world.servers.stop_all()

    def app(self, name: str) -> HostedApp:
        """Raises NoSuchApp."""
        found = self._apps.get(name)
        if found is None:
            raise NoSuchApp(name=name, known=sorted(self._apps))
        return found

    async def create_app(self, name: str, *, folder: str | None = None) -> App:
        """`folder`: commands given there mean this app. Raises InvalidAppName, AppNameTaken."""
        ledger, user = self.world.ledger, self.world.user
        await asyncio.to_thread(ledger.create_app, name, user=user)
        try:
            return await self._set_up(name, folder)
        except (SlugcError, OSError):
            # Half an app would keep its name, and could be neither used nor destroyed.
            half = self._apps.pop(name, None)
            if half is not None:
                await half.shutdown(NoSuchApp(name=name))
            with contextlib.suppress(SlugcError):
                await self.world.router.remove_app(name)
            with contextlib.suppress(SlugcError):
                await asyncio.to_thread(ledger.destroy_app, name, user=user)
            raise

    async def _set_up(self, name: str, folder: str | None) -> App:
        ledger, user = self.world.ledger, self.world.user
        await asyncio.to_thread(ledger.put_setting, name, "port", str(self._own_port()), user=user)
        if folder is not None:
            await asyncio.to_thread(ledger.put_setting, name, "folder", folder, user=user)
        self._apps[name] = app = HostedApp(name, self.world)
        await app.enroll()
        await app.start()
        return ledger.app(name)

    async def destroy_app(self, name: str, *, confirm: str | None) -> None:
        """With its dynos and the add-ons made for it, their data included. Raises NoSuchApp, NotConfirmed."""
        app = self.app(name)
        if confirm != name:
            raise NotConfirmed(what="app", name=name, given=confirm)
        if app.ending is not None:
            raise app.ending
        facts = app.facts()
        # From here on no change of it begins, and none that is under way starts a dyno or takes an add-on.
        app.ending = NoSuchApp(name=name, known=sorted(set(self._apps) - {name}))
        try:
            await self._write_off(app)
        except BaseException:
            app.ending = None
            raise
        del self._apps[name]
        try:
            await self.world.router.remove_app(name)
        finally:
            await app.shutdown(app.ending)
            await asyncio.to_thread(remove_tree, log_folder(self.world.home, facts))

    async def _write_off(self, app: HostedApp) -> None:
        """Out of the ledger, with the add-ons made for it."""
        others = [other for other in self if other is not app]
        for addon in self.world.ledger.addons():
            if addon.app == app.name:
                await attachments.destroy(self.world, others, addon.name, app=app.name, confirm=addon.name)
        await asyncio.to_thread(self.world.ledger.destroy_app, app.name, user=self.world.user)

    async def deploy(
        self, name: str, slug: str, *, commit: str | None, description: str | None, hear: Hear | None = None
    ) -> Release:
        """As HostedApp.deploy; the first time with the add-ons that the slug asks for."""
        app = self.app(name)
        if self.world.ledger.current(name).release.slug is None:
            await attachments.create_wanted(app, self.world.store.find(slug).manifest.addons)
        return await app.deploy(slug, commit=commit, description=description, hear=hear)

    async def wake(self, name: str) -> bool:
        """A request came for a sleeping app. False: no dyno will come."""
        app = self._apps.get(name)
        return app is not None and await app.supervisor.wake()

    def hear_router(self, name: str, lines: LateLines) -> None:
        app = self._apps.get(name)
        if app is not None:
            app.hub.write_late("heroku", "router", lines)

    def _own_port(self) -> int:
        """Free, and not that of an app or an add-on whose listener is only away, or not there yet: two of HAProxy's
        frontends may share a port, and one app would get the requests of another."""
        ledger = self.world.ledger
        taken = {addon.details.get("port") for addon in ledger.addons()} | self._ports_given
        taken |= {app.settings.get("port") for app in ledger.apps()}
        while str(port := free_port()) in taken:
            pass
        self._ports_given.add(str(port))
        return port

    async def _start_server(self, addon: AddOn) -> None:
        if addon.service == attachments.URL:
            return
        try:
            await self.world.servers.start(addon)
        except (SlugcError, OSError) as error:
            self.notes.append(f"{addon.name}: {error}")
