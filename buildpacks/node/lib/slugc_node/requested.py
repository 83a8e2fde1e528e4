"""Which Node.js is asked for, and by which file: engines.node, then .node-version, then .nvmrc, then nobody."""

from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_buildpack.versions import Series, Spec
from slugc_node.manifest import FILE, Manifest
from slugc_node.ranges import NpmRange

DEFAULT = "24.x"
"""The newest series in long-term support."""
LTS = {"argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14, "gallium": 16}
LTS |= {"hydrogen": 18, "iron": 20, "jod": 22, "krypton": 24}
ENDED = {14: "April 2023", 16: "September 2023", 18: "April 2025", 20: "April 2026"}
"""Series -> when its security fixes ended (the release working group's schedule)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    spec: Spec
    origin: str | None = None
    """The file that asks; None: nobody did."""


def node(app: Path, manifest: Manifest) -> Request:
    """Raises Problem for a version that cannot be read."""
    engine = manifest.engines.get("node", "").strip()
    if engine:
        return Request(spec=_spec(engine, FILE, f'"engines": {{"node": "{engine}"}}'), origin=FILE)
    for name in (".node-version", ".nvmrc"):
        path = app / name
        if not path.is_file():
            continue
        lines = [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
        wanted = [line for line in lines if line]
        if len(wanted) != 1:
            raise Problem(
                f"{name} must name one version",
                code="node.bad-version",
                file=name,
                evidence="\n".join(wanted[:5]) or "(it is empty)",
                next_step=f"Write one line to it, for example: {DEFAULT.removesuffix('.x')}",
            )
        return Request(spec=_spec(wanted[0], name, wanted[0]), origin=name)
    return Request(spec=Series(DEFAULT))


def ended(version: str) -> str | None:
    """When the series of `version` stopped getting security fixes; None: it still does."""
    return ENDED.get(int(version.split(".", maxsplit=1)[0]))


def _spec(text: str, file: str, evidence: str) -> Spec:
    name = text.lower().removeprefix("lts/")
    if text.lower() in {"lts", "lts/*", "node-lts"}:
        return Series(DEFAULT)
    if name in LTS:
        return Series(f"{LTS[name]}.x")
    if text.lower() in {"node", "stable", "latest", "current", "*", "x"}:
        return NpmRange("*")
    try:
        return NpmRange(text)
    except ValueError as error:
        raise Problem(
            f"'{text}' is no version of Node.js",
            code="node.bad-version",
            file=file,
            evidence=evidence,
            next_step=f"Name a series ({DEFAULT}), a version (24.1.0), a range (>=22 <25), or lts.",
        ) from error
