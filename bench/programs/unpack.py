"""SLUG FOLDER: unpack a slug, every check included."""

import sys
from pathlib import Path

from slugc.host import garbage
from slugc.slug.reading import read_manifest
from slugc.slug.unpack import unpack

garbage.short_lived()  # as the command line does

unpack(read_manifest(Path(sys.argv[1])), Path(sys.argv[2]))
