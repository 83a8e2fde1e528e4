"""Pipfile.lock as requirements with hashes: the same set that pipenv would install."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from slugc_buildpack.problems import Problem


def requirements(app: Path) -> str:
    """Text of a requirements file. Raises Problem for a lock file that is broken or older than its Pipfile."""
    lock = _lock(app)
    _refuse_outdated(app, lock)
    sources = lock.get("_meta", {}).get("sources", [])
    lines = [_index(number, str(source["url"])) for number, source in enumerate(sources) if "url" in source]
    lines += [_line(name, entry) for name, entry in sorted(lock.get("default", {}).items())]
    return "\n".join(lines) + "\n"


def pipfile_hash(pipfile: dict[str, Any]) -> str:
    """The digest that pipenv writes to `_meta.hash.sha256`: over the Pipfile's own sections."""
    special = {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop"}
    document = {
        "_meta": {"sources": pipfile.get("source", []), "requires": pipfile.get("requires", {})},
        "default": pipfile.get("packages", {}),
        "develop": pipfile.get("dev-packages", {}),
        **{name: section for name, section in pipfile.items() if name not in special},
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _lock(app: Path) -> dict[str, Any]:
    try:
        lock = json.loads((app / "Pipfile.lock").read_text(encoding="utf-8"))
        if isinstance(lock, dict) and isinstance(lock.get("default", {}), dict):
            return lock
        reason, line = "it is no object with a section `default`", None
    except (ValueError, UnicodeDecodeError) as error:
        reason, line = str(error), getattr(error, "lineno", None)
    raise Problem(
        "Pipfile.lock cannot be read",
        code="python.broken-lock-file",
        file="Pipfile.lock",
        line=line,
        evidence=reason,
        next_step="Make it again: pipenv lock\nand commit it. A merge conflict may have been committed.",
    )


def _refuse_outdated(app: Path, lock: dict[str, Any]) -> None:
    path = app / "Pipfile"
    promised = lock.get("_meta", {}).get("hash", {}).get("sha256")
    if not path.is_file() or not promised:
        return
    try:
        pipfile = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(
            "Pipfile is not valid TOML",
            code="python.broken-pipfile",
            file="Pipfile",
            evidence=str(error),
            next_step='Correct that place. An entry looks like: flask = "*"',
        ) from error
    # Without a source of its own a Pipfile means Pipenv's default one, which the lock file names.
    pipfile.setdefault("source", lock.get("_meta", {}).get("sources", []))
    found = pipfile_hash(pipfile)
    if found != promised:
        raise Problem(
            "Pipfile was changed after Pipfile.lock was made",
            code="python.outdated-lock-file",
            file="Pipfile.lock",
            evidence=f"It was made from a Pipfile with digest {promised[:12]}, this one has {found[:12]}.",
            next_step="Run: pipenv lock\nand commit Pipfile.lock.",
        )


def _index(number: int, url: str) -> str:
    return f"{'--extra-index-url' if number else '--index-url'} {url}"


def _line(name: str, entry: dict[str, Any]) -> str:
    extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
    marker = f" ; {entry['markers']}" if entry.get("markers") else ""
    if "git" in entry:
        inner = f"#subdirectory={entry['subdirectory']}" if entry.get("subdirectory") else ""
        return f"{name}{extras} @ git+{entry['git']}@{entry.get('ref', 'HEAD')}{inner}{marker}"
    if "file" in entry and "://" in entry["file"]:
        return f"{name}{extras} @ {entry['file']}{marker}"
    if "path" in entry or "file" in entry:
        local = str(entry.get("path") or entry["file"])
        return f"{'./' if not local.startswith(('.', '/')) else ''}{local}{extras}"
    hashes = "".join(f" --hash={digest}" for digest in entry.get("hashes", []))
    return f"{name}{extras}{entry.get('version', '')}{marker}{hashes}"
