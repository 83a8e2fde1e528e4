"""What a buildpack leaves for later shells: scripts in .profile.d for the dyno's, `export` for following buildpacks."""

from collections.abc import Sequence
from pathlib import Path

_MEMORY = Path(__file__).resolve().parent / "profile_memory.sh"


def write_scripts(app: Path, scripts: Path) -> None:
    """Copy the *.sh files of a folder to .profile.d. One that calls slugc_memory_mb gets that function in front, and
    takes it away again at its end: each file can be read, and sourced, alone."""
    folder = app / ".profile.d"
    folder.mkdir(exist_ok=True)
    for script in sorted(scripts.glob("*.sh")):
        text = script.read_text(encoding="utf-8")
        if "slugc_memory_mb" in text:
            text = f"{_MEMORY.read_text(encoding='utf-8')}\n{text.rstrip()}\nunset -f slugc_memory_mb\n"
        (folder / script.name).write_text(text, encoding="utf-8")
        (folder / script.name).chmod(0o644)


def write_export(root: Path, lines: Sequence[str]) -> None:
    """`export` in the buildpack's own copy (`root`), sourced before each buildpack that follows."""
    try:
        (root / "export").write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError:
        return  # run straight from a read-only checkout: no buildpack follows there
