"""What Bundler's last lines mean, as a mistake with a file and a next step."""

import re
from collections.abc import Callable, Sequence

from slugc_buildpack.children import ChildFailed
from slugc_buildpack.problems import Problem
from slugc_ruby.lockfile import FILE, GEMFILE

_LOCK_AGAIN = f"Run: bundle install\nand commit {FILE}."


def install_failed(failed: ChildFailed) -> Problem:
    """Raised from a `bundle install` that ended badly."""
    text = "\n".join(line.rstrip() for line in failed.tail)
    found = next((problem for judge in _JUDGES if (problem := judge(text)) is not None), None)
    return found or Problem(
        "The gems could not be installed",
        code="ruby.install-failed",
        file=FILE,
        evidence=_last(failed.tail),
        next_step="Correct what Bundler names in the lines above, then build again.",
    )


def _gemfile(text: str) -> Problem | None:
    match = re.search(r"There was an error (?:parsing|while loading) `([^`']+)[`']: *(.*)", text)
    if match is None:
        return None
    name = match[1].rpartition("/")[2]
    line = re.search(rf"{re.escape(name)}:(\d+)", text)
    shown = re.search(r"^ *> +(.+)$", text, re.MULTILINE)
    evidence = [match[2].partition(" Bundler cannot continue")[0].strip(), *([shown[1].strip()] if shown else [])]
    return Problem(
        f"{name} cannot be read",
        code="ruby.broken-gemfile",
        file=name,
        line=int(line[1]) if line else None,
        evidence="\n".join(evidence),
        next_step="Correct that place. `bundle check` on your machine says whether it is valid.",
    )


def _outdated(text: str) -> Problem | None:
    signs = r"(You have (?:added to|deleted from|changed in) the Gemfile|install in deployment mode after changing|"
    if not re.search(
        signs + r"lockfile.* can't be updated|the lockfile .* frozen|gemspecs for path gems changed)", text
    ):
        return None
    changes = re.findall(r"^\* .+$", text, re.MULTILINE)
    return Problem(
        f"{GEMFILE} was changed after {FILE} was made",
        code="ruby.lock-outdated",
        file=FILE,
        evidence="\n".join(changes[:8]) or _line(text, "Gemfile"),
        next_step=_LOCK_AGAIN,
    )


def _ruby_version(text: str) -> Problem | None:
    match = re.search(r"Your Ruby (?:patchlevel|version) is ([\w.]+), but your Gemfile specified (.+)", text)
    if match is None:
        return None
    return Problem(
        f"The Gemfile asks for Ruby {match[2]}, but {match[1]} was installed",
        code="ruby.version-conflict",
        file=GEMFILE,
        evidence=match[0],
        next_step="Run: bundle update --ruby\nand commit Gemfile.lock, so that the version can be read from it.",
    )


def _unreachable(text: str) -> Problem | None:
    pattern = (
        r"(?:Could not reach host (?P<host>[^\s.]+(?:\.[^\s.]+)*)|Could not fetch specs from (?P<url>\S+?)(?: due|$)|"
        r"Network error while fetching (?P<file>\S+)|Gem::RemoteFetcher::FetchError: .*\((?P<fetch>\S+)\))"
    )
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        return None
    return Problem(
        "The place that the gems come from cannot be reached",
        code="ruby.source-unreachable",
        file=GEMFILE,
        evidence=_line(text, match[0]),
        next_step="Name a mirror that this machine reaches with the config var BUNDLE_MIRROR__ALL, or\n"
        "run: bundle cache\nand commit vendor/cache: then nothing is fetched.",
    )


def _authentication(text: str) -> Problem | None:
    match = re.search(r"(?:Authentication is required for|Bad username or password for) (\S+?)\.?$", text, re.MULTILINE)
    if match is None:
        return None
    host = re.sub(r"^\w+://|/.*$", "", match[1])
    variable = "BUNDLE_" + host.upper().replace("-", "___").replace(".", "__")
    return Problem(
        f"{host} wants a user name and a password",
        code="ruby.source-authentication",
        file=GEMFILE,
        evidence=match[0],
        next_step=f"Set the config var {variable} to user:password.",
    )


