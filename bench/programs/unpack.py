"""SLUG FOLDER: unpack a slug, every check included."""

import sys

from slugc.host import garbage

garbage.short_lived()  # before modules are loaded, as the command line does

from pathlib import Path  # noqa: E402

from slugc.slug.reading import read_manifest  # noqa: E402
from slugc.slug.unpack import unpack  # noqa: E402

unpack(read_manifest(Path(sys.argv[1])), Path(sys.argv[2]))
