"""Variables of an environment: what any shell can set, and what the kernel takes."""

import re

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
LIMIT = 131_072
"""Bytes of one `NAME=VALUE` and the NUL behind it (MAX_ARG_STRLEN): with a longer one no program starts."""
NAME_LIMIT = 255
"""Bytes of a file's name: buildpacks find each variable in a file of its name."""


def problem(name: str, value: str) -> str | None:
    """Why this is no variable that a shell can set and a program be started with, or None."""
    if not NAME.fullmatch(name):
        return "A name has letters, digits and _, and does not begin with a digit."
    return _value_problem(name, value)


def file_problem(name: str, value: str) -> str | None:
    """Why no program can be started with this variable, or no file be named after it; None where both can. Names are
    wider than a shell's: the specification of buildpacks bounds them nowhere."""
    if name in {"", ".", ".."} or any(char in name for char in "/=\0"):
        return "A name is that of a variable and of a file: it has no /, no = and no NUL."
    if len(name.encode("utf-8", "surrogateescape")) > NAME_LIMIT:
        return f"A name has at most {NAME_LIMIT} bytes."
    return _value_problem(name, value)


def _value_problem(name: str, value: str) -> str | None:
    if "\0" in value:
        return "The value holds a NUL byte, which no environment can carry."
    if len(f"{name}={value}".encode("utf-8", "surrogateescape")) >= LIMIT:
        return f"Name and value have more than {LIMIT - 2} bytes together: no program starts with that."
    return None
