"""What a slug was built from, and why another build would differ. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slugc.model.marks import FileMark

NAMED = 5
"""Changed files that are named; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The source as it stands, found out without copying it."""

    kind: str
    identity: str
    """Equal identities: equal trees. A digest of the tree, git's own tree id, or the tarball's sha256."""
    commit: str | None = None
    dirty: bool = False
    mtime: int = 0
    files: Mapping[str, FileMark] = field(default_factory=dict)
    """By path; of a folder, and of a tarball under the empty path."""
    rules: str = ""
    """A digest of the rules that left members of a folder out."""
    slugs: tuple[str, ...] = ()
    """Members of a folder that were left out as earlier results: slugs, release manifests, exported caches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything that a slug depends on. Values of config vars are kept as keyed digests only."""

    slugc: str
    source: SourceState
    references: tuple[tuple[str, str], ...]
    """(text, where it was named) of the buildpacks that somebody named."""
    buildpacks: tuple[tuple[str, str], ...]
    """(reference, digest) of every buildpack that was asked, in order."""
    stack: str
    isolation: str
    config: Mapping[str, str]
    reads: tuple[str, ...] | None
    """The config vars that the buildpacks looked at; None: any of them."""
    environment: Mapping[str, str]
    """What of the caller's environment reaches the buildpacks: package indexes, mirrors."""
    options: Mapping[str, str]


def changes(old: Inputs, new: Inputs) -> list[str]:
    """Why a build from `new` may give another slug than the one from `old`; empty: it cannot."""
    reasons = []
    if old.slugc != new.slugc:
        reasons.append(f"slugc has changed from {old.slugc} to {new.slugc}")
    reasons += _source(old.source, new.source)
    reasons += _buildpacks(old.buildpacks, new.buildpacks)
    if old.stack != new.stack:
        reasons.append(f"the stack has changed from {_stack(old.stack)} to {_stack(new.stack)}")
    if old.isolation != new.isolation:
        reasons.append(f"the isolation has changed from {old.isolation} to {new.isolation}")
    reasons += _values("the config var", _read(old.config, old.reads), _read(new.config, old.reads))
    reasons += _values("the environment variable", old.environment, new.environment)
    reasons += [
        f"the option {name} has changed from {old.options.get(name, 'none')} to {new.options.get(name, 'none')}"
        for name in sorted({*old.options, *new.options})
        if old.options.get(name) != new.options.get(name)
    ]
    return reasons


def _source(old: SourceState, new: SourceState) -> list[str]:
    reasons = []
    if old.identity != new.identity:
        reasons += _files(old.files, new.files) or ["the source has changed"]
    if old.commit != new.commit:
        reasons.append(f"the commit has changed from {_short(old.commit)} to {_short(new.commit)}")
    elif old.dirty != new.dirty:
        reasons.append("the git tree has become " + ("dirty" if new.dirty else "clean"))
    if old.mtime != new.mtime and old.commit == new.commit:
        reasons.append(f"SOURCE_DATE_EPOCH has changed from {old.mtime} to {new.mtime}")
    if old.kind != new.kind and not reasons:
        reasons.append(f"the source was a {old.kind}, now it is a {new.kind}")
    return reasons


def _files(old: Mapping[str, FileMark], new: Mapping[str, FileMark]) -> list[str]:
    """Names the first few; a file counts as changed by content and the owner's execute bit."""
    if not old or not new:
        return []
    found = [f"{path} has been added" for path in sorted(new.keys() - old.keys())]
    found += [f"{path} has been removed" for path in sorted(old.keys() - new.keys())]
    found += [f"{path} has changed" for path in sorted(old.keys() & new.keys()) if _differs(old[path], new[path])]
    more = len(found) - NAMED
    return [*found[:NAMED], f"{more} more files have changed"] if more > 0 else found


def _differs(old: FileMark, new: FileMark) -> bool:
    return old[5] != new[5] or old[0] & 0o170100 != new[0] & 0o170100


def _buildpacks(old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...]) -> list[str]:
    names_before, names_now = [name for name, _ in old], [name for name, _ in new]
    if names_before != names_now:
        return [f"the buildpacks have changed from {_listed(names_before)} to {_listed(names_now)}"]
    return [
        f"the buildpack {name} has changed" for (name, before), (_, now) in zip(old, new, strict=True) if before != now
    ]


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _read(values: Mapping[str, str], reads: tuple[str, ...] | None) -> Mapping[str, str]:
    return values if reads is None else {name: values[name] for name in reads if name in values}


def _values(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    reasons = []
    for name in sorted({*old, *new}):
        if name not in old:
            reasons.append(f"{what} {name} has been set")
        elif name not in new:
            reasons.append(f"{what} {name} has been unset")
        elif old[name] != new[name]:
            reasons.append(f"{what} {name} has changed")
    return reasons


def _stack(text: str) -> str:
    name, _, digest = text.partition("@")
    return f"{name} ({digest[:12]})" if digest else name


def _short(commit: str | None) -> str:
    return commit[:8] if commit else "none"
