"""Add-ons of hosted apps: made, attached, detached, destroyed; each step that an app sees is a release."""

import asyncio
import contextlib
import secrets
from collections.abc import Mapping, Sequence

from slugc.addons import names
from slugc.addons.locate import service_of
from slugc.errors.addons import AttachmentTaken, InvalidAttachment, NoSuchAddOn, NotConfirmed
from slugc.errors.root import SlugcError
from slugc.hosting.app import HostedApp
from slugc.hosting.world import World
from slugc.ledger import changes, config_vars
from slugc.ledger.changes import stamp
from slugc.model.app import AddOn
from slugc.model.release import AddOnAttachment, Release

URL = "url"
"""The service of an address that somebody else runs: `url:SEARCH_URL=http://...`."""


async def create(app: HostedApp, given: str, *, attachment: str | None = None) -> tuple[AddOn, Release]:
    """Make an add-on for the app and attach it.

    Raises UnknownService, ServerMissing, ServerFailed, InvalidAttachment, AttachmentTaken."""
    async with app.providing:
        if given.startswith(f"{URL}:"):
            return await _create_url(app, given.removeprefix(f"{URL}:"))
        return await _create_server(app, given, attachment)


async def _create_server(app: HostedApp, given: str, attachment: str | None) -> tuple[AddOn, Release]:
    world, service = app.world, service_of(given)
    config = world.ledger.current(app.name).release.config_vars
    chosen = attachment or names.attachment_name(service.name, service.attachment, config=config, choose=secrets.choice)
    _check_attachment(app, chosen)
    addon_name = names.addon_name(
        service.name, taken={addon.name for addon in world.ledger.addons()}, choose=secrets.choice
    )
    app.log.api(f"@ref:{addon_name} is being provisioned by user {world.user}")
    details = await world.servers.create(addon_name, service)
    addon = AddOn(
        name=addon_name, service=service.name, app=app.name, created_at=stamp(world.clock.now()), details=details
    )
    app.log.api(f"@ref:{addon_name} completed provisioning, setting {names.variable(chosen)}.")
    return addon, await _recorded(app, addon, chosen, {names.variable(chosen): details["url"]})


async def attach(app: HostedApp, given: str, *, attachment: str | None = None) -> Release:
    """Attach an add-on of any app, once more or under another name. Raises NoSuchAddOn, InvalidAttachment,
    AttachmentTaken."""
    addon = find(app.world, given, app=app.name)
    config = app.world.ledger.current(app.name).release.config_vars
    default = addon.details.get("attachment") or service_of(addon.service).attachment
    if attachment is None and addon.service == URL and addon.details["variable"] not in config:
        values = {addon.details["variable"]: addon.details["url"]}
        return await _attach(app, addon, default, values)
    chosen = attachment or names.attachment_name(addon.service, default, config=config, choose=secrets.choice)
    _check_attachment(app, chosen)
    return await _attach(app, addon, chosen, {names.variable(chosen): addon.details["url"]})


async def detach(app: HostedApp, given: str) -> Release:
    """Detach by the attachment's or the add-on's name. The add-on and its data stay. Raises NoSuchAddOn."""
    attached = app.world.ledger.current(app.name).release.addons
    for attachment in attached:
        if given in (attachment.attachment, attachment.name):
            change = changes.Detach(addon=attachment.name, attachment=attachment.attachment)
            return await app.release(change)
    raise NoSuchAddOn(given=given, known=[f"{a.attachment} ({a.name})" for a in attached])


async def destroy(world: World, apps: Sequence[HostedApp], given: str, *, app: str, confirm: str | None) -> AddOn:
    """Detach the add-on everywhere, stop its server and remove its data. `confirm` must be its name.

    Raises NoSuchAddOn, NotConfirmed."""
    addon = find(world, given, app=app)
    if confirm != addon.name:
        raise NotConfirmed(what="add-on", name=addon.name, given=confirm)
    for hosted in apps:
        for attachment in attachments_of(world, hosted.name, addon.name):
            await hosted.release(changes.Detach(addon=addon.name, attachment=attachment.attachment))
    # The ledger first: a crash in between leaves a folder that nobody names, and never a name without its data.
    await asyncio.to_thread(world.ledger.end_addon, addon.name, user=world.user)
    await world.servers.destroy(addon.name)
    return addon


