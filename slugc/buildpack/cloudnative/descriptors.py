"""Cloud Native buildpacks on disk: a folder with buildpack.toml, or the tree of an image with many of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from slugc.errors.cloudnative import BuildpackApiUnsupported, DescriptorInvalid
from slugc.formats.buildpack_toml import ParsedDescriptor, parse_buildpack
from slugc.formats.checked import FileProblem
from slugc.model.cloudnative import NEWEST_API, OLDEST_API, Descriptor, Kind, OrderEntry

FILES = ("buildpack.toml", "extension.toml")


def descriptor_file(root: Path) -> Path | None:
    """buildpack.toml or extension.toml of a folder; None where it has neither."""
    return next((root / name for name in FILES if (root / name).is_file()), None)


def read(root: Path, *, digest: str = "", strict: bool = False) -> Descriptor:
    """The buildpack or extension in a folder. Raises DescriptorInvalid and BuildpackApiUnsupported.

    strict: keys that the format does not know are refused; else they are passed over, as the lifecycle does.
    """
    file = descriptor_file(root)
    if file is None:
        raise DescriptorInvalid(file=str(root / FILES[0]), line=0, key="", reason="there is no such file")
    try:
        parsed = parse_buildpack(file.read_text("utf-8"))
    except FileProblem as problem:
        raise _invalid(file, problem) from problem
    except UnicodeDecodeError as problem:
        raise DescriptorInvalid(file=str(file), line=0, key="", reason="is not UTF-8") from problem
    return _checked(root, file, parsed, digest=digest, strict=strict)


def _checked(root: Path, file: Path, parsed: ParsedDescriptor, *, digest: str, strict: bool) -> Descriptor:
    found = parsed.descriptor
    if not OLDEST_API <= found.api <= NEWEST_API:
        raise BuildpackApiUnsupported(
            buildpack=found.key, api=str(found.api), oldest=str(OLDEST_API), newest=str(NEWEST_API)
        )
    if strict and parsed.unknown:
        raise _invalid(file, parsed.unknown[0])
    return replace(found, root=root, digest=digest, has_build=(root / "bin" / "build").is_file())


def _invalid(file: Path, problem: FileProblem) -> DescriptorInvalid:
    return DescriptorInvalid(file=str(file), line=problem.line, key=problem.key, reason=problem.message)


def tree(root: Path) -> Iterator[Path]:
    """The folders of an unpacked image: `buildpacks/<id>/<version>` and `extensions/<id>/<version>`. A link is none:
    it may lead out of the image."""
    for top in ("buildpacks", "extensions"):
        for identity in sorted((root / top).glob("*")):
            folders = () if identity.is_symlink() else sorted(identity.glob("*"))
            yield from (folder for folder in folders if not folder.is_symlink() and descriptor_file(folder))


@dataclass(slots=True)
class Shelf:
    """Every buildpack that an order may name, by kind, id and version."""

    _found: dict[tuple[Kind, str], dict[str, Descriptor]] = field(default_factory=dict)

    @classmethod
    def of(cls, descriptors: Iterable[Descriptor]) -> "Shelf":
        shelf = cls()
        for descriptor in descriptors:
            shelf.add(descriptor)
        return shelf

    def add(self, descriptor: Descriptor) -> None:
        """The first of an id and version stays: what stands earlier in a list was named more closely."""
        self._found.setdefault((descriptor.kind, descriptor.id), {}).setdefault(descriptor.version, descriptor)

    def lookup(self, entry: OrderEntry) -> Descriptor | None:
        """The buildpack that an order's entry means. Without a version: the only one, else the one given last."""
        versions = self._found.get((entry.kind, entry.id), {})
        if entry.version:
            return versions.get(entry.version)
        return next(reversed(versions.values()), None)

    def everything(self) -> list[Descriptor]:
        """In the order they were put there."""
        return [descriptor for versions in self._found.values() for descriptor in versions.values()]

    def keys(self) -> list[str]:
        return [descriptor.key for descriptor in self.everything()]
