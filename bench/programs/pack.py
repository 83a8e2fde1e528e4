"""TREE OUT [PREVIOUS]: pack a tree as a build would, all of it in one layer."""

import sys
from pathlib import Path

from slugc.host import garbage
from slugc.model.slug import LayerKind, SlugManifest, SourceRecord, StackRecord
from slugc.slug.layout import LayerPlan
from slugc.slug.pack import pack
from slugc.slug.reading import read_manifest

garbage.short_lived()  # as the command line does

tree, out, *previous = sys.argv[1:]
pack(
    Path(tree),
    manifest=SlugManifest(
        digest="",
        stack=StackRecord(name="host"),
        isolation="none",
        source=SourceRecord(kind="folder", digest=""),
        buildpacks=(),
        process_types=(),
        mtime=1_700_000_000,
    ),
    layers=(LayerPlan(name="app", owner="source", kind=LayerKind.APP),),
    layer_of={},
    out=Path(out),
    previous=read_manifest(Path(previous[0])) if previous else None,
)