async def create_wanted(app: HostedApp, wanted: Sequence[str]) -> None:
    """At the first deploy: the add-ons that the slug asks for. One that cannot be had is said in the log."""
    for given in wanted:
        try:
            await create(app, given)
        except SlugcError as error:
            app.log.api(f"Add-on {given} was not created: {error.summary}. {error.hint}")


def find(world: World, given: str, *, app: str) -> AddOn:
    """An add-on by its name, by an attachment's name in the app (`shop::DATABASE`: in that other one), or by its
    service where the app has one only.

    Raises NoSuchAddOn, NoSuchApp."""
    other, colons, there = given.partition("::")
    if colons:
        return find(world, there, app=world.ledger.app(other).name)
    addons = world.ledger.addons()
    attached = world.ledger.current(app).release.addons
    wanted = {a.name for a in attached if given in (a.attachment, *a.config_vars)} or {given}
    found = [addon for addon in addons if addon.name in wanted]
    if not found:
        mine = {a.name for a in attached} | {addon.name for addon in addons if addon.app == app}
        found = [addon for addon in addons if addon.name in mine and addon.service == given]
    if len(found) != 1:
        raise NoSuchAddOn(given=given, known=[addon.name for addon in addons])
    return found[0]


def attachments_of(world: World, app: str, addon: str) -> tuple[AddOnAttachment, ...]:
    return tuple(a for a in world.ledger.current(app).release.addons if a.name == addon)


async def _create_url(app: HostedApp, given: str) -> tuple[AddOn, Release]:
    variable, equals, address = given.partition("=")
    reason = config_vars.name_problem(variable) if equals else "It has no NAME=ADDRESS."
    if reason:
        raise InvalidAttachment(given=given.partition("=")[0], reason=reason)
    config_vars.check({variable: address})
    config = app.world.ledger.current(app.name).release.config_vars
    attachment = variable.removesuffix("_URL")
    if variable in config:
        raise AttachmentTaken(attachment=attachment, config_var=variable, app=app.name)
    world = app.world
    name = names.addon_name(URL, taken={addon.name for addon in world.ledger.addons()}, choose=secrets.choice)
    details = {"url": address, "variable": variable, "attachment": attachment}
    addon = AddOn(name=name, service=URL, app=app.name, created_at=stamp(world.clock.now()), details=details)
    return addon, await _recorded(app, addon, attachment, {variable: address})


async def _recorded(app: HostedApp, addon: AddOn, attachment: str, values: Mapping[str, str]) -> Release:
    """Write down a new add-on and attach it; one that no release has does not stay."""
    world = app.world
    try:
        await asyncio.to_thread(world.ledger.add_addon, addon, user=world.user)
        return await _attach(app, addon, attachment, values)
    except (SlugcError, OSError):
        with contextlib.suppress(SlugcError):  # a ledger that takes nothing more may be the very reason
            await asyncio.to_thread(world.ledger.end_addon, addon.name, user=world.user)
        await world.servers.destroy(addon.name)
        raise


async def _attach(app: HostedApp, addon: AddOn, attachment: str, values: Mapping[str, str]) -> Release:
    change = changes.Attach(addon=addon.name, plan=addon.service, attachment=attachment, values=values)
    return await app.release(change)


def _check_attachment(app: HostedApp, attachment: str) -> None:
    reason = names.attachment_problem(attachment)
    if reason:
        raise InvalidAttachment(given=attachment, reason=reason)
    config_var = names.variable(attachment)
    if config_var in app.world.ledger.current(app.name).release.config_vars:
        raise AttachmentTaken(attachment=attachment, config_var=config_var, app=app.name)
