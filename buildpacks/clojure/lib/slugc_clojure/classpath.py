"""The class path in the slug: .clojure/lib with the jars, .clojure/classpath, and a `clojure` command."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from slugc_buildpack import facts, trees
from slugc_buildpack.build import Build

FOLDER = ".clojure"
_COMMAND = """\
#!/bin/bash
# clojure -M[:alias] [arguments]: clojure.main on the class path that the build resolved.
home="$(cd "$(dirname "$0")/.." && pwd)"
alias=""
case "${1:-}" in
  -M:*) alias="${1#-M:}"; shift ;;
  -M) shift ;;
  -X* | -T* | -A* | -P) echo "clojure: a slug knows -M only: its class path was resolved in the build" >&2; exit 2 ;;
esac
options=()
if [ -n "$alias" ]; then
  if [ ! -f "$home/aliases/$alias" ]; then
    echo "clojure: deps.edn has no alias :$alias with :main-opts" >&2
    exit 2
  fi
  mapfile -t options < "$home/aliases/$alias"
fi
cd "$home/.." || exit 1
exec java $JAVA_OPTS -cp "$(cat "$home/classpath")" clojure.main "${options[@]}" "$@"
"""


def write(paths: Iterable[str], build: Build, options: Mapping[str, list[str]] | None = None) -> None:
    """Copy what lies outside the app into .clojure/lib; keep the order: the first class of a name counts."""
    root = build.app / FOLDER
    trees.remove(root)
    (root / "lib").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "aliases").mkdir()
    names = [_inside(Path(text), root, build) for text in paths]
    # Relative to the app: the command goes there first, so the slug runs in any folder.
    (root / "classpath").write_text(":".join(name for name in names if name), encoding="utf-8")
    for alias, words in sorted((options or {}).items()):
        (root / "aliases" / alias).write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    command = root / "bin/clojure"
    command.write_text(_COMMAND, encoding="utf-8")
    command.chmod(0o755)
    build.facts.layers[f"{FOLDER}/lib"] = facts.DEPENDENCIES


def write_profile(build: Build) -> None:
    if (build.app / FOLDER / "bin/clojure").is_file():
        target = build.app / ".profile.d/clojure.sh"
        target.write_text(f'# The class path of this app.\nexport PATH="$HOME/{FOLDER}/bin:$PATH"\n', encoding="utf-8")


def _inside(path: Path, root: Path, build: Build) -> str | None:
    """The path as the slug knows it; None for what is not there."""
    full = path if path.is_absolute() else build.app / path
    if full.is_relative_to(build.app):
        return str(full.relative_to(build.app))
    if not full.exists():
        return None
    target = root / "lib" / full.name
    number = 1
    while target.exists():
        number += 1
        target = root / "lib" / f"{number}-{full.name}"
    if full.is_dir():
        trees.copy(full, target)
        trees.remove(target / ".git")
    else:
        shutil.copyfile(full, target)
    return str(target.relative_to(build.app))
