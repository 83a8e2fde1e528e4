"""The ledger's tables. Every one is append-only: triggers refuse UPDATE and DELETE, so a state that changes
(a release's status, a formation, a setting) is the newest of its rows."""

VERSION = 1
APPLICATION_ID = 0x736C7567  # "slug": tells `file` and us that this database is ours

_TABLES = {
    "apps": "id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, created_at TEXT NOT NULL",
    "app_settings": """id INTEGER PRIMARY KEY, app INTEGER NOT NULL REFERENCES apps, key TEXT NOT NULL,
        value TEXT NOT NULL, user TEXT NOT NULL, at TEXT NOT NULL""",
    # Config vars by content: a rollback or a deploy repeats a set of them and stores nothing.
    "config_sets": "digest TEXT PRIMARY KEY, vars TEXT NOT NULL",
    "releases": """app INTEGER NOT NULL REFERENCES apps, version INTEGER NOT NULL, app_name TEXT NOT NULL, slug TEXT,
        config TEXT NOT NULL REFERENCES config_sets, addons TEXT NOT NULL, description TEXT NOT NULL,
        user TEXT NOT NULL, created_at TEXT NOT NULL, commit_id TEXT, previous TEXT NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (app, version)""",
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

# Rows inside their own key's tree: a release then touches three pages, not six, and a commit costs what it writes.
_CLUSTERED = frozenset({"config_sets", "releases", "release_events"})
_INDEXES = (
    "CREATE INDEX settings_of ON app_settings (app, key, id)",
    "CREATE INDEX formation_of ON formation_events (app, type, id)",
)


def statements() -> list[str]:
    made = [
        f"CREATE TABLE {name} ({columns}) STRICT{', WITHOUT ROWID' if name in _CLUSTERED else ''}"
        for name, columns in _TABLES.items()
    ]
    for name in _TABLES:
        made += [
            f"CREATE TRIGGER {name}_keeps_{verb.lower()} BEFORE {verb} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        *made,
        *_INDEXES,
        f"PRAGMA application_id = {APPLICATION_ID}",
        f"PRAGMA user_version = {VERSION}",
    ]
