"""Ledger values to database columns and back. Pure."""

import json
import sqlite3

from slugc.model.app import AddOn, Job
from slugc.model.release import AddOnAttachment, Release

COLUMNS = (
    "app", "version", "app_name", "slug", "config_of", "vars", "addons", "description", "user", "created_at",
    "commit_id", "previous", "digest",
)  # fmt: skip
"""Of the table `releases`, in the order of to_columns."""


def to_columns(release: Release, *, app: int, config_of: int) -> tuple[object, ...]:
    """`config_of`: the version that has the same config vars in its row; its own where there is none."""
    return (
        app,
        release.version,
        release.app,
        release.slug,
        config_of,
        json.dumps(dict(release.config_vars)) if config_of == release.version else None,
        json.dumps([[a.name, a.plan, list(a.config_vars), a.attachment] for a in release.addons])
        if release.addons
        else "[]",
        release.description,
        release.user,
        release.created_at,
        release.commit,
        release.previous,
        release.digest,
    )


def to_release(row: sqlite3.Row) -> Release:
    return Release(
        app=row["app_name"],
        version=int(row["version"]),
        slug=row["slug"],
        config_vars=json.loads(row["config"]),
        addons=tuple(
            AddOnAttachment(name=name, plan=plan, config_vars=tuple(names), attachment=attachment)
            for name, plan, names, attachment in json.loads(row["addons"])
        ),
        description=row["description"],
        user=row["user"],
        created_at=row["created_at"],
        commit=row["commit_id"],
        previous=row["previous"],
        digest=row["digest"],
    )


def to_addon(row: sqlite3.Row) -> AddOn:
    return AddOn(
        name=row["name"],
        service=row["service"],
        app=row["app_name"],
        created_at=row["created_at"],
        details=json.loads(row["details"]),
    )


def to_job(row: sqlite3.Row) -> Job:
    return Job(
        id=int(row["id"]),
        app=row["app_name"],
        when=row["moment"],
        command=row["command"],
        size=row["size"],
        created_at=row["created_at"],
    )
