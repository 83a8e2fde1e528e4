"""The index of a Cloud Native buildpack registry (CNB spec, extensions/buildpack-registry.md).

A git repository with one file for each buildpack and one line of JSON for each of its versions. An entry only points:
the buildpack itself is an image in an OCI registry.
"""

import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

PREFIX = "urn:cnb:registry:"
_NAME = re.compile(r"(?P<namespace>[a-z0-9.-]{1,253})/(?P<name>[a-z0-9.-]{1,253})(@(?P<version>[\w.+-]+))?")
_PINNED = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """`NAMESPACE/NAME[@VERSION]`."""

    namespace: str
    name: str
    version: str = ""
    """Empty: the newest."""

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def file(self) -> PurePosixPath:
        """Where its versions stand in the index."""
        match len(self.name):
            case 1 | 2:
                folders = str(len(self.name))
            case 3:
                folders = f"3/{self.name[:2]}"
            case _:
                folders = f"{self.name[:2]}/{self.name[2:4]}"
        return PurePosixPath(folders, f"{self.namespace}_{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    version: str
    address: str
    """The image's, by digest."""
    yanked: bool
    """Taken back by its author."""


def named(text: str) -> Registered | None:
    """`text`: what follows PREFIX. None where it is no name; a part of `.` or `..` would leave the index."""
    found = _NAME.fullmatch(text)
    if found is None or not {found["namespace"], found["name"]}.isdisjoint({".", ".."}):
        return None
    return Registered(namespace=found["namespace"], name=found["name"], version=found["version"] or "")


def entries(text: str) -> tuple[Entry, ...]:
    """A file's versions. A line that is no entry, or points at a tag, which may come to mean another image, is none."""
    return tuple(found for line in text.splitlines() if (found := _entry(line)) is not None)


def choose(found: Sequence[Entry], version: str) -> Entry | None:
    """That version, also where it was taken back, for somebody asked for this one; without a version the newest one
    that was not."""
    if version:
        return next((entry for entry in found if entry.version == version), None)
    return max((entry for entry in found if not entry.yanked), key=functools.cmp_to_key(_order), default=None)


def _entry(line: str) -> Entry | None:
    try:
        value = json.loads(line)
        version, address = value["version"], value["addr"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(version, str) or not isinstance(address, str) or not _PINNED.fullmatch(address):
        return None
    return Entry(version=version, address=address, yanked=bool(value.get("yanked")))


def _order(one: Entry, other: Entry) -> int:
    import nodesemver

    try:
        return int(nodesemver.compare(one.version, other.version, loose=True))
    except ValueError:  # the specification does not ask for a semantic version
        return (one.version > other.version) - (one.version < other.version)
