"""SLUG FOLDER: unpack a slug, every check included."""

import sys
from pathlib import Path

from slugc.slug.reading import read_manifest
from slugc.slug.unpack import unpack

unpack(read_manifest(Path(sys.argv[1])), Path(sys.argv[2]))
