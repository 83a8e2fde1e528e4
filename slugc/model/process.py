"""Process types: what a slug can run."""

from dataclasses import dataclass

SHELL_META = frozenset("|&;<>()$`\\\"'*?[]#~=%!{}\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessType:
    """One named command of a slug, as the Procfile, bin/release or launch.toml declares it.

    A string command is shell text (classic API, Procfile); a tuple is an argument vector that is executed
    directly, without a shell and without profile scripts (Cloud Native Buildpack API >= 0.9).
    """

    name: str
    command: str | tuple[str, ...]
    args: tuple[str, ...] = ()
    """Default arguments; a user's own replace them (direct processes only)."""
    default: bool = False
    working_dir: str | None = None
    owner: str = "Procfile"
    """Who declared it: `Procfile`, or a buildpack id."""

    @property
    def direct(self) -> bool:
        return not isinstance(self.command, str)

    @property
    def text(self) -> str:
        """The command as a person would type it; for listings, never for execution."""
        if isinstance(self.command, str):
            return self.command
        return " ".join(_quoted(word) for word in (*self.command, *self.args))


def _quoted(word: str) -> str:
    if word and not any(c.isspace() or c in SHELL_META for c in word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