def _missing(text: str) -> Problem | None:
    patterns = (
        r"Your bundle is locked to (?P<gem>\S+) \((?P<version>[^)]+)\).*no longer be found",
        r"Could not find gem ['\"](?P<gem>[\w.-]+)(?: \((?P<version>[^)]+)\))?['\"]",
        r"Could not find (?P<gem>[\w.-]+?)-(?P<version>\d[\w.]*(?:-[\w-]+)?)(?: in|,|$)",
        r"Could not find (?P<gem>[\w.-]+) \((?P<version>[^)]+)\)",
    )
    flat = re.sub(r"\s+", " ", text)  # Bundler breaks its lines
    match = next((m for pattern in patterns if (m := re.search(pattern, flat))), None)
    if match is None:
        return None
    named = f"{match['gem']} {match['version']}" if match["version"] else match["gem"]
    return Problem(
        f"A gem that no source has: {named}",
        code="ruby.no-such-gem",
        file=FILE,
        evidence=match[0],
        next_step=f"Correct its name and version in {GEMFILE}, run: bundle update {match['gem']}\n"
        f"and commit both files. A private gem needs its `source` in {GEMFILE}.",
    )


def _no_path(text: str) -> Problem | None:
    match = re.search(r"The path `([^`']+)[`'] does not exist", text)
    if match is None:
        return None
    return Problem(
        "A gem's folder is not in the source",
        code="ruby.no-such-path",
        file=GEMFILE,
        evidence=f"path: {match[1]}",
        next_step="Commit that folder, or take the gem from a repository or a registry.",
    )


def _native(text: str) -> Problem | None:
    match = re.search(r"An error occurred while installing (\S+) \(([^)]+)\)", text)
    if match is None or not re.search(r"extconf\.rb|native extension|make failed|mkmf", text):
        return None
    missing = re.search(
        r"^.*(?:fatal error: .*|cannot find -l\S+|(?:can't|cannot) find .*(?:header|library).*)$", text, re.MULTILINE
    )
    error = re.search(r"^.*(?:error: |\*\*\* ).*$", text, re.MULTILINE)
    evidence = (missing or error or match)[0].strip()
    return Problem(
        f"The native extension of {match[1]} {match[2]} could not be compiled",
        code="ruby.native-extension",
        file=FILE,
        evidence=evidence,
        next_step="If a header or a library is missing, build on a stack that has it; or take a version of the gem\n"
        "that comes compiled (bundle lock --add-platform x86_64-linux). The compiler's own words stand above.",
    )


def _platform(text: str) -> Problem | None:
    match = re.search(r"Your bundle only supports platforms (\[.*?\]).*", text)
    if match is None:
        return None
    return Problem(
        f"{FILE} was not made for Linux",
        code="ruby.lock-platform",
        file=FILE,
        evidence=match[0],
        next_step="Run: bundle lock --add-platform x86_64-linux\nand commit Gemfile.lock.",
    )


_JUDGES: tuple[Callable[[str], Problem | None], ...] = (
    _gemfile,
    _platform,
    _outdated,
    _ruby_version,
    _no_path,
    _authentication,
    _native,
    _missing,
    _unreachable,
)


_NO_NODE = re.compile(
    r"\b(?:node|npm|npx|yarn|pnpm): (?:command )?not found|"
    r"No such file or directory - (?:node|npm|npx|yarn|pnpm)\b|Could not find a JavaScript runtime"
)


def task_failed(task: str, failed: ChildFailed) -> Problem:
    """A rake task of the app that the build ran."""
    tail = [line for line in failed.tail if line.strip()]
    text = "\n".join(tail)
    variable = re.search(r"key not found: \"(\w+)\"", text)
    more = f"It reads the variable {variable[1]}: set that config var, or give it a default.\n" if variable else ""
    if _NO_NODE.search(text):
        more = (
            "It needs Node.js, which this buildpack does not bring. Name both, Node.js first:\n"
            "slugc build --buildpack node --buildpack ruby (or the two names as lines of a file .buildpacks)\n"
        )
    return Problem(
        f"rake {task} failed",
        code="ruby.rake-failed",
        file="Rakefile",
        evidence="\n".join(tail[-12:]),
        next_step=f"{more}Run it on your machine: RAILS_ENV=production bundle exec rake {task}",
    )


def _line(text: str, part: str) -> str:
    return next((line.strip() for line in text.splitlines() if part.splitlines()[0] in line), part)


def _last(tail: Sequence[str]) -> str:
    return "\n".join([line for line in tail if line.strip()][-12:])
