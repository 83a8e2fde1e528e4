"""A text in the user's own editor."""

import os
import shlex
import subprocess
from pathlib import Path

from slugc.host.files import scratch, write_atomic

DEFAULT = "vi"


class EditorProblem(Exception):
    """Facts of an editor that cannot be started; the caller turns them into an error."""

    def __init__(self, editor: str, reason: str) -> None:
        super().__init__(f"{editor}: {reason}")
        self.named, self.reason = editor, reason


def named() -> str:
    """As the user wrote it."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or DEFAULT


def edit(text: str, *, name: str, work: Path) -> tuple[int, str]:
    """Show `text` in $VISUAL or $EDITOR: (the editor's exit code, the text as it was saved).

    The file has the mode 0600 and lies in a folder of its own below `work`, removed at the end: it may hold
    passwords. Bytes that are not UTF-8 come back as surrogates. Raises EditorProblem where it cannot be started.
    """
    try:
        words = shlex.split(named()) or [DEFAULT]
    except ValueError as error:
        raise EditorProblem(named(), str(error)) from error
    with scratch(work, "edit") as folder:
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8", errors="surrogateescape")
        try:
            status = subprocess.run([*words, str(file)], check=False).returncode
        except OSError as error:
            raise EditorProblem(named(), error.strerror or str(error)) from error
        return status, file.read_text(encoding="utf-8", errors="surrogateescape")


def keep(text: str, *, name: str, folder: Path) -> Path:
    """Put a text aside, 0600, under a name that no other text has: the file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    taken = {path.name for path in folder.iterdir()}
    free = next(file for n in range(1, len(taken) + 2) if (file := f"{name}-{n}.env") not in taken)
    write_atomic(folder / free, text.encode("utf-8", "surrogateescape"), mode=0o600)
    return folder / free
