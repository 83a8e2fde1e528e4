"""release.json <-> ReleaseManifest. Pure."""

from slugc.model.release import ReleaseManifest

SCHEMA = 1


class ReleaseJsonProblem(ValueError):
    """Not a release manifest; the text says where and why."""


def parse(text: bytes) -> ReleaseManifest:
    """Raises ReleaseJsonProblem. Members that this version does not know are ignored."""
    import msgspec

    try:
        manifest = msgspec.json.decode(text, type=ReleaseManifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReleaseJsonProblem(str(error)) from error
    if manifest.schema != SCHEMA:
        raise ReleaseJsonProblem(f"schema {manifest.schema} is not known to this version, which reads {SCHEMA}")
    return manifest


def render(manifest: ReleaseManifest) -> bytes:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
