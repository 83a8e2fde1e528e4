"""The app's assets, made while the slug is built: rake assets:precompile, where the app has that task."""

import hashlib
import json
import re
from pathlib import Path

from slugc_buildpack import children, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.cache import Cache, Key
from slugc_ruby import complaints, installs
from slugc_ruby.lockfile import Lock
from slugc_ruby.processes import is_rails

TASK = "assets:precompile"
PUBLIC = "public/assets"
_RAKEFILES = ("Rakefile", "rakefile", "Rakefile.rb", "rakefile.rb")
_KEPT = {"assets": PUBLIC, "assets-cache": "tmp/cache/assets"}
_MANIFEST = re.compile(r"\.?(?:sprockets-)?manifest(-[0-9a-f]{32})?\.json")


def precompile(build: Build, lock: Lock, cache: Cache, base: Key) -> bool:
    """Whether assets were made. Raises Problem when the task fails, or the Rakefile does."""
    if not any((build.app / name).is_file() for name in _RAKEFILES) or not lock.has("rake"):
        return False
    if not is_rails(lock) and not _mentions(build.app):
        return False
    made = next((path for path in sorted((build.app / PUBLIC).glob("*")) if _MANIFEST.fullmatch(path.name)), None)
    if made is not None:
        transcript.step(f"Skipping {TASK}: {made.relative_to(build.app)} says that it was done")
        return False
    env = _environment(build, lock)
    listed = children.capture(("bundle", "exec", "rake", "-P", "--trace"), env=env, cwd=build.app, timeout=600)
    if listed.status:
        failed = children.ChildFailed(argv=("rake",), status=listed.status, tail=listed.err.splitlines()[-25:])
        raise complaints.task_failed("-P", failed)
    if f"rake {TASK}" not in listed.out.splitlines():
        return False
    for name, folder in _KEPT.items():
        cache.restore(name, {**base, "folder": folder}, build.app / folder)
    transcript.step(f"$ rake {TASK}")
    try:
        children.run(("bundle", "exec", "rake", TASK), env=env, cwd=build.app)
    except children.ChildFailed as failed:
        raise complaints.task_failed(TASK, failed) from failed
    for name, folder in _KEPT.items():
        if (build.app / folder).is_dir():
            cache.save(name, {**base, "folder": folder}, build.app / folder)
    trees.remove(build.app / "tmp/cache/assets")  # of use to the next build only
    _settle(build.app / PUBLIC)
    return True


def _mentions(app: Path) -> bool:
    """A Rakefile outside Rails: starting rake only to ask it costs a second."""
    files = [app / name for name in _RAKEFILES] + sorted(app.glob("lib/tasks/*.rake"))
    return any(path.is_file() and "assets" in path.read_text(encoding="utf-8", errors="replace") for path in files)


def _environment(build: Build, lock: Lock) -> dict[str, str]:
    env = installs.environment(build)
    # Rails loads the whole app for this task: it must not fail for want of a secret or of a database's address.
    env.setdefault("SECRET_KEY_BASE", "only-while-assets-are-made")
    adapter = next((name for gem, name in (("pg", "postgres"), ("mysql2", "mysql2")) if lock.has(gem)), None)
    if adapter:
        env.setdefault("DATABASE_URL", f"{adapter}://user:pass@127.0.0.1/dbname")
    return env


def _settle(folder: Path) -> None:
    """Sprockets names its manifest by chance, and writes the clock into it."""
    for path in sorted(folder.glob(".sprockets-manifest-*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for entry in document.get("files", {}).values():
            if isinstance(entry, dict) and "mtime" in entry:
                entry["mtime"] = "1980-01-01T00:00:00+00:00"
        text = json.dumps(document, sort_keys=True)
        path.unlink()
        name = hashlib.sha256(text.encode()).hexdigest()[:32]
        (folder / f".sprockets-manifest-{name}.json").write_text(text, encoding="utf-8")
