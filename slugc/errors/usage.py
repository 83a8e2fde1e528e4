"""The command line does not fit."""

from collections.abc import Sequence
from pathlib import Path

from slugc.errors.root import UsageError


class UnknownCommand(UsageError):
    """No command has that name."""

    code = "usage.unknown-command"

    def __init__(self, *, given: str, known: Sequence[str], topic: str = "slugc", verbs: Sequence[str] = ()) -> None:
        """`verbs`: commands of topics with just that name, as in `ps scale` for `scale`."""
        from difflib import get_close_matches

        close = [f"{topic} {verb}" for verb in verbs] or get_close_matches(given, known, n=1)
        super().__init__(
            f"There is no command '{given}'",
            hint=f"Did you mean {' or '.join(map(repr, close))}?" if close else f"`{topic} --help` lists the commands.",
        )


class BadArguments(UsageError):
    """An option or argument is missing, unknown or of the wrong form."""

    code = "usage.arguments"

    def __init__(self, *, message: str, usage: str = "") -> None:
        super().__init__(message, detail=usage, hint="Add --help to the command to see all of its options.")


class BadAssignment(UsageError):
    """A config var on the command line is not `NAME=value`."""

    code = "usage.assignment"

    def __init__(self, *, given: str, option: str) -> None:
        super().__init__(
            f"{given} is invalid. Must be in the format FOO=bar.",
            hint=f"Write {option} NAME=value; quote the whole of it where the value has spaces.",
        )


class OutputRefused(UsageError):
    """What stdout or stderr leads to takes no more: a full disk, most often."""

    code = "usage.output"

    def __init__(self, *, stream: str, reason: str) -> None:
        self.stream, self.reason = stream, reason
        super().__init__(
            f"{stream} could not be written",
            detail=f"{reason}. What was written so far is cut off.",
            hint=f"Make room where {stream} leads to, or send it elsewhere, and type the command again.",
        )


class FileNotWritten(UsageError):
    """The place that a release manifest or an exported cache should go to refuses it."""

    code = "usage.not-written"

    def __init__(self, *, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"{path} could not be written",
            detail=f"{reason}. Nothing half-written was left.",
            hint="Give the path of a file in a folder that has room and that this user may write to.",
        )


class EditorFailed(UsageError):
    """`config edit`: the editor cannot be started, or ended without success."""

    code = "usage.editor"

    def __init__(self, *, editor: str, reason: str) -> None:
        self.editor, self.reason = editor, reason
        super().__init__(
            f"The editor {editor} failed",
            detail=f"{reason}. Nothing was changed.",
            hint="Name one that is installed: EDITOR=nano slugc config edit. Without an editor: slugc config set "
            "NAME=VALUE",
        )


class BadEnvFile(UsageError):
    """A file of config vars cannot be read, or a line of it is not `NAME=value`."""

    code = "usage.env-file"

    def __init__(self, *, path: Path, problem: str, line: int | None = None) -> None:
        place = f"{path}:{line}" if line else str(path)
        super().__init__(
            f"The file of config vars cannot be used: {place}",
            detail=problem,
            hint="One NAME=value a line; put a value with spaces at its ends or several lines in quotes.",
        )
