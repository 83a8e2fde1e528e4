"""Programs to compare with that no system package brings, and slugc as a user installs it. Made once and kept."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
HONCHO = "honcho==2.0.0"
HEROKU = "heroku@11.10.0"


@dataclass(frozen=True, slots=True)
class Tools:
    cache: Path

    def slugc(self, folder: Path) -> Path:
        """The program of an ordinary installation in `folder`: this checkout's own environment holds tools of
        development, and what those bring along would be measured too."""
        _install(folder, str(REPOSITORY))
        return folder / "bin" / "slugc"

    def honcho(self) -> Path:
        folder = self.cache / "honcho"
        if not (folder / "bin" / "honcho").exists():
            _install(folder, HONCHO)
        return folder / "bin" / "honcho"

    def heroku(self) -> Path | None:
        """Heroku's own command line; None where npm or node is not installed."""
        program = self.cache / "heroku" / "node_modules" / ".bin" / "heroku"
        if program.exists():
            return program
        if shutil.which("npm") is None or shutil.which("node") is None:
            return None
        program.parents[2].mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", HEROKU], cwd=program.parents[2], check=True
        )
        return program


def _install(folder: Path, *requirements: str) -> None:
    from uv import find_uv_bin

    uv = find_uv_bin()
    subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([uv, "pip", "install", "-q", "--compile-bytecode", "--python", python, *requirements], check=True)
