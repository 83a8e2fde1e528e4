"""Gemfile.lock as a value: what is locked, for which platforms, and by which Ruby."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from slugc_buildpack.problems import Problem

GEMFILE, FILE = "Gemfile", "Gemfile.lock"
_SPEC = re.compile(r"    (?P<name>[^\s(]+) \((?P<version>[^)]+)\)")
_RUBY = re.compile(r"   (?P<engine>\w+) (?P<version>\d[\w.]*?)(?P<patch>p-?\d+)?(?: \((?P<other>[^)]+)\))?")
_MARK = re.compile(r"(<{7}|={7}|>{7})( |$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    gems: dict[str, str] = field(default_factory=dict)
    """Name -> version, without the platform."""
    files: tuple[str, ...] = ()
    """Archives of the gems that come from a registry: `rack-2.2.4`, `nokogiri-1.15.0-x86_64-linux`."""
    platforms: tuple[str, ...] = ()
    ruby: str | None = None
    """`3.1.2` of RUBY VERSION."""
    ruby_line: int | None = None
    engine: str | None = None
    """`jruby` where it is not Ruby itself."""
    bundler: str | None = None
    local: bool = False
    """Some gems come from folders (PATH) or repositories (GIT)."""

    def has(self, *names: str) -> bool:
        return any(name in self.gems for name in names)


def read(app: Path) -> Lock:
    """Raises Problem where there is none, or where a merge left its marks."""
    path = app / FILE
    if not path.is_file():
        raise Problem(
            "There is no Gemfile.lock",
            code="ruby.no-lock-file",
            file=GEMFILE,
            evidence="A Gemfile alone does not say which versions were tried: every build could take others.",
            next_step="Run: bundle lock --add-platform x86_64-linux\nand commit Gemfile.lock.",
        )
    for name in (GEMFILE, FILE):
        unresolved(app, name)
    return parse(path.read_text(encoding="utf-8", errors="replace"))


def unresolved(app: Path, name: str) -> None:
    """Raises Problem for the marks of an unresolved merge."""
    for number, line in enumerate((app / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if _MARK.match(line) and not line.startswith("======="):
            again = "" if name == GEMFILE else "\nThen run: bundle lock"
            raise Problem(
                f"{name} holds an unresolved merge",
                code="ruby.merge-conflict",
                file=name,
                line=number,
                evidence=line,
                next_step=f"Resolve it and remove its marks.{again}",
            )


def parse(text: str) -> Lock:
    section, remote = "", False
    gems: dict[str, str] = {}
    files: list[str] = []
    platforms: list[str] = []
    ruby, ruby_line, engine, bundler = None, None, None, None
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line[0].isspace():
            section, remote = line.strip(), line.strip() == "GEM"
            continue
        match = _SPEC.fullmatch(line)
        if match and section in {"GEM", "GIT", "PATH", "PLUGIN SOURCE"}:
            gems[match["name"]] = match["version"].partition("-")[0]
            files += [f"{match['name']}-{match['version']}"] if remote else []
        elif section == "PLATFORMS" and line.strip():
            platforms.append(line.strip())
        elif section == "RUBY VERSION" and (found := _RUBY.fullmatch(line)):
            ruby, ruby_line = found["version"], number
            engine = (found["other"] or found["engine"]) if (found["other"] or found["engine"]) != "ruby" else None
        elif section == "BUNDLED WITH" and line.strip():
            bundler = line.strip()
    return Lock(
        gems=gems,
        files=tuple(files),
        platforms=tuple(platforms),
        ruby=ruby,
        ruby_line=ruby_line,
        engine=engine,
        bundler=bundler,
        local=bool(re.search(r"^(GIT|PATH)$", text, re.MULTILINE)),
    )
