"""The ledger's tables. Every one is append-only: triggers refuse UPDATE and DELETE, so a state that changes
(a release's status, a formation, a setting) is the newest of its rows."""

VERSION = 2
APPLICATION_ID = 0x736C7567  # "slug": tells `file` and us that this database is ours

_TABLES = {
    "apps": "id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, created_at TEXT NOT NULL",
    "app_settings": """id INTEGER PRIMARY KEY, app INTEGER NOT NULL REFERENCES apps, key TEXT NOT NULL,
        value TEXT NOT NULL, user TEXT NOT NULL, at TEXT NOT NULL""",
    # Config vars stand in the release that set them; one that keeps them, as a deploy does, names that release in
    # config_of. A table of their own, by digest, was a third page and a third statement for a release to wait for.
    "releases": """app INTEGER NOT NULL REFERENCES apps, version INTEGER NOT NULL, app_name TEXT NOT NULL, slug TEXT,
        config_of INTEGER NOT NULL, vars TEXT CHECK ((vars IS NULL) = (config_of < version)), addons TEXT NOT NULL,
        description TEXT NOT NULL, user TEXT NOT NULL, created_at TEXT NOT NULL, commit_id TEXT,
        previous TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (app, version)""",
    "release_events": """app INTEGER NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, status TEXT NOT NULL,
        at TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', PRIMARY KEY (app, version, seq),
        FOREIGN KEY (app, version) REFERENCES releases""",
    "formation_events": """id INTEGER PRIMARY KEY, app INTEGER NOT NULL REFERENCES apps, type TEXT NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity >= 0), size TEXT NOT NULL, user TEXT NOT NULL, at TEXT NOT NULL""",
    "addons": """name TEXT PRIMARY KEY, service TEXT NOT NULL, app INTEGER NOT NULL REFERENCES apps,
        details TEXT NOT NULL, user TEXT NOT NULL, created_at TEXT NOT NULL""",
    "addon_ends": "name TEXT PRIMARY KEY REFERENCES addons, user TEXT NOT NULL, at TEXT NOT NULL",
    "jobs": """id INTEGER PRIMARY KEY, app INTEGER NOT NULL REFERENCES apps, moment TEXT NOT NULL,
        command TEXT NOT NULL, size TEXT NOT NULL, user TEXT NOT NULL, created_at TEXT NOT NULL""",
    "job_ends": "id INTEGER PRIMARY KEY REFERENCES jobs, user TEXT NOT NULL, at TEXT NOT NULL",
}

# Rows inside their own key's tree: a release then touches two pages, not four, and a commit costs what it writes.
_CLUSTERED = frozenset({"releases", "release_events"})
_INDEXES = (
    "CREATE INDEX settings_of ON app_settings (app, key, id)",
    "CREATE INDEX formation_of ON formation_events (app, type, id)",
)


def _table(name: str) -> str:
    return f"CREATE TABLE {name} ({_TABLES[name]}) STRICT{', WITHOUT ROWID' if name in _CLUSTERED else ''}"


def _triggers(name: str) -> list[str]:
    return [
        f"CREATE TRIGGER {name}_keeps_{verb.lower()} BEFORE {verb} ON {name} "
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def statements() -> list[str]:
    """What makes a new ledger."""
    return [
        *(_table(name) for name in _TABLES),
        *(trigger for name in _TABLES for trigger in _triggers(name)),
        *_INDEXES,
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {VERSION}",
    ]


FROM_1 = (
    _table("releases").replace("releases", "releases_2", 1),
    # LEFT: where the config vars of a release are gone, the CHECK of the new table ends it all, and nothing is lost.
    """INSERT INTO releases_2 SELECT r.app, r.version, r.app_name, r.slug, f.first,
        iif(f.first = r.version, c.vars, NULL), r.addons, r.description, r.user, r.created_at, r.commit_id,
        r.previous, r.digest
        FROM releases r LEFT JOIN config_sets c ON c.digest = r.config
        JOIN (SELECT app, config, min(version) AS first FROM releases GROUP BY app, config) f USING (app, config)""",
    "DROP TABLE releases",
    "DROP TABLE config_sets",
    "ALTER TABLE releases_2 RENAME TO releases",
    *_triggers("releases"),
    f"PRAGMA user_version = {VERSION}",
)
"""What turns a ledger of schema 1, whose config vars stood in a table of their own, into one of this schema."""
