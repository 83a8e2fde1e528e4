"""The state folder, SLUGC_HOME, cannot be used."""

from pathlib import Path

from slugc.errors.root import SourceError


class HomeUnknown(SourceError):
    """Neither SLUGC_HOME nor HOME is set, and the system does not know this user's home."""

    code = "home.unknown"
    exit_code = 39

    def __init__(self) -> None:
        super().__init__(
            "There is no place for slugc's own files",
            detail="Neither SLUGC_HOME nor HOME is set, and the system knows no home of this user.",
            hint="Name a folder that this user may write to: export SLUGC_HOME=/path/to/folder",
        )


class HomeUnusable(SourceError):
    """The disk refused something under SLUGC_HOME: full, read-only, or another user's."""

    code = "home.unusable"
    exit_code = 39

    def __init__(self, *, root: Path, path: Path | None, reason: str) -> None:
        self.root, self.path, self.reason = root, path, reason
        super().__init__(
            f"slugc's own folder {root} cannot be used",
            detail=f"{path}: {reason}" if path else reason,
            hint="Make room and let this user write there (`slugc gc` removes what nothing uses), or name another "
            "folder: export SLUGC_HOME=/path/to/folder",
        )
