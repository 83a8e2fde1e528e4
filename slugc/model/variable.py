"""Variables of an environment: what any shell can set, and what the kernel takes."""

import re

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
LIMIT = 131_072
"""Bytes of one `NAME=VALUE` and the NUL behind it (MAX_ARG_STRLEN): with a longer one no program starts."""


def problem(name: str, value: str) -> str | None:
    """Why a program cannot be started with this variable, or None."""
    if not NAME.fullmatch(name):
        return "A name has letters, digits and _, and does not begin with a digit."
    if len(f"{name}={value}".encode("utf-8", "surrogateescape")) >= LIMIT:
        return f"Name and value have more than {LIMIT - 2} bytes together: no program starts with that."
    return None
