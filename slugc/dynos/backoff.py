"""How long a crashed dyno waits before its next start."""

from collections.abc import Sequence

LADDER = (0.0, 20 * 60.0, 40 * 60.0, 60 * 60.0, 180 * 60.0, 320 * 60.0)
"""Heroku's: at once, then up to 20, 40, 60, 180 and 320 minutes, and every 320 from there on."""


def delay(crashes: int, ladder: Sequence[float] = LADDER) -> float:
    """Seconds before the start that follows the crash number `crashes` (1 is the first since it was healthy)."""
    return ladder[min(max(crashes, 1), len(ladder)) - 1]
