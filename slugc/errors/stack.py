"""Stacks: a name nobody knows, and what goes wrong while one is made."""

from collections.abc import Sequence

from slugc.errors.root import SourceError


class StackNotFound(SourceError):
    """--stack names a stack that is neither `host` nor under home.stacks."""

    code = "stack.not-found"
    exit_code = 36

    def __init__(self, *, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no stack named {name}.",
            detail="Stacks here: " + ", ".join(known),
            hint=f"Choose one of them, or make it: slugc stack create {name} --suite bookworm",
        )
        self.name, self.known = name, tuple(known)
