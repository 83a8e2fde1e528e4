"""The Python buildpack where nothing can be mounted: the tree must not know the folder it was built in."""

import os
from pathlib import Path

import pytest

from slugc.model.build import Isolation
from slugc.slug.store import SlugStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
APP = Path(__file__).resolve().parents[2] / "fixtures/python_src_layout_uv/app"


def test_a_tree_that_was_built_without_isolation_names_no_folder_of_the_build(builder, app):
    builder.environ = {
        **builder.environ,
        **{k: v for k, v in os.environ.items() if k.startswith(("SSL_", "PIP_", "UV_"))},
    }
    files = {str(p.relative_to(APP)): p.read_bytes() for p in APP.rglob("*") if p.is_file() and p.name != "uv.lock"}
    result = builder.build(app(files), isolation=Isolation.NONE)
    tree = SlugStore(builder.home).tree(result.slug.manifest.digest) / "app"
    needle = os.fsencode(builder.home.root)
    named = [p for p in tree.rglob("*") if p.is_file() and not p.is_symlink() and needle in p.read_bytes()]
    assert named == []
    assert (tree / ".heroku/python/bin/greet").read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert not [p for p in tree.rglob("*") if p.is_symlink() and needle in os.fsencode(os.readlink(p))]
