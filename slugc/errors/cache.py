"""Errors of the build cache (40s). Only its own commands raise them: a build with a broken cache goes on."""

from slugc.errors.root import CacheError


class CacheArchiveRefused(CacheError):
    """`slugc cache import` was given something else than an exported cache."""

    code, exit_code = "cache.archive", 41

    def __init__(self, *, archive: str, reason: str) -> None:
        super().__init__(
            f"{archive} is not a build cache that can be imported",
            detail=reason,
            hint="Export it again with: slugc cache export FILE",
        )
        self.archive, self.reason = archive, reason


class CacheUnknown(CacheError):
    """`slugc cache export` or `clear` of an app that was never built here."""

    code, exit_code = "cache.unknown-app", 42

    def __init__(self, *, app: str) -> None:
        super().__init__(
            f"There is no build cache for {app}",
            detail="",
            hint="See those that there are with slugc cache list; a build has the name that --app gives it.",
        )
        self.app = app
