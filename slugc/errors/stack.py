"""Stacks: a name nobody knows, and what goes wrong while one is made."""

from collections.abc import Sequence
from pathlib import Path

from slugc.errors.root import SourceError


class StackNotFound(SourceError):
    """--stack names a stack that is neither `host` nor under home.stacks, or whose trees were deleted."""

    code = "stack.not-found"
    exit_code = 36

    def __init__(self, *, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"The files of the stack {name} are gone" if name in known else f"There is no stack named {name}",
            detail="Stacks here: " + ", ".join(known),
            hint=f"Choose one of them, or make it: slugc stack create {name} --suite bookworm --replace"
            if name in known
            else f"Choose one of them, or make it: slugc stack create {name} --suite bookworm",
        )
        self.name, self.known = name, tuple(known)


class StackUnfit(SourceError):
    """A slug that was built for another stack needs libraries, or a glibc, that this one has not."""

    code = "stack.unfit"
    exit_code = 37

    def __init__(self, *, stack: str, built_for: str, lacks: Sequence[str]) -> None:
        shown = [f"It lacks {lack}." for lack in lacks[:10]]
        if len(lacks) > len(shown):
            shown.append(f"And {len(lacks) - len(shown)} more.")
        super().__init__(
            f"This slug was built for the stack {built_for} and cannot boot on {stack}",
            detail="\n".join(shown),
            hint=f"Boot it with --stack {built_for}, or build it again with --stack {stack}.",
        )
        self.stack, self.built_for, self.lacks = stack, built_for, tuple(lacks)


class StackNameUnusable(SourceError):
    """A new stack's name is reserved, or has characters that a folder's name should not have."""

    code = "stack.name"
    exit_code = 38

    def __init__(self, *, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be the name of a stack",
            detail="A name has lower-case letters, digits, dots, dashes and underscores; no dot or dash comes first.",
            hint="Choose a name such as debian-12. `host` is always this system itself.",
        )
        self.name = name


class StackExists(SourceError):
    """`slugc stack create` or `import` with the name of a stack that is there."""

    code = "stack.exists"
    exit_code = 38

    def __init__(self, *, name: str) -> None:
        super().__init__(
            f"There is a stack named {name} already",
            hint=f"Choose another name, say --replace, or remove it first: slugc stack remove {name}",
        )
        self.name = name


class StackArchiveUnusable(SourceError):
    """An archive for `slugc stack import` is no tar, has no shell in it, or wants to write outside itself."""

    code = "stack.archive"
    exit_code = 38

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(
            f"{path.name} is not a root file system that a stack can be made of",
            detail=f"{path}: {reason}",
            hint="Give a tar of a whole root file system, such as `docker export CONTAINER` or mmdebstrap writes.",
        )
        self.path, self.reason = path, reason


class StackToolMissing(SourceError):
    """`slugc stack create` without the program that makes root file systems."""

    code = "stack.tool-missing"
    exit_code = 38

    def __init__(self, *, tool: str) -> None:
        super().__init__(
            f"A stack is made by {tool}, which is not on this machine",
            hint=f"Install it (apt-get install {tool}), or take a root file system that is there: "
            "slugc stack import NAME --run RUN.tar",
        )
        self.tool = tool


class StackNotMade(SourceError):
    """mmdebstrap failed: the mirror cannot be reached, the suite is unknown, or an ordinary user lacks the means."""

    code = "stack.not-made"
    exit_code = 38

    def __init__(self, *, suite: str, status: int, tail: Sequence[str], root: bool) -> None:
        hint = (
            f"Check that the suite {suite} exists at the mirror, and that the mirror answers; --mirror names another."
        )
        if not root:
            hint += " Without root it also needs the packages uidmap and fakechroot, or ids in /etc/subuid."
        super().__init__(
            f"The root file system of {suite} could not be made (mmdebstrap ended with {status})",
            detail="\n".join(tail),
            hint=hint,
        )
        self.suite, self.status = suite, status
