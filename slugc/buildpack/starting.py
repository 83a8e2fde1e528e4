"""PURE: why a script of a buildpack never began, from its first line and from what was said when it was started."""

NEVER_BEGAN = (
    "No such file or directory",
    "Permission denied",
    "Exec format error",
    "Too many levels of symbolic links",
)
SHELL_SAYS = frozenset({126, 127})
"""The exit codes of a shell, and of env(1), that cannot start a program."""


def unstartable(first: bytes | None, script: str, *, status: int, said: str) -> str | None:
    """None where the script did begin: then the exit code is its own.

    first: how the file begins; None where there is none. said: the last line that was printed: an engine that cannot
    start a program says so there, and names the program.
    """
    never = said.endswith(NEVER_BEGAN) and f"/{script}" in said
    if status == 0 or not (never or status in SHELL_SAYS):
        return None
    if first is None:
        return f"{script} is not there"
    line = first.split(b"\n", 1)[0]
    shown = line.decode("utf-8", "replace")
    if line.endswith(b"\r"):
        return f"Its first line ends in a carriage return ({shown!r}): save it with Unix line ends."
    if not is_program(first):
        return f"It begins with {shown[:60]!r}, not with #! and an interpreter."
    if never and line.startswith(b"#!"):
        return f"The stack has no {shown[2:].strip().split(' ')[0]}, which its first line asks for."
    return None


def is_program(first: bytes) -> bool:
    """Whether the kernel itself can start it. A shell's own children may be less: text without #! goes to sh."""
    return first.startswith((b"#!", b"\x7fELF"))
