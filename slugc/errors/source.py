"""Errors of the source tree, of buildpack references and of what the caller configured (30s)."""

from collections.abc import Sequence

from slugc.errors.root import SourceError
from slugc.model.address import shown


class SourceNotFound(SourceError):
    """What should be built is neither a folder, a commit nor a tarball."""

    code, exit_code = "source.not-found", 30

    def __init__(self, *, source: str, reason: str = "there is no such file or folder") -> None:
        super().__init__(
            f"There is no source at {source}",
            detail=reason,
            hint="Give a folder (.), a commit of a git repository (./repo#main), or a tarball's path.",
        )
        self.source = source


class NotACommit(SourceError):
    """`path#commit` names something that the repository does not have."""

    code, exit_code = "source.not-a-commit", 31

    def __init__(self, *, repository: str, reference: str, reason: str) -> None:
        super().__init__(
            f"{reference} is not a commit of {repository}",
            detail=reason,
            hint=f"List what there is: git -C {repository} log --oneline --all. In CI, fetch the whole history.",
        )
        self.repository, self.reference = repository, reference


class SubmoduleUnreachable(SourceError):
    """A submodule of the source cannot be fetched."""

    code, exit_code = "source.submodule-unreachable", 32

    def __init__(self, *, path: str, url: str, commit: str, reason: str) -> None:
        url = shown(url)
        super().__init__(
            f"The git submodule {path} cannot be checked out",
            detail=f"{url} at {commit[:12]}: {reason}",
            hint=f"Check that you can run: git ls-remote {url} - then `git submodule update --init {path}`.",
        )
        self.path, self.url, self.reason = path, url, reason


class UnsafeArchive(SourceError):
    """An archive is broken, or would write outside its folder."""

    code, exit_code = "source.unsafe-archive", 33

    def __init__(self, *, archive: str, member: str, reason: str) -> None:
        super().__init__(
            f"{archive} cannot be unpacked",
            detail=f"{member}: {reason}" if member else reason,
            hint="Make it again with: git archive --format=tar.gz HEAD > app.tar.gz",
        )
        self.archive, self.member, self.reason = archive, member, reason


class SourceUnreadable(SourceError):
    """A file or folder of the source cannot be read."""

    code, exit_code = "source.unreadable", 34

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(
            f"{path} cannot be read",
            detail=reason,
            hint="Make it readable for this user, or name it in .slugignore.",
        )
        self.path, self.reason = path, reason


class BuildpackNotFound(SourceError):
    """A reference is no folder, no built-in name and no address."""

    code, exit_code = "buildpack.not-found", 35

    def __init__(self, *, reference: str, origin: str, builtin: Sequence[str], reason: str = "") -> None:
        super().__init__(
            f"There is no buildpack {reference or repr('')} (named by {origin})",
            detail=reason or ("Built in: " + ", ".join(builtin) if builtin else ""),
            hint="Give a folder (./pack), a built-in name (python), a git URL#ref, the URL of a tarball, an image "
            "(docker://HOST/NAME:TAG), or a registered name (urn:cnb:registry:NAMESPACE/NAME).",
        )
        self.reference, self.origin = reference, origin


class BuildpackUnfetchable(SourceError):
    """A git repository or tarball of a buildpack cannot be had."""

    code, exit_code = "buildpack.unfetchable", 36

    def __init__(self, *, reference: str, origin: str, url: str, reason: str) -> None:
        super().__init__(
            f"The buildpack {reference} (named by {origin}) cannot be fetched",
            detail=f"{url}: {reason}",
            hint=f"Check the address and the network ({_try(url)}), or give a folder that holds the buildpack.",
        )
        self.reference, self.url, self.reason = reference, url, reason


def _try(url: str) -> str:
    return (
        f"curl -fsSLO {url}" if url.startswith(("http://", "https://")) and "git" not in url else f"git ls-remote {url}"
    )


class BuildpackUnreadable(SourceError):
    """A file or folder of a buildpack on this machine cannot be read."""

    code, exit_code = "buildpack.unreadable", 37

    def __init__(self, *, reference: str, path: str, reason: str) -> None:
        super().__init__(
            f"The buildpack {reference} cannot be read",
            detail=f"{path}: {reason}",
            hint="Make everything in its folder readable for this user, or take what is no part of it out.",
        )
        self.reference, self.path, self.reason = reference, path, reason


class BuildpackInvalid(SourceError):
    """What was found has not the scripts of a buildpack."""

    code, exit_code = "buildpack.invalid", 37

    def __init__(self, *, reference: str, reason: str) -> None:
        super().__init__(
            f"{reference} is not a buildpack",
            detail=reason,
            hint="A classic buildpack has bin/detect and bin/compile, a Cloud Native one buildpack.toml and bin/build.",
        )
        self.reference, self.reason = reference, reason


class ConfigurationInvalid(SourceError):
    """app.json, project.toml or another file of the source cannot be understood."""

    code, exit_code = "source.configuration", 38

    def __init__(self, *, file: str, line: int, reason: str) -> None:
        where = f"{file} line {line}" if line else file
        super().__init__(f"{where} cannot be understood", detail=reason, hint=f"Correct {where}, then build again.")
        self.file, self.line, self.reason = file, line, reason


class ConfigVarInvalid(SourceError):
    """A config var for the build has an impossible name or value."""

    code, exit_code = "source.config-name", 39

    def __init__(self, *, name: str, reason: str) -> None:
        super().__init__(
            f"{name!r} cannot be a config var",
            detail=reason,
            hint="A name has letters, digits and _, does not begin with a digit, and needs a value without NUL bytes.",
        )
        self.name, self.reason = name, reason
