"""Exactly one package manager, by the lock file or by `packageManager`; never two."""

import re
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_buildpack.versions import Series, Spec
from slugc_node.manifest import FILE, Manifest
from slugc_node.ranges import NpmRange

_PACKAGE_MANAGER = re.compile(r"(npm|yarn|pnpm)@(\d+\.\d+\.\d+[^+]*)(\+.*)?")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    name: str
    """`npm`, `yarn` (version 1), `berry` (yarn 2 and later) or `pnpm`."""
    command: str
    package: str
    """Its package in the registry."""
    lock: str | None
    """The app's lock file; None: it has none."""
    version: Spec
    wanted_by: str

    @property
    def title(self) -> str:
        return {"berry": "Yarn", "yarn": "Yarn 1"}.get(self.name, self.name)


LOCKS = {"package-lock.json": "npm", "npm-shrinkwrap.json": "npm", "yarn.lock": "yarn", "pnpm-lock.yaml": "pnpm"}
UNSUPPORTED = {"bun.lock": "Bun", "bun.lockb": "Bun", "deno.lock": "Deno"}
PACKAGES = {"npm": "npm", "yarn": "yarn", "berry": "@yarnpkg/cli-dist", "pnpm": "pnpm"}


def choose(app: Path, manifest: Manifest) -> Manager:
    """Raises Problem for several lock files, one that `packageManager` contradicts, or one with merge conflicts."""
    locks = [name for name in LOCKS if (app / name).is_file()]
    kinds = sorted({LOCKS[name] for name in locks})
    if len(kinds) > 1:
        raise Problem(
            "The app has the lock files of several package managers",
            code="node.several-lock-files",
            file=locks[0],
            evidence="\n".join(f"{name} ({LOCKS[name]})" for name in locks),
            next_step=f"Keep the one you use and delete the others, for example: git rm {locks[-1]}",
        )
    named, version = _named(manifest)
    if named and kinds and named != kinds[0]:
        raise Problem(
            f"packageManager names {named}, but the lock file is {kinds[0]}'s",
            code="node.manager-conflict",
            file=FILE,
            evidence=f'"packageManager": "{manifest.package_manager}"\n{locks[0]}',
            next_step=f"Delete {locks[0]} and lock with {named}, or correct packageManager.",
        )
    kind = named or (kinds[0] if kinds else "")
    if not kind:
        _refuse_foreign(app)
    lock = locks[0] if locks else None
    if lock:
        _refuse_conflicts(app / lock)
    return _manager(app, kind or "npm", lock, version, manifest)


def _named(manifest: Manifest) -> tuple[str, str]:
    text = manifest.package_manager
    if not text:
        return "", ""
    match = _PACKAGE_MANAGER.fullmatch(text)
    if match is None:
        raise Problem(
            "packageManager cannot be read",
            code="node.bad-package-manager",
            file=FILE,
            evidence=f'"packageManager": "{text}"',
            next_step='Write npm, yarn or pnpm with a whole version: "packageManager": "pnpm@10.4.1"',
        )
    return match[1], match[2]


def _refuse_foreign(app: Path) -> None:
    for name, tool in UNSUPPORTED.items():
        if (app / name).is_file():
            raise Problem(
                f"{tool} is not supported",
                code="node.unsupported-manager",
                file=name,
                next_step=f"Lock the dependencies with npm (npm install), commit package-lock.json and delete {name}.",
            )


def _refuse_conflicts(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8", errors="replace")
    match = _CONFLICT.search(text)
    if match:
        raise Problem(
            f"{lock.name} has the marks of a merge conflict",
            code="node.merge-conflict",
            file=lock.name,
            line=text.count("\n", 0, match.start()) + 1,
            evidence=match[0],
            next_step="Resolve the conflict: take one side, then let the package manager install again and commit.",
        )


def _manager(app: Path, kind: str, lock: str | None, version: str, manifest: Manifest) -> Manager:
    name = "berry" if kind == "yarn" and _is_berry(app, lock, version) else kind
    engine = manifest.engines.get(kind, "").strip()
    spec: Spec
    if version:
        spec, wanted_by = Series(version), f'"packageManager" of {FILE}'
    elif engine:
        try:
            spec, wanted_by = NpmRange(engine), f'"engines" of {FILE}'
        except ValueError as error:
            raise Problem(
                f"'{engine}' is no version of {kind}",
                code="node.bad-version",
                file=FILE,
                evidence=f'"engines": {{"{kind}": "{engine}"}}',
                next_step="Name a series (10.x), a version (10.9.4) or a range (>=10 <12).",
            ) from error
    else:
        spec, wanted_by = Series(_default(app, name, lock)), lock or "no lock file"
    return Manager(name=name, command=kind, package=PACKAGES[name], lock=lock, version=spec, wanted_by=wanted_by)


def _is_berry(app: Path, lock: str | None, version: str) -> bool:
    if version:
        return not version.startswith(("0.", "1."))
    if (app / ".yarnrc.yml").is_file():
        return True
    return lock is not None and "\n__metadata:" in (app / lock).read_text(encoding="utf-8", errors="replace")


def _default(app: Path, name: str, lock: str | None) -> str:
    """The series that reads this lock file without rewriting it."""
    if name == "pnpm" and lock:
        match = re.search(
            r"^lockfileVersion: '?(\d+)", (app / lock).read_text(encoding="utf-8", errors="replace"), re.MULTILINE
        )
        return {"5": "7.x", "6": "8.x"}.get(match[1] if match else "", "10.x")
    return {"npm": "10.x", "yarn": "1.22.x", "berry": "4.x", "pnpm": "10.x"}[name]
