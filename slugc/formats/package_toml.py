"""package.toml: what a packaged buildpack is made of, and where its dependencies are."""

from dataclasses import dataclass

from slugc.formats.checked import document
from slugc.model.cloudnative import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    kind: Kind = Kind.BUILDPACK
    uri: str = "."
    """The buildpack itself: a path (relative to package.toml) or a URL."""
    dependencies: tuple[str, ...] = ()
    """References: path, https or docker://; an `image = "x"` is `docker://x`."""
    os: str = "linux"


def parse_package(text: str) -> Package:
    """Raises FileProblem."""
    root = document(text)
    kind = Kind.EXTENSION if "extension" in root else Kind.BUILDPACK
    head = root.table(kind.value)
    dependencies = []
    for table in root.tables("dependencies"):
        uri, image = table.text("uri"), table.text("image")
        if bool(uri) == bool(image):
            raise table.problem("uri", "a dependency needs either uri or image")
        dependencies.append(uri or f"docker://{image}")
    return Package(
        kind=kind,
        uri=head.text("uri", "."),
        dependencies=tuple(dependencies),
        os=root.table("platform").text("os", "linux"),
    )
