"""Slug files: what can be wrong with one, and with the tree it is made from (exit codes 60 to 69)."""

import errno
import os
from collections.abc import Callable
from typing import Any, Self

from slugc.errors.root import SlugError


def shown(path: bytes | str) -> str:
    """A name of any bytes, as one printable line."""
    text = path.decode("utf-8", "backslashreplace") if isinstance(path, bytes) else path
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def _again(cls: "Callable[..., SlugFileError]", facts: dict[str, Any]) -> "SlugFileError":
    return cls(**facts)


class SlugFileError(SlugError):
    """Keeps the facts it was made from, so that a worker process can hand it to its parent."""

    facts: dict[str, Any]

    def __new__(cls, *args: object, **facts: object) -> Self:
        self = super().__new__(cls, *args)
        self.facts = facts
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.facts)


class NotASlug(SlugFileError):
    """The file was not made by slugc."""

    code = "slug.foreign"

    def __init__(self, *, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"{shown(path)} is not a slug",
            detail=f"{reason}.",
            hint="Give a file that `slugc build` wrote. A plain archive is source: `slugc build FILE.tar.gz`.",
        )


class SlugUnreadable(SlugFileError):
    """The system does not let the file be read."""

    code = "slug.unreadable"

    def __init__(self, *, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"{shown(path)} cannot be read",
            detail=f"{reason}.",
            hint="Check the path and its permissions: the user who runs slugc must be able to read it.",
        )


class UnsupportedSchema(SlugFileError):
    """A newer slugc made the slug."""

    code = "slug.schema"

    def __init__(self, *, path: str, schema: int, supported: int) -> None:
        self.path, self.schema = path, schema
        super().__init__(
            f"{shown(path)} was made by a newer slugc",
            detail=f"Its manifest has schema {schema}; this slugc reads up to {supported}.",
            hint="Upgrade slugc, or build the slug again with this one.",
        )


class MalformedSlug(SlugFileError):
    """The bytes do not follow the format: a foreign tool or a hostile one made them."""

    code = "slug.malformed"

    def __init__(self, *, path: str, reason: str, member: bytes | None = None) -> None:
        self.path, self.reason, self.member = path, reason, member
        where = f" at {shown(member)}" if member is not None else ""
        super().__init__(
            f"{shown(path)} is damaged or was not packed by slugc",
            detail=f"{reason}{where}.",
            hint="Nothing was unpacked from it. Copy the slug again from where it came, or build it again.",
        )


class TruncatedSlug(SlugFileError):
    """The file ends too early: a copy or a download was interrupted."""

    code = "slug.truncated"

    def __init__(self, *, path: str, size: int, expected: int) -> None:
        self.path, self.size, self.expected = path, size, expected
        super().__init__(
            f"{shown(path)} is incomplete",
            detail=f"It has {size} bytes; its manifest promises {expected}.",
            hint="Copy or download it again.",
        )


class SlugNotFound(SlugFileError):
    """No file and no stored slug answers to the reference."""

    code = "slug.not-found"

    def __init__(self, *, reference: str, stored: int) -> None:
        self.reference = reference
        super().__init__(
            f"There is no slug {shown(reference)}",
            detail=f"No file has that path, and no stored slug (there are {stored}) has a digest that begins so.",
            hint="Give the path of a .slug file, or at least 6 digits of a digest that `slugc slugs` lists.",
        )


class FolderForSlug(SlugFileError):
    """A folder stands where a slug is wanted."""

    code = "slug.folder"

    def __init__(self, *, folder: str) -> None:
        self.folder = folder
        super().__init__(
            f"{shown(folder)} is a folder, not a slug",
            detail="A slug is one file, NAME.slug.",
            hint=f"Make one of it with: slugc build {shown(folder)} -o app.slug",
        )


class AmbiguousSlug(SlugFileError):
    """A digest's beginning fits several stored slugs."""

    code = "slug.ambiguous"

    def __init__(self, *, reference: str, digests: tuple[str, ...]) -> None:
        self.reference, self.digests = reference, digests
        super().__init__(
            f"Several slugs begin with {shown(reference)}",
            detail="\n".join(digests),
            hint="Give more digits of the digest.",
        )


class MemberNotFound(SlugFileError):
    """The slug has no such file."""

    code = "slug.no-member"

    def __init__(self, *, path: str, member: bytes, reason: str = "There is no such file in it") -> None:
        self.path, self.member = path, member
        super().__init__(
            f"{shown(path)} has no file {shown(member)}",
            detail=f"{reason}.",
            hint="`slugc ls SLUG` lists its files; the app's own are under app/.",
        )


class TreeNotPackable(SlugFileError):
    """The build left something that cannot be packed."""

    code = "slug.tree"

    def __init__(self, *, member: bytes, reason: str) -> None:
        self.member, self.reason = member, reason
        super().__init__(
            f"{shown(member)} cannot be packed",
            detail=f"{reason}.",
            hint="Let bin/compile leave it readable or remove it; .slugignore keeps source files out.",
        )


