"""The root of all errors that a caller can act on."""

from typing import ClassVar


class SlugcError(Exception):
    """Anything the caller can act on. Bugs raise ordinary exceptions instead.

    summary: what happened, one line. detail: the evidence (the value found, the last lines). hint: the exact
    next step. A subclass per situation that a user would treat differently; constructors take facts.
    """

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1
    streamed: ClassVar[bool] = False
    """True where a person has just read the detail in the transcript; programs and annotations still get it."""

    def __init__(self, summary: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        return self.summary


class UsageError(SlugcError):
    """The command line does not fit."""

    code = "usage"
    exit_code = 2


class DetectError(SlugcError):
    code = "detect"
    exit_code = 22


class SourceError(SlugcError):
    """Source, configuration and buildpack references (30s)."""

    code = "source"
    exit_code = 30


class CacheError(SlugcError):
    code = "cache"
    exit_code = 40


class CompileError(SlugcError):
    code = "compile"
    exit_code = 50


class SlugError(SlugcError):
    code = "slug"
    exit_code = 60


class LedgerError(SlugcError):
    code = "ledger"
    exit_code = 70


class DynoError(SlugcError):
    code = "dyno"
    exit_code = 80


class RouterError(SlugcError):
    """Router and logs (90s)."""

    code = "router"
    exit_code = 90
