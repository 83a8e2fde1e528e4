"""(Release, Change, now) -> the next Release. Pure: the store only writes down what this decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, assert_never

from slugc.errors.addons import AttachmentTaken
from slugc.errors.ledger import CannotRollBack, ConfigOwnedByAddOn
from slugc.ledger import config_vars
from slugc.ledger.chain import release_digest
from slugc.model.release import AddOnAttachment, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    slug: str
    commit: str | None = None
    description: str | None = None
    """Default: `Deploy ` and 8 digits of the commit, else of the slug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeConfig:
    set: Mapping[str, str]
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBack:
    to: Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    addon: str
    plan: str
    attachment: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detach:
    addon: str
    attachment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """A release that changes nothing but the history: `Enable Logplex`."""

    description: str


Change = Deploy | ChangeConfig | RollBack | Attach | Detach | Describe


class _Content(NamedTuple):
    """What a change may alter of a release."""

    slug: str | None
    commit: str | None
    config_vars: Mapping[str, str]
    addons: tuple[AddOnAttachment, ...]


def initial(app: str, *, user: str, now: datetime) -> Release:
    return _sealed(Release(app=app, version=1, description="Initial release", user=user, created_at=stamp(now)))


def after(base: Release, change: Change, *, newest: Release, user: str, now: datetime) -> Release:
    """The release that `change` makes of `base`, the app's current one.

    It follows `newest` in the chain, which may be a later release that failed. Raises CannotRollBack,
    ConfigOwnedByAddOn, AttachmentTaken, InvalidConfigName, InvalidConfigValue, ConfigTooLarge.
    """
    changed = _applied(base, change)
    # Only what the user may choose is held to the rules: an add-on's own URL came from its provider.
    owned = {name for addon in changed.addons for name in addon.config_vars}
    config_vars.check({name: value for name, value in changed.config_vars.items() if name not in owned})
    return _sealed(
        Release(
            app=base.app,
            version=newest.version + 1,
            slug=changed.slug,
            config_vars=changed.config_vars,
            addons=changed.addons,
            description=describe(change),
            user=user,
            created_at=stamp(now),
            commit=changed.commit,
            previous=newest.digest,
        )
    )


def describe(change: Change) -> str:
    """The words that the platform's users know from its `releases`."""
    match change:
        case Deploy():
            return change.description or f"Deploy {(change.commit or change.slug)[:8]}"
        case ChangeConfig():
            parts = [f"Set {', '.join(change.set)}"] if change.set else []
            if change.unset:
                parts.append(f"{'remove' if parts else 'Remove'} {', '.join(change.unset)}")
            return ", ".join(parts) + " config vars"
        case RollBack():
            return f"Rollback to v{change.to.version}"
        case Attach():
            return f"Attach {change.attachment} (@ref:{change.addon})"
        case Detach():
            return f"Detach {change.attachment} (@ref:{change.addon})"
        case Describe():
            return change.description
        case _:
            assert_never(change)


def stamp(now: datetime) -> str:
    """`now`, in UTC, in whole seconds. isoformat asks no locale, as strftime does."""
    return now.isoformat(timespec="seconds")[:19] + "Z"


def _applied(base: Release, change: Change) -> _Content:
    match change:
        case Deploy():
            return _Content(change.slug, change.commit, base.config_vars, base.addons)
        case ChangeConfig():
            return _Content(base.slug, base.commit, _reconfigured(base, change), base.addons)
        case RollBack():
            to = change.to
            if to.slug is None:
                raise CannotRollBack(app=base.app, wanted=f"v{to.version}", reason="That release has no slug.")
            return _Content(to.slug, to.commit, _rolled_back(base, to), base.addons)
        case Attach():
            for name in change.values:
                if name in base.config_vars:
                    # It was free when somebody looked; a change that came in between took it.
                    raise AttachmentTaken(attachment=change.attachment, config_var=name, app=base.app)
            attached = AddOnAttachment(
                name=change.addon,
                plan=change.plan,
                config_vars=tuple(change.values),
                attachment=change.attachment,
            )
            return _Content(base.slug, base.commit, {**base.config_vars, **change.values}, (*base.addons, attached))
        case Detach():
            leaving = [a for a in base.addons if a.name == change.addon and a.attachment == change.attachment]
            gone = {name for addon in leaving for name in addon.config_vars}
            config = {k: v for k, v in base.config_vars.items() if k not in gone}
            return _Content(base.slug, base.commit, config, tuple(a for a in base.addons if a not in leaving))
        case Describe():
            return _Content(base.slug, base.commit, base.config_vars, base.addons)
        case _:
            assert_never(change)


def _reconfigured(base: Release, change: ChangeConfig) -> dict[str, str]:
    owners = {name: addon.name for addon in base.addons for name in addon.config_vars}
    for name in (*change.set, *change.unset):
        if name in owners:
            raise ConfigOwnedByAddOn(name=name, addon=owners[name])
    config = {k: v for k, v in base.config_vars.items() if k not in change.unset}
    return {**config, **change.set}


def _rolled_back(base: Release, to: Release) -> dict[str, str]:
    """The config vars of `to`; add-ons stay as they are now, and so do the config vars they own."""
    then_owned = {name for addon in to.addons for name in addon.config_vars}
    now_owned = {name for addon in base.addons for name in addon.config_vars}
    config = {k: v for k, v in to.config_vars.items() if k not in then_owned}
    return {**config, **{k: v for k, v in base.config_vars.items() if k in now_owned}}


def _sealed(release: Release) -> Release:
    return replace(release, digest=release_digest(release))
