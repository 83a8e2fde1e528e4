"""What a reference meant when it was last fetched: which copy, and how to ask for a newer one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from slugc.host.files import write_atomic
from slugc.host.home import Home


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
    """None where the reference was never fetched, or its copy is gone."""
    try:
        note = Note(**json.loads(_place(text, home).read_bytes()))
        usable = all(isinstance(value, str) for value in (note.digest, note.uri, note.revision, *note.unless.values()))
        return note if usable and (home.buildpacks / note.digest).is_dir() else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def keep(text: str, note: Note, home: Home) -> None:
    write_atomic(_place(text, home), json.dumps(asdict(note)).encode())


def _place(text: str, home: Home) -> Path:
    return home.buildpacks / "refs" / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
