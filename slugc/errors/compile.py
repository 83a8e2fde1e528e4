"""Errors of compiling and of release metadata (50s)."""

from collections.abc import Sequence

from slugc.errors.root import CompileError


class BuildpackFailed(CompileError):
    """A script of a buildpack ended with an exit code other than 0."""

    code, exit_code = "compile.failed", 51
    streamed = True

    def __init__(self, *, buildpack: str, status: int, tail: Sequence[str], script: str = "bin/compile") -> None:
        super().__init__(
            f"{script} of {buildpack} failed with exit code {status}{_signal(status)}",
            detail="\n".join(tail),
            hint="The lines above are the last that it printed; correct what they name, then build again.",
        )
        self.buildpack, self.status, self.tail = buildpack, status, tuple(tail)


class BuildpackTimedOut(CompileError):
    """A script of a buildpack took longer than --timeout."""

    code, exit_code = "compile.timeout", 52
    streamed = True

    def __init__(self, *, buildpack: str, seconds: float, tail: Sequence[str], script: str = "bin/compile") -> None:
        super().__init__(
            f"{script} of {buildpack} timed out; it must complete in {seconds:g} seconds",
            detail="\n".join(tail),
            hint=f"Give it more time: slugc build --timeout {int(seconds * 2) or 1}.",
        )
        self.buildpack, self.seconds = buildpack, seconds


class BuildpackUnstartable(CompileError):
    """A script of a buildpack has no interpreter here, or is no program."""

    code, exit_code = "compile.unstartable", 53

    def __init__(self, *, buildpack: str, script: str, reason: str) -> None:
        super().__init__(
            f"{script} of {buildpack} cannot be started",
            detail=reason,
            hint="Its first line must be `#!` and an interpreter that the stack has, with Unix line ends.",
        )
        self.buildpack, self.script, self.reason = buildpack, script, reason


class ReleaseUnreadable(CompileError):
    """bin/release printed something other than its YAML."""

    code, exit_code = "release.unreadable", 54

    def __init__(self, *, buildpack: str, line: int, reason: str, text: str) -> None:
        where = f"line {line} of what it printed: " if line else ""
        super().__init__(
            f"bin/release of {buildpack} did not print release metadata",
            detail=f"{where}{reason}\n{text}".rstrip(),
            hint="It must print YAML with addons, config_vars and default_process_types, and nothing else on stdout.",
        )
        self.buildpack, self.line, self.reason = buildpack, line, reason


def _signal(status: int) -> str:
    known = {
        130: "interrupted",
        134: "aborted",
        137: "killed: out of memory?",
        139: "segmentation fault",
        143: "terminated",
    }
    return f" ({known[status]})" if status in known else ""


class PromiseBroken(CompileError):
    """Fixtures of a buildpack did not build, or boot, as their expect.toml says."""

    code, exit_code = "compile.promise-broken", 57
    streamed = True

    def __init__(self, *, fixtures: Sequence[str], of: int, reports: Sequence[str]) -> None:
        super().__init__(
            f"{len(fixtures)} of {of} fixtures broke a promise: {', '.join(fixtures)}",
            detail="\n\n".join(reports),
            hint="Correct the buildpack, or what its expect.toml says.",
        )
        self.fixtures, self.reports = tuple(fixtures), tuple(reports)
