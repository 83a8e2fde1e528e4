"""What a package manager's last lines mean, as a mistake with a file and a next step."""

import re
from collections.abc import Sequence

from slugc_buildpack.children import ChildFailed
from slugc_buildpack.problems import Problem
from slugc_node.managers import Manager
from slugc_node.manifest import FILE

_OUT_OF_SYNC = re.compile(
    r"npm ci.{0,3} can only install packages when|lockfile needs to be updated|"
    r"lockfile would have been modified|ERR_PNPM_OUTDATED_LOCKFILE|is not up to date with"
)
_NOT_FOUND = re.compile(
    r"404 +Not Found - GET \S*/(?P<npm>@?[^\s/]+(?:(?:%2f|/)[^\s/]+)?)|"
    r"Couldn't find package \"(?P<yarn>[^\"]+)\"|error .*/(?P<yarn404>[^/\s]+): Not found|"
    r"GET \S*/(?P<pnpm>[^\s/:]+): Not Found - 404|Package not found.*?(?P<berry>\S+)@npm",
    re.IGNORECASE,
)
_NO_VERSION = re.compile(
    r"No matching version found for (?P<npm>\S+?)\.?$|Couldn't find any versions for \"(?P<yarn>[^\"]+)\"|"
    r"ERR_PNPM_NO_MATCHING_VERSION.*?for (?P<pnpm>\S+)|(?P<berry>\S+): No candidates found",
    re.MULTILINE,
)
_NATIVE = re.compile(r"gyp ERR! (?P<reason>stack Error: .*|find Python.*)|node-gyp.*not found|make: not found")
_ENGINE = re.compile(r"(?:EBADENGINE|ERR_PNPM_UNSUPPORTED_ENGINE|The engine \"node\" is incompatible).*")
_RELOCK = {"npm": "npm install", "yarn": "yarn install", "berry": "yarn install", "pnpm": "pnpm install"}


def install_failed(manager: Manager, failed: ChildFailed) -> Problem:
    """Raised from an installation that ended badly."""
    text = "\n".join(failed.tail)
    lock = manager.lock or FILE
    if _OUT_OF_SYNC.search(text):
        return Problem(
            f"{lock} does not fit package.json",
            code="node.lock-out-of-sync",
            file=lock,
            evidence=_shown(failed.tail, _OUT_OF_SYNC),
            next_step=f"Run: {_RELOCK[manager.name]}\nand commit {lock}.",
        )
    missing = _NO_VERSION.search(text)
    if missing:
        return Problem(
            f"A version that does not exist: {_group(missing)}",
            code="node.no-such-version",
            file=FILE,
            evidence=missing[0].strip(),
            next_step=f"Correct its version in {FILE}, run {_RELOCK[manager.name]}, and commit both files.",
        )
    missing = _NOT_FOUND.search(text)
    if missing:
        return Problem(
            f"A package that the registry does not have: {_group(missing).replace('%2f', '/')}",
            code="node.no-such-package",
            file=FILE,
            evidence=missing[0].split(" GET ")[0].strip(),
            next_step="Correct its name, or name the private registry that has it in .npmrc.",
        )
    if _NATIVE.search(text):
        return Problem(
            "A native module could not be compiled",
            code="node.native-module",
            file=FILE,
            evidence=_shown(failed.tail, _NATIVE),
            next_step="The build stack needs python3, make and a C++ compiler: use one whose build variant has them.",
        )
    if _ENGINE.search(text):
        return Problem(
            "A package does not work with this version of Node.js",
            code="node.bad-engine",
            file=FILE,
            evidence=_shown(failed.tail, _ENGINE),
            next_step='Name a version that it accepts: "engines": {"node": "..."}',
        )
    return Problem(
        "The dependencies could not be installed",
        code="node.install-failed",
        file=lock,
        evidence="\n".join([*failed.tail[-12:], f"(exit status {failed.status})"]),
        next_step=f"Correct what {manager.title} names in the lines above, then build again.",
    )


def script_failed(name: str, failed: ChildFailed) -> Problem:
    return Problem(
        f"The script {name} of package.json failed",
        code="node.script-failed",
        file=FILE,
        evidence="\n".join([*failed.tail[-24:], f"(exit status {failed.status})"]),
        next_step=f"Run it on your machine: npm run {name}\nA module it does not find may be missing in package.json.",
    )


def _group(match: re.Match[str]) -> str:
    return next((text for text in match.groups() if text), match[0].strip())


def _shown(tail: Sequence[str], pattern: re.Pattern[str]) -> str:
    """The line that matched and a few after it."""
    for number, line in enumerate(tail):
        if pattern.search(line):
            return "\n".join(text.strip() for text in tail[number : number + 6])
    return "\n".join(tail[-6:])
