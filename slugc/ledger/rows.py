"""Ledger values to database columns and back. Pure."""

import json
import sqlite3

from slugc.model.app import AddOn, Job
from slugc.model.release import AddOnAttachment, Release


def to_columns(release: Release, *, app: int, config: str) -> dict[str, object]:
    return {
        "app": app,
        "version": release.version,
        "app_name": release.app,
        "slug": release.slug,
        "config": config,
        "addons": json.dumps([[a.name, a.plan, list(a.config_vars), a.attachment] for a in release.addons]),
        "description": release.description,
        "user": release.user,
        "created_at": release.created_at,
        "commit_id": release.commit,
        "previous": release.previous,
        "digest": release.digest,
    }


def to_release(row: sqlite3.Row, vars_text: str) -> Release:
    return Release(
        app=row["app_name"],
        version=int(row["version"]),
        slug=row["slug"],
        config_vars=json.loads(vars_text),
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
