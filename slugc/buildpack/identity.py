"""What a folder that holds a buildpack says of itself."""

import re
from pathlib import Path
from typing import Any

from slugc.errors.source import BuildpackInvalid
from slugc.formats import toml
from slugc.host import inside
from slugc.model.buildpack import Buildpack, BuildpackApi, BuildpackReference
from slugc.model.names import spelled

DESCRIPTOR = "buildpack.toml"
EXTENSION = "extension.toml"
ORDER = "order.toml"
"""A folder with an order and the buildpacks it names: a builder, unpacked."""


def identify(root: Path, *, uri: str, reference: BuildpackReference, digest: str, version: str = "") -> Buildpack:
    """Read the folder as a buildpack. A `buildpack.toml` that names its `api` makes it a Cloud Native one.

    Raises BuildpackInvalid.
    """
    described = descriptor(root, reference)
    uri = spelled(uri)  # it goes into the manifest, which is JSON
    own = described.get("buildpack") or described.get("extension")
    about: dict[str, Any] = own if isinstance(own, dict) else {}
    api = described.get("api")
    if api is not None and not isinstance(api, str):
        reason = f'in {DESCRIPTOR} api must be a string, as in api = "0.10"; it is {api}'
        raise BuildpackInvalid(reference=reference.shown, reason=reason)
    if isinstance(api, str):
        kind, api_version = BuildpackApi.CLOUD_NATIVE, api
    elif not described and (root / ORDER).is_file():
        kind, api_version = BuildpackApi.CLOUD_NATIVE, "order"
    else:
        kind, api_version = BuildpackApi.CLASSIC, "1"
        missing = [name for name in ("bin/detect", "bin/compile") if inside.read(root, name) is None]
        if missing == ["bin/compile"] and about and inside.exists(root, "bin/build"):
            reason = f'it has bin/build, but {DESCRIPTOR} names no Buildpack API: begin it with api = "0.10"'
            raise BuildpackInvalid(reference=reference.shown, reason=reason)
        if missing:
            raise BuildpackInvalid(reference=reference.shown, reason=f"{' and '.join(missing)} missing in {uri}")
    name = _text(about, "name")
    return Buildpack(
        id=_text(about, "id") or reference.id or short_name(uri),
        name=name or short_name(uri),
        version=_text(about, "version") or reference.version or version or digest[:12],
        api=kind,
        api_version=api_version,
        root=root,
        uri=uri,
        digest=digest,
        reference=reference,
    )


def descriptor(root: Path, reference: BuildpackReference) -> dict[str, Any]:
    """buildpack.toml as plain values; empty where there is none. Raises BuildpackInvalid."""
    name = DESCRIPTOR
    data = inside.read(root, name)
    if data is None:
        name = EXTENSION
        data = inside.read(root, name)
    if data is None:
        return {}
    try:
        return toml.parse(data.decode("utf-8", "replace"))
    except toml.TomlProblem as error:
        raise BuildpackInvalid(reference=reference.shown, reason=f"{name} {error}") from error


def short_name(uri: str) -> str:
    """`hello` for https://host/heroku-buildpack-hello.git#v2, `slugc/python` for builtin:python."""
    if uri.startswith("builtin:"):
        return "slugc/" + uri.removeprefix("builtin:")
    last = uri.partition("#")[0].partition("?")[0].rstrip("/").rpartition("/")[2].rpartition(":")[2]
    last = re.sub(r"\.(git|tgz|tbz2?|txz|tzst|zst|tar(\.\w+)?)$", "", last)
    return re.sub(r"^(heroku-)?buildpacks?-", "", last) or "buildpack"


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
