"""Config vars in the user's own editor: text that cannot be taken is shown again, and never lost."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from slugc.cli.remote import say
from slugc.errors.root import SlugcError
from slugc.errors.usage import BadEnvFile, EditorFailed
from slugc.formats import dotenv
from slugc.host import editor
from slugc.host.home import Home

_NOTE = "#! "
_TOP = (
    "Line {line}: {problem}",
    "Mend it and save. Saved as it is, it is put aside, and nothing changes.",
)


class Editing:
    """One `config edit`."""

    def __init__(self, app: str) -> None:
        self._app, self._home = app, Home.of_this_user()
        self._text = ""

    def config_vars(self, before: Mapping[str, str]) -> dict[str, str]:
        """What the user made of them. A mistake opens the editor again where somebody sits at a terminal.

        Raises BadEnvFile, which names the file that keeps the text, and EditorFailed."""
        shown, last = dotenv.write(before), None
        while True:
            self._text = self._edit(shown)
            try:
                return dotenv.parse(self._text)
            except dotenv.DotenvProblem as problem:
                if self._text == last or not sys.stdin.isatty():
                    raise BadEnvFile(path=self._keep(), problem=problem.message, line=problem.line) from problem
                shown, last = with_note(self._text, problem), self._text

    @contextlib.contextmanager
    def nothing_lost(self) -> Iterator[None]:
        """Whatever the platform refuses in here, the text is kept."""
        try:
            yield
        except SlugcError:
            say("failed")
            self._keep()
            raise

    def _edit(self, shown: str) -> str:
        try:
            status, text = editor.edit(shown, name=f"{self._app}.env", work=self._home.work)
        except editor.EditorProblem as problem:
            raise EditorFailed(editor=problem.named, reason=problem.reason) from problem
        if status != 0:
            raise EditorFailed(editor=editor.named(), reason=f"It ended with status {status}")
        return without_note(text)

    def _keep(self) -> Path:
        path = editor.keep(self._text, name=self._app, folder=self._home.state / "edited")
        say(f"What you wrote is kept in {path}")
        say(f"       When it is mended: slugc config set --env-file {path} --app {self._app}")
        return path


def with_note(text: str, problem: dotenv.DotenvProblem) -> str:
    """The text below what is wrong with it; the line's number is that in the whole."""
    words = [line.format(line=problem.line + len(_TOP), problem=problem.message) for line in _TOP]
    return "".join(f"{_NOTE}{line}\n" for line in words) + text


def without_note(text: str) -> str:
    lines = text.splitlines(keepends=True)
    while lines and lines[0].startswith(_NOTE):
        del lines[0]
    return "".join(lines)
