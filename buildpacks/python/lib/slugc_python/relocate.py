"""Nothing that was installed may know where it was built: scripts, path files and records are rewritten."""

import base64
import hashlib
import os
import re
from pathlib import Path

SHEBANG = b"#!/usr/bin/env python3"
_POLYGLOT = re.compile(rb"\A#!/bin/sh\n'''exec' [^\n]*\n' '''\n")


def relocate(tree: Path, packages: Path, app: Path) -> None:
    """tree: .heroku/python; packages: its site-packages; app: the folder that must not be named in them."""
    _scripts(tree / "bin", tree, app)
    _path_files(packages, app)
    for info in sorted(packages.glob("*.dist-info")):
        _record(info, packages)


def _scripts(folder: Path, tree: Path, app: Path) -> None:
    """Console scripts find python3 by PATH, which the profile script sets to this tree's bin."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as opened:
            if opened.read(2) != b"#!":
                continue
        data = path.read_bytes()
        first, _, rest = data.partition(b"\n")
        if bytes(tree) in first or (bytes(app) in first and b"python" in first):
            path.write_bytes(SHEBANG + b"\n" + rest)
        elif match := _POLYGLOT.match(data):  # what an installer writes where the path is too long for a shebang
            path.write_bytes(SHEBANG + b"\n" + data[match.end() :])


def _path_files(packages: Path, app: Path) -> None:
    """A .pth line with an absolute path becomes relative to its folder: site.py reads both."""
    for path in sorted(packages.glob("*.pth")):
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        changed = [
            os.path.relpath(line, packages) if line.startswith(f"{app}/") or line == str(app) else line
            for line in lines
        ]
        if changed != lines:
            path.write_text("\n".join(changed) + "\n", encoding="utf-8", errors="surrogateescape")


def _record(info: Path, packages: Path) -> None:
    """Drop the notes with paths and clocks of this build, and make RECORD true again."""
    dropped = set()
    for name in ("uv_cache.json", "direct_url.json"):
        note = info / name
        if note.is_file() and (name == "uv_cache.json" or b'"file://' in note.read_bytes()):
            note.unlink()
            dropped.add(f"{info.name}/{name}")
    record = info / "RECORD"
    if not record.is_file():
        return
    lines = []
    for line in record.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        name, _, rest = line.partition(",")
        if name in dropped:
            continue
        if rest and (name.startswith("../") or name.endswith(".pth")) and (packages / name).is_file():
            data = (packages / name).read_bytes()
            encoded = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={encoded},{len(data)}")
        else:
            lines.append(line)
    record.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8", errors="surrogateescape")
