"""The root file system under a child process: `host` (this system's own) and stacks made or imported."""

from slugc.stack.store import find, known
from slugc.stack.value import Stack, Variant

__all__ = ["Stack", "Variant", "find", "known"]
