"""Where children run: isolation that is asked for and cannot be had, and stacks."""

from slugc.errors.root import CompileError


class IsolationUnavailable(CompileError):
    """--isolation required on a machine that cannot isolate."""

    code = "sandbox.unavailable"
    exit_code = 54

    def __init__(self, *, reason: str) -> None:
        super().__init__(
            "This machine cannot isolate a build or a dyno",
            detail=reason,
            hint="Run `slugc doctor` to see what is missing, or choose --isolation auto to go on without walls.",
        )
        self.reason = reason


class StackNeedsIsolation(CompileError):
    """A stack with a root of its own, and no engine that can change the root."""

    code = "sandbox.stack-needs-isolation"
    exit_code = 55

    def __init__(self, *, target: str, source: str) -> None:
        super().__init__(
            "A stack other than `host` needs isolation, and this machine has none (or it was switched off)",
            detail=f"The stack puts {source} at {target}.",
            hint="Use --stack host, or make bubblewrap work here: `slugc doctor` says what is missing.",
        )
        self.target, self.source = target, source
