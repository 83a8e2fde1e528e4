"""The Python series this buildpack knows, and which one an app gets that asks for none."""

from slugc_buildpack.stack import Stack

KNOWN = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
"""From oldest to newest; older ones get no security fixes and are refused."""
ENDED = {"3.10": "October 2026"}
"""Known series without security fixes since that month: they build, with a warning."""

_OF_STACK = {
    ("debian", "12"): "3.11",
    ("debian", "13"): "3.13",
    ("ubuntu", "22.04"): "3.10",
    ("ubuntu", "24.04"): "3.12",
    ("ubuntu", "26.04"): "3.14",
}


def default(stack: Stack) -> str:
    """The stack's own series: its suite serves it, with security fixes, wherever the stack is.

    Not the newest one: whether that can be had depends on which sources can be reached today.
    """
    return _OF_STACK.get((stack.distro, stack.version), "3.13")


def number(series: str) -> tuple[int, int]:
    major, minor = series.split(".")[:2]
    return int(major), int(minor)


def problem(series: str) -> str | None:
    """`ended` or `unknown` for a series that is not built, else None."""
    if number(series) < number(KNOWN[0]):
        return "ended"
    return "unknown" if number(series) > number(KNOWN[-1]) else None
