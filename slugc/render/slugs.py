"""A slug's manifest as text. Pure."""

from collections.abc import Iterator

from slugc.model.slug import Slug, SlugManifest
from slugc.render.tables import table
from slugc.render.units import listed, size


def inspection(slug: Slug) -> list[str]:
    """What `slugc inspect` prints: the facts, then the process types and the layers as tables."""
    manifest = slug.manifest
    lines = [f"{name}: {value}" for name, value in _facts(slug)]
    if manifest.process_types:
        rows = [(p.name, "*" if p.default else "", p.owner, p.text) for p in manifest.process_types]
        lines += ["", *table(("process type", "default", "from", "command"), rows)]
    if manifest.buildpacks:
        rows = [(b.id, b.version, b.api, b.uri) for b in manifest.buildpacks]
        lines += ["", *table(("buildpack", "version", "api", "uri"), rows)]
    if manifest.layers:
        layers = [
            (layer.name, layer.kind, layer.owner, str(layer.files), size(layer.size), str(len(layer.frames)))
            for layer in manifest.layers
        ]
        lines += ["", *table(("layer", "kind", "owner", "files", "size", "frames"), layers)]
    return lines


def _facts(slug: Slug) -> Iterator[tuple[str, str]]:
    manifest = slug.manifest
    unpacked = sum(layer.size for layer in manifest.layers)
    yield "slug", str(slug.path)
    yield "digest", manifest.digest
    yield "size", f"{size(slug.size)}, unpacked {size(unpacked)}"
    yield "stack", _stack(manifest)
    yield "isolation", manifest.isolation
    yield "source", _source(manifest)
    for runtime in manifest.runtimes:
        yield "runtime", f"{runtime.language} {runtime.version} from {runtime.source} ({runtime.uri})"
    if manifest.config_vars:
        yield "config vars", listed(tuple(sorted(manifest.config_vars)))
    if manifest.addons:
        yield "add-ons", listed(manifest.addons)
    for name, value in sorted(manifest.labels.items()):
        yield f"label {name}", value


def _stack(manifest: SlugManifest) -> str:
    stack = manifest.stack
    system = f" ({stack.distro} {stack.distro_version}".rstrip() + f", {stack.arch})" if stack.distro else ""
    return stack.name + system


def _source(manifest: SlugManifest) -> str:
    source = manifest.source
    commit = f" at {source.commit[:12]}" if source.commit else ""
    return f"{source.kind}{commit}{', with uncommitted changes' if source.dirty else ''}"
