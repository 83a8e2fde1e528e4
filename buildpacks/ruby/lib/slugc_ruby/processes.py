"""bin/release: how the app is started where its Procfile does not say."""

import re
from pathlib import Path
from typing import Any

from slugc_buildpack.problems import Problem
from slugc_ruby import lockfile
from slugc_ruby.lockfile import Lock

_PORT = "-p ${PORT:-5000}"
_CLASSIC = re.compile(r"^\s*require\s*\(?\s*['\"]sinatra['\"]", re.MULTILINE)
_CLASSIC_FILES = ("app.rb", "main.rb", "server.rb", "web.rb", "application.rb")


def release(app: Path) -> dict[str, Any]:
    try:
        lock = lockfile.read(app)
    except Problem:
        return {}
    types = {"rake": "bundle exec rake", "console": console(app, lock)}
    command = web(app, lock)
    if command:
        types["web"] = command
    document: dict[str, Any] = {"default_process_types": types}
    if lock.has("pg"):
        document["addons"] = ["heroku-postgresql"]
    return document


def is_rails(lock: Lock) -> bool:
    return lock.has("railties")


def console(app: Path, lock: Lock) -> str:
    if not is_rails(lock):
        return "bundle exec irb"
    return "bin/rails console" if (app / "bin/rails").is_file() else "bundle exec rails console"


def web(app: Path, lock: Lock) -> str | None:
    """Rails' own server; else config.ru by rackup or Puma; else the file of a classic Sinatra app; else None."""
    if is_rails(lock):
        rails = "bin/rails" if (app / "bin/rails").is_file() else "bundle exec rails"
        return f"{rails} server {_PORT} -e $RAILS_ENV"
    if (app / "config.ru").is_file():
        # Rack 3 left its rackup program to a gem of its own.
        old = int(lock.gems.get("rack", "0").partition(".")[0] or 0) < 3
        if not old and not lock.has("rackup") and lock.has("puma"):
            return f"bundle exec puma {_PORT}"
        return f"bundle exec rackup config.ru {_PORT}"
    if lock.has("sinatra"):
        classic = next((name for name in _CLASSIC_FILES if _is_classic(app / name)), None)
        if classic:
            return f"bundle exec ruby {classic} {_PORT} -o 0.0.0.0"
    return None


def _is_classic(path: Path) -> bool:
    return path.is_file() and bool(_CLASSIC.search(path.read_text(encoding="utf-8", errors="replace")))
