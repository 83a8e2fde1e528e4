"""Stage `source`: a folder, a git commit or a tarball becomes a private tree, ready to be built."""

from slugc.source import configuration
from slugc.source.place import Place, locate
from slugc.source.snapshot import snapshot
from slugc.source.survey import survey

__all__ = ["Place", "configuration", "locate", "snapshot", "survey"]
