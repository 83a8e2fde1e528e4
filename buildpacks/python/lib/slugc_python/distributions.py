"""Which packages are installed: read from the folder names of their metadata, without starting Python."""

from pathlib import Path

from slugc_python.requirements import canonical


def installed(tree: Path) -> dict[str, str]:
    """Canonical name -> version."""
    found = {}
    for info in sorted(tree.glob("lib/python3*/*-packages/*.dist-info")):
        name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
        found[canonical(name)] = version
    return found
