"""What a reference meant when it was last fetched: which copy, and how to ask for a newer one."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from slugc.host.files import write_atomic
from slugc.host.home import Home

REFS = "refs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    digest: str
    """The copy's, which is the name of its folder."""
    uri: str
    revision: str = ""
    """A git commit, or the digest of an image's manifest."""
    unless: Mapping[str, str] = field(default_factory=dict)
    """A tarball's: the headers that let its server say that nothing has changed."""


def recall(text: str, home: Home) -> Note | None:
    """None where the reference was never fetched, or its copy is gone. The note's time tells when it was used."""
    place = _place(text, home)
    note = _read(place)
    if note is None or not (home.buildpacks / note.digest).is_dir():
        return None
    with contextlib.suppress(OSError):
        os.utime(place)
    return note


def digests(home: Home, *, since: float) -> frozenset[str]:
    """The copies that references mean which were used since then (seconds of the epoch). Older notes are removed."""
    found = set()
    for place in (home.buildpacks / REFS).glob("*.json"):
        with contextlib.suppress(OSError):
            if place.stat().st_mtime < since:
                place.unlink()
            elif (note := _read(place)) is not None:
                found.add(note.digest)
    return frozenset(found)


def keep(text: str, note: Note, home: Home) -> None:
    write_atomic(_place(text, home), json.dumps(asdict(note)).encode())


def _read(place: Path) -> Note | None:
    try:
        note = Note(**json.loads(place.read_bytes()))
        usable = all(isinstance(value, str) for value in (note.digest, note.uri, note.revision, *note.unless.values()))
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return note if usable else None


def _place(text: str, home: Home) -> Path:
    return home.buildpacks / REFS / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
