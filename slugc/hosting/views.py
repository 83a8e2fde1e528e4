"""Model values as the JSON objects of the platform's interface. Pure.

Field names are those of the hosted platform's API where it has the same thing.
"""

from collections.abc import Mapping
from typing import Any

from slugc.ledger.config_vars import masked
from slugc.model.app import FEATURES, AddOn, App, Job
from slugc.model.dyno import DynoStatus, Formation
from slugc.model.release import AddOnAttachment, ReleaseEntry

Row = dict[str, Any]


def app_row(app: App, *, url: str, current: ReleaseEntry, dynos: int) -> Row:
    return {
        "id": app.id,
        "name": app.name,
        "owner": app.owner,
        "created_at": app.created_at,
        "web_url": url,
        "maintenance": app.maintenance,
        "features": sorted(app.features),
        "folder": app.settings.get("folder"),
        "release": current.release.version,
        "slug": current.release.slug,
        "dynos": dynos,
    }


def release_row(entry: ReleaseEntry, *, reveal: bool = False) -> Row:
    """`reveal`: config vars with their values, else their names only."""
    release = entry.release
    return {
        "version": release.version,
        "description": release.description,
        "status": entry.status.value,
        "current": entry.current,
        "user": release.user,
        "created_at": release.created_at,
        "slug": release.slug,
        "commit": release.commit,
        "addons": [attachment_row(addon) for addon in release.addons],
        "config_vars": dict(release.config_vars) if reveal else masked(release.config_vars),
        "note": entry.note,
        "digest": release.digest,
    }


def attachment_row(attachment: AddOnAttachment) -> Row:
    return {
        "name": attachment.attachment,
        "addon": attachment.name,
        "plan": attachment.plan,
        "config_vars": list(attachment.config_vars),
    }


def dyno_row(dyno: DynoStatus) -> Row:
    return {
        "name": dyno.name,
        "type": dyno.type,
        "state": dyno.state.value,
        "size": dyno.size,
        "command": dyno.command,
        "release": dyno.release,
        "updated_at": dyno.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "port": dyno.port,
        "pid": dyno.pid,
    }


def formation_rows(formation: Formation, commands: Mapping[str, str]) -> list[Row]:
    return [
        {"type": name, "quantity": quantity.count, "size": quantity.size.name, "command": commands.get(name, "")}
        for name, quantity in formation.items()
    ]


def addon_row(addon: AddOn, *, state: str, attachments: Mapping[str, list[Row]], folder: str | None) -> Row:
    """`attachments`: app name to its attachments of this add-on. The address is in the config var, not here."""
    return {
        "name": addon.name,
        "service": addon.service,
        "app": addon.app,
        "state": state,
        "created_at": addon.created_at,
        "port": int(addon.details["port"]) if "port" in addon.details else None,
        "data": folder,
        "attachments": [{"app": app, **row} for app, rows in attachments.items() for row in rows],
    }


def job_row(job: Job, *, next_run: str | None) -> Row:
    return {
        "id": job.id,
        "when": job.when,
        "command": job.command,
        "size": job.size,
        "created_at": job.created_at,
        "next_run": next_run,
    }


def feature_rows(app: App) -> list[Row]:
    return [{"name": name, "description": text, "enabled": name in app.features} for name, text in FEATURES.items()]
