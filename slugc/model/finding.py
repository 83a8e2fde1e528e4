"""One fact about this machine, as `slugc doctor` shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    name: str
    ok: bool
    """False where something cannot be done here; the hint says what would change that."""
    detail: str
    hint: str = ""
