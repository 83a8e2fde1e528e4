"""Errors of Cloud Native buildpacks: their files, their API versions, their phases."""

from collections.abc import Sequence

from slugc.errors.root import CompileError, DetectError, SlugcError, SourceError, UsageError


class BuildpackApiUnsupported(SlugcError):
    """buildpack.toml asks for a Buildpack API that slugc does not speak (platform specification: 12)."""

    code, exit_code = "api.buildpack", 12

    def __init__(self, *, buildpack: str, api: str, oldest: str, newest: str) -> None:
        super().__init__(
            f"{buildpack} needs Buildpack API {api}",
            detail=f"This slugc speaks {oldest} to {newest}.",
            hint="Choose a version of the buildpack that is made for one of these, or a newer slugc.",
        )
        self.buildpack, self.api = buildpack, api


class DescriptorInvalid(SourceError):
    """buildpack.toml, order.toml or package.toml does not say what its format asks."""

    code, exit_code = "buildpack.descriptor", 37

    def __init__(self, *, file: str, line: int, key: str, reason: str) -> None:
        where = f"{file} line {line}" if line else file
        super().__init__(
            f"{where} is not valid",
            detail=f"{key}: {reason}" if key else reason,
            hint=f"Correct {key or 'it'} in {where}.",
        )
        self.file, self.line, self.key, self.reason = file, line, key, reason


class ImageUnfetchable(SourceError):
    """A buildpackage or builder image cannot be had from its registry, or is none."""

    code, exit_code = "buildpack.image", 36

    def __init__(self, *, reference: str, reason: str) -> None:
        super().__init__(
            f"The image {reference} cannot be used",
            detail=reason,
            hint="Check its name and that the registry serves it without a login, with the one in "
            "SLUGC_REGISTRY_AUTH, or with docker's; a .cnb file or a folder works without a network.",
        )
        self.reference, self.reason = reference, reason


class OrderMemberMissing(DetectError):
    """An order names a buildpack that was not given."""

    code, exit_code = "detect.member-missing", 22

    def __init__(self, *, member: str, known: Sequence[str]) -> None:
        super().__init__(
            f"The order names the buildpack {member}, which is not there",
            detail=f"There are: {', '.join(known) or 'none'}.",
            hint=f"Give {member} with a --buildpack option of its own, or correct the order.",
        )
        self.member, self.known = member, tuple(known)


class OrderLoops(DetectError):
    """A composite buildpack holds itself, by its own order or through another's."""

    code, exit_code = "detect.order-loop", 22

    def __init__(self, *, members: Sequence[str]) -> None:
        super().__init__(
            f"The order of {members[0]} has no end",
            detail=f"It holds itself: {' -> '.join(members)}.",
            hint="Take one of them out of the [[order]] of the one before it.",
        )
        self.members = tuple(members)


class NoGroupDetected(DetectError):
    """No group of the order passed detection; nothing went wrong in it (platform specification: 20)."""

    code, exit_code = "detect.no-group", 20

    def __init__(self, *, reasons: Sequence[str]) -> None:
        super().__init__(
            "No group of buildpacks passed detection",
            detail="\n".join(f"group {n}: {reason}" for n, reason in enumerate(reasons, 1)),
            hint="See every group, exit code and output: slugc detect --explain, with the same --buildpack options.",
        )
        self.reasons = tuple(reasons)


class GroupErrored(DetectError):
    """No group passed, and at least one bin/detect ended in an error (platform specification: 21)."""

    code, exit_code = "detect.errored", 21

    def __init__(self, *, reasons: Sequence[str], output: str = "") -> None:
        super().__init__(
            "No group of buildpacks passed detection, and a bin/detect ended in an error",
            detail="\n".join([*(f"group {n}: {reason}" for n, reason in enumerate(reasons, 1)), *output.splitlines()]),
            hint="An exit code other than 0 and 100 is an error of the buildpack: run it by itself with "
            "slugc detect --explain --buildpack PATH.",
        )
        self.reasons, self.output = tuple(reasons), output


class BuildOutputInvalid(CompileError):
    """A bin/build left a file or folder that the specification does not allow (platform specification: 52)."""

    code, exit_code = "compile.output", 52

    def __init__(self, *, buildpack: str, file: str, reason: str, line: int = 0, key: str = "") -> None:
        where = f"{file} line {line}" if line else file
        super().__init__(
            f"bin/build of {buildpack} left an invalid {where}",
            detail=f"{key}: {reason}" if key else reason,
            hint=f"The buildpack must write {file} as its Buildpack API version says; report it to its authors.",
        )
        self.buildpack, self.file, self.reason, self.line, self.key = buildpack, file, reason, line, key


class DockerfileNeeded(CompileError):
    """An image extension wants to change the build or run image, which a slug does not have."""

    code, exit_code = "compile.dockerfile", 55

    def __init__(self, *, extension: str, files: Sequence[str]) -> None:
        super().__init__(
            f"The image extension {extension} needs a Dockerfile to be built",
            detail=f"It wrote {', '.join(files)}. A slug is built without a container engine, on a stack.",
            hint="Make a stack that has what the Dockerfile adds (slugc stack create), and leave the extension out.",
        )
        self.extension, self.files = extension, tuple(files)


class GenerateFailed(CompileError):
    """bin/generate of an image extension failed (platform specification: 91)."""

    code, exit_code = "compile.generate", 56

    def __init__(self, *, extension: str, status: int, tail: Sequence[str]) -> None:
        super().__init__(
            f"bin/generate of {extension} failed with exit code {status}",
            detail="\n".join(tail),
            hint="Leave the extension out of the order, or correct what the lines above name.",
        )
        self.extension, self.status = extension, status


class TargetUnreadable(UsageError):
    """--target is no target."""

    code = "usage.target"

    def __init__(self, *, text: str) -> None:
        super().__init__(
            f"{text!r} is no target",
            hint="Write OS/ARCH, OS/ARCH/VARIANT or OS/ARCH/DISTRO@VERSION, for example linux/amd64/ubuntu@24.04.",
        )
        self.text = text
