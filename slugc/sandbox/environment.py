"""What a build's children may have of the caller's environment: proxies, CA settings, package indexes. No more."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from slugc.model.mount import Mount, read_only

PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
CA_FILES = (
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "NPM_CONFIG_CAFILE",
    "npm_config_cafile",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "BUNDLE_SSL_CA_CERT",
    "AWS_CA_BUNDLE",
    "HTTPLIB2_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "NIX_SSL_CERT_FILE",
    "DENO_CERT",
)
CA_FOLDERS = ("SSL_CERT_DIR", "GIT_SSL_CAPATH")
INDEXES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_TRUSTED_HOST",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "UV_PYTHON_INSTALL_MIRROR",
    "npm_config_registry",
    "NPM_CONFIG_REGISTRY",
    "YARN_REGISTRY",
    "YARN_NPM_REGISTRY_SERVER",
    "BUNDLE_MIRROR__ALL",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "MAVEN_MIRROR_URL",
    "SLUGC_RUNTIME_MIRROR",
)
PLACES: Mapping[str, str | None] = {
    "PIP_FIND_LINKS": " ",
    "UV_FIND_LINKS": ",",
    "UV_PYTHON_INSTALL_MIRROR": None,
    "SLUGC_RUNTIME_MIRROR": None,
}
"""Variables whose values may be local paths or `file:` URLs, and what separates several in one value."""
INSIDE = "/run/slugc/ca"
PLACES_INSIDE = "/run/slugc/places"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn:
    """The caller's variables for a child, and the certificate files that their values speak of."""

    env: Mapping[str, str]
    mounts: tuple[Mount, ...] = ()


def allowed(caller: Mapping[str, str]) -> dict[str, str]:
    """The subset of the caller's environment that a build's child may see."""
    names = {*PROXIES, *(name.upper() for name in PROXIES), *CA_FILES, *CA_FOLDERS, *INDEXES}
    return {name: caller[name] for name in sorted(names) if caller.get(name)}


def hand_on(caller: Mapping[str, str]) -> HandedOn:
    """`allowed`, with every certificate file and local package folder mounted, and its variable pointing there.

    The same place inside on every machine: a path of the caller's home must not end in a slug. A variable
    whose file is missing is left out, for tools fail on a bundle or a folder that is not there.
    """
    env = allowed(caller)
    places = _local_places(env)
    inside: dict[Path, str] = {}
    for name in (*CA_FILES, *CA_FOLDERS):
        if name not in env:
            continue
        source = Path(env[name]).resolve()
        if not (source.is_dir() if name in CA_FOLDERS else source.is_file()):
            del env[name]
            continue
        kind = "folder" if name in CA_FOLDERS else "bundle"
        env[name] = inside.setdefault(source, str(PurePosixPath(INSIDE, f"{kind}-{len(inside) + 1}.pem")))
    mounted = {**inside, **places}
    return HandedOn(env=env, mounts=tuple(read_only(source, target) for source, target in mounted.items()))


def _local_places(env: dict[str, str]) -> dict[Path, str]:
    """Point the PLACES in `env` at their mounts; what must be mounted where."""
    inside: dict[Path, str] = {}
    for name, separator in PLACES.items():
        kept = []
        for entry in env.pop(name, "").split(separator) if env.get(name) else ():
            scheme = "file://" if entry.startswith("file://") else ""
            path = Path(entry.removeprefix(scheme))
            if not scheme and not path.is_absolute():
                kept.append(entry)  # a URL of a network; a relative path means nothing inside
            elif path.exists():
                real = path.resolve()
                # An inventory of runtimes comes with the archives beside it.
                folder, rest = (real, "") if real.is_dir() else (real.parent, f"/{real.name}")
                kept.append(scheme + inside.setdefault(folder, f"{PLACES_INSIDE}/{len(inside) + 1}") + rest)
        if kept:
            env[name] = (separator or "").join(kept)
    return inside