class TreeChanged(SlugFileError):
    """A file changed while it was packed."""

    code = "slug.tree-changed"

    def __init__(self, *, member: bytes, reason: str) -> None:
        self.member, self.reason = member, reason
        super().__init__(
            f"{shown(member)} changed while the slug was packed",
            detail=f"{reason}.",
            hint="Something still writes into the build's tree. Stop it, then build again.",
        )


class TargetExists(SlugFileError):
    """Unpacking never mixes with what is there."""

    code = "slug.target-exists"

    def __init__(self, *, path: str) -> None:
        self.path = path
        super().__init__(
            f"{shown(path)} is there already",
            detail="A slug is unpacked into a folder of its own, never over other files.",
            hint="Name a folder that does not exist yet, or remove that one.",
        )


class SlugTooLarge(SlugFileError):
    """The slug would unpack to more than the limits allow."""

    code = "slug.too-large"
    exit_code = 61

    def __init__(self, *, path: str, what: str, found: int, limit: int) -> None:
        self.path, self.found, self.limit = path, found, limit
        super().__init__(
            f"{shown(path)} is too large to unpack",
            detail=f"{what}: {found}, and the limit is {limit}.",
            hint="Ask whoever made it. In an app of your own, leave large files out by .slugignore.",
        )


class DigestMismatch(SlugFileError):
    """Bytes are not what the manifest says: a bit flipped, or somebody changed the file."""

    code = "slug.digest"
    exit_code = 62

    def __init__(self, *, path: str, what: str, found: str, expected: str) -> None:
        self.path, self.what, self.found, self.expected = path, what, found, expected
        super().__init__(
            f"{shown(path)} is not what its manifest says",
            detail=f"The digest of {what} is {found}, expected {expected}.",
            hint="Do not run it. Copy the slug again from where it came, or build it again.",
        )


class UnsafePath(SlugFileError):
    """A member would land outside its folder, through a link, or as something that is no plain file."""

    code = "slug.unsafe-path"
    exit_code = 63

    def __init__(self, *, path: str, member: bytes, reason: str) -> None:
        self.path, self.member, self.reason = path, member, reason
        super().__init__(
            f"{shown(path)} holds an unsafe member",
            detail=f"{shown(member)}: {reason}.",
            hint="slugc never packs such a member: do not trust where this file came from. Nothing was unpacked.",
        )


class NotExportable(SlugFileError):
    """The other platform's format cannot hold what the slug has."""

    code = "slug.not-exportable"
    exit_code = 64

    def __init__(self, *, format: str, reason: str) -> None:  # noqa: A002 - the word of the command line
        self.reason = reason
        super().__init__(
            f"This slug cannot be exported as {format}",
            detail=f"{reason}.",
            hint="Build the app with classic buildpacks to export it, or run the slug itself by `slugc start`.",
        )


class SlugNotWritten(SlugFileError):
    """The disk refused: full, read-only or not permitted."""

    code = "slug.not-written"
    exit_code = 65

    def __init__(self, *, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"{shown(path)} could not be written",
            detail=f"{reason}. Nothing half-written was left.",
            hint="Free some space there (`slugc gc` removes slugs that nothing uses) or choose another place."
            if reason == os.strerror(errno.ENOSPC)
            else "Give the path of a file, in a folder that this user may write to.",
        )


class PackInterrupted(SlugFileError):
    """A worker process died: out of memory, or killed."""

    code = "slug.interrupted"
    exit_code = 66

    def __init__(self, *, what: str, status: int) -> None:
        self.what, self.status = what, status
        ended = f"signal {-status}" if status < 0 else f"status {status}"
        super().__init__(
            f"A worker process died while {what}",
            detail=f"It ended by {ended}. Nothing half-written was left.",
            hint="Signal 9 usually means that memory ran out: free some, or choose a lower --level, then try again.",
        )


class OtherSource(SlugFileError):
    """The source to rebuild from is not the one that the slug was made of."""

    code = "slug.other-source"
    exit_code = 68

    def __init__(self, *, source: str, found: str, expected: str, commit: str | None = None) -> None:
        self.source, self.found, self.expected = source, found, expected
        at = f" The slug was built from commit {commit}." if commit else ""
        super().__init__(
            f"{shown(source)} is not the source of this slug",
            detail=f"sha256 of the source tree is {found}, and the slug's was {expected}.{at}",
            hint="Check out the source as it was when the slug was built, then verify again.",
        )


class NotReproducible(SlugFileError):
    """Two builds of one source gave different bytes."""

    code = "slug.not-reproducible"
    exit_code = 67

    def __init__(self, *, member: bytes, layer: str, owner: str, difference: str) -> None:
        self.member, self.layer, self.owner, self.difference = member, layer, owner, difference
        super().__init__(
            f"A second build differs in {shown(member)}",
            detail=f"{difference}. The file is in layer {layer}, made by {owner}.",
            hint=f"Look in {owner} for a time stamp, a random value or a build path that it writes there.",
        )
