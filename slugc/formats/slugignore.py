"""`.slugignore`: patterns of files that must not enter the build. gitignore's syntax, without negation."""

from collections.abc import Callable
from dataclasses import dataclass

Ignores = Callable[[str], bool]
"""Called with a path relative to the root, with `/` at the end where it is a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlugIgnore:
    patterns: tuple[str, ...]
    negated: tuple[tuple[int, str], ...] = ()
    """(line number, text) of lines that begin with `!`: not supported, so never silently obeyed or dropped."""

    def compiled(self) -> Ignores | None:
        """None where nothing is ignored, so that the common case costs nothing."""
        if not self.patterns:
            return None
        import pathspec  # 25 ms that a source without .slugignore must not pay

        return pathspec.GitIgnoreSpec.from_lines(self.patterns).match_file


def parse(text: str) -> SlugIgnore:
    patterns: list[str] = []
    negated: list[tuple[int, str]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.startswith("!"):
            negated.append((number, line))
        elif line.strip() and not line.startswith("#"):
            patterns.append(line)
    return SlugIgnore(patterns=tuple(patterns), negated=tuple(negated))
