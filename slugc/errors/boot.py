"""Errors of what somebody wants to boot (70s: it is, or stands for, a release)."""

from pathlib import Path

from slugc.errors.root import LedgerError


class BadReleaseManifest(LedgerError):
    """A release.json cannot be read."""

    code = "ledger.bad-release-manifest"
    exit_code = 78

    def __init__(self, *, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"{path} is not a release manifest",
            detail=reason,
            hint="Write one with: slugc release app.slug -o release.json",
        )


class SlugOfReleaseMissing(LedgerError):
    """The slug that a release.json names is neither where it was nor in the store, or is another one by now."""

    code = "ledger.slug-of-release-missing"
    exit_code = 79

    def __init__(self, *, path: Path, slug: str, looked: str, reason: str) -> None:
        self.path, self.slug, self.looked = path, slug, looked
        super().__init__(
            f"The slug of {path} cannot be found",
            detail=f"It wants {slug[:16]}; {looked}: {reason}",
            hint="Put the slug beside the manifest under the name it had, or run `slugc release` again.",
        )
