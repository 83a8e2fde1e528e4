"""A folder with an app/ and a promise of what its build gives."""

from dataclasses import dataclass
from pathlib import Path

from slugc.errors.source import ConfigurationInvalid, SourceNotFound
from slugc.formats.checked import FileProblem
from slugc.formats.expect_toml import parse
from slugc.model.promise import Promise

NAME = "expect.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    folder: Path
    promise: Promise

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def app(self) -> Path:
        return self.folder / "app"

    def __str__(self) -> str:
        return self.name


def fixtures(folder: str | Path) -> tuple[Fixture, ...]:
    """The fixture that `folder` is, or those that lie in it, by name.

    Raises SourceNotFound where there is none, ConfigurationInvalid for an expect.toml that cannot be understood.
    """
    folder = Path(folder)
    if (folder / NAME).is_file():
        return (_read(folder),)
    found = tuple(_read(path.parent) for path in sorted(folder.glob(f"*/{NAME}")))
    if not found:
        raise SourceNotFound(source=str(folder), reason=f"neither it nor a folder in it has an {NAME}")
    return found


def _read(folder: Path) -> Fixture:
    path = folder / NAME
    try:
        promise = parse(path.read_text(encoding="utf-8"))
    except FileProblem as problem:
        reason = f"{problem.key}: {problem.message}" if problem.key else problem.message
        raise ConfigurationInvalid(file=str(path), line=problem.line, reason=reason) from problem
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(file=str(path), line=0, reason=str(error)) from error
    if not (folder / "app").is_dir():
        raise ConfigurationInvalid(file=str(path), line=0, reason="there is no folder app/ beside it")
    return Fixture(folder=folder.resolve(), promise=promise)
