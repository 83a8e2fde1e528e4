"""Procfile text to process types. Whatever is not a declaration is reported with its line number, never guessed."""

import re
from dataclasses import dataclass

_DECLARATION = re.compile(r"^\s*([-\w]{1,128})\s*:\s*(\S.*?)\s*$", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A line that declares nothing, or is declared again further down. `line` counts from 1."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Procfile:
    commands: dict[str, str]
    """Shell text by process type, in the order of the file."""
    skipped: tuple[Skipped, ...] = ()


def parse(data: bytes) -> Procfile:
    """Read a Procfile: `TYPE: COMMAND` a line, `#` comments, blank lines. The last of two equal types wins,
    as on Heroku; Windows line ends and byte order marks (UTF-16 too: PowerShell's `>` writes it) are read."""
    commands: dict[str, str] = {}
    seen: dict[str, int] = {}
    skipped: list[Skipped] = []
    for number, line in enumerate(decode(data).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _DECLARATION.match(line)
        if match is None or "\0" in line:
            skipped.append(Skipped(line=number, text=line.strip(), reason=_complaint(line)))
            continue
        name, command = match[1], match[2]
        if name in commands:
            earlier = seen[name]
            skipped.append(
                Skipped(line=earlier, text=f"{name}: {commands[name]}", reason=f"declared again in line {number}")
            )
            del commands[name]
        commands[name], seen[name] = command, number
    return Procfile(commands=commands, skipped=tuple(sorted(skipped, key=lambda s: s.line)))


def decode(data: bytes) -> str:
    """Text of a file that people edit: UTF-8 with or without a mark, UTF-16 with one; never an exception."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _complaint(line: str) -> str:
    name, colon, command = line.partition(":")
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "a merge conflict marker"
    if "\0" in line:
        return "a NUL byte, which no command can hold"
    if not colon:
        return "no colon: a line reads `TYPE: COMMAND`"
    if not command.strip():
        return "no command after the colon"
    if len(name.strip()) > 128:
        return "the process type is longer than 128 characters"
    return "a process type has only letters, digits, `-` and `_`"
