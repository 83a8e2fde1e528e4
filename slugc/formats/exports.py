"""The environment as `env -0` prints it, and what a sourced script changed in it."""

from collections.abc import Mapping

BASH_OWN = frozenset({"_", "SHLVL", "PWD", "OLDPWD"})
"""bash sets these by itself; they say nothing about the script that was sourced."""


def parse(data: bytes) -> dict[str, str]:
    """NUL-separated NAME=VALUE pairs; values may hold newlines and bytes that are not UTF-8 (surrogate-escaped)."""
    pairs = (item.partition(b"=") for item in data.split(b"\0") if item)
    return {
        name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape") for name, _, value in pairs
    }


def changed(before: Mapping[str, str], after: Mapping[str, str], *, keep: frozenset[str]) -> dict[str, str]:
    """Variables that the script set or changed, except bash's own, exported functions and those in `keep`."""
    return {
        name: value
        for name, value in after.items()
        if before.get(name) != value and name not in BASH_OWN and name not in keep and not name.startswith("BASH_FUNC_")
    }
