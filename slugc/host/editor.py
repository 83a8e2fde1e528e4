"""A text in the user's own editor."""

import os
import shlex
import subprocess
from pathlib import Path

from slugc.host.files import scratch

DEFAULT = "vi"


def edit(text: str, *, name: str, work: Path) -> tuple[int, str]:
    """Show `text` in $VISUAL or $EDITOR: (the editor's exit code, the text as it was saved).

    The file has the mode 0600 and lies in a folder of its own below `work`, removed at the end: it may hold
    passwords. Raises FileNotFoundError where there is no such editor.
    """
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or DEFAULT)
    with scratch(work, "edit") as folder:
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        status = subprocess.run([*words, str(file)], check=False).returncode
        return status, file.read_text(encoding="utf-8")
