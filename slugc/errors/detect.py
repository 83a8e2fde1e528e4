"""Errors of detection (20s)."""

from collections.abc import Sequence

from slugc.errors.root import DetectError


class NoBuildpackDetected(DetectError):
    """No buildpack was named, and none of the built-in ones passed."""

    code, exit_code = "detect.none", 20

    def __init__(self, *, tried: Sequence[str], listing: Sequence[str]) -> None:
        seen = ", ".join(listing) if listing else "nothing at all"
        super().__init__(
            "No built-in buildpack knows this app",
            detail=f"Tried: {', '.join(tried) or 'none'}. The source's root holds: {seen}",
            hint="Commit the file that tells the language (requirements.txt, package.json, Gemfile ...), build the "
            "folder that has it, or name one: slugc build --buildpack python.",
        )
        self.tried, self.listing = tuple(tried), tuple(listing)


class DetectCrashed(DetectError):
    """A bin/detect that could not be started, or ran out of time: not a verdict on the app."""

    code, exit_code = "detect.crashed", 21

    def __init__(self, *, buildpack: str, reason: str, stderr: str = "") -> None:
        super().__init__(
            f"bin/detect of {buildpack} did not come to a verdict",
            detail="\n".join(part for part in (reason, stderr) if part),
            hint=f"Run it by itself: slugc detect . --buildpack {buildpack}. It must be executable and begin with #!.",
        )
        self.buildpack, self.reason = buildpack, reason


class BuildpackRefused(DetectError):
    """A buildpack that somebody named says that the app is not for it."""

    code, exit_code = "detect.refused", 22

    def __init__(self, *, buildpack: str, origin: str, status: int, stderr: str) -> None:
        super().__init__(
            f"The app is not compatible with the buildpack {buildpack} (named by {origin})",
            detail=stderr.strip() or f"bin/detect said nothing and ended with {status}",
            hint="Add the file that it looks for, or take it out of the list of buildpacks.",
        )
        self.buildpack, self.origin, self.status = buildpack, origin, status
