"""What a suite may use: trees, a scratch folder in memory, and small programs that call slugc."""

from dataclasses import dataclass
from pathlib import Path

from bench.tools import Tools
from bench.trees import Trees

PROGRAMS = Path(__file__).resolve().parent / "programs"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    trees: Trees
    scratch: Path
    """A new folder, on tmpfs where there is one, removed at the end of the suite."""
    disk: Path
    """The same on the disk of the cache."""
    growth: bool = False
    """Also the contests over growing sizes: they take much longer."""

    def slugc(self) -> Path:
        """slugc as a user installs it, bytecode included; made once for a suite."""
        folder = self.disk / "installed"
        program = folder / "bin" / "slugc"
        return program if program.exists() else Tools(self.trees.cache).slugc(folder)

    def program(self, name: str, *words: object) -> tuple[str, ...]:
        """argv of bench/programs/NAME.py in a new Python that has slugc installed: starting it is part of the time."""
        python = self.slugc().parent / "python"
        return (str(python), str(PROGRAMS / f"{name}.py"), *(str(word) for word in words))


def shell(text: str, *words: object) -> tuple[str, ...]:
    """argv of a bash pipeline in which any failure counts; `words` are $1, $2 ..."""
    return ("bash", "-o", "pipefail", "-c", text, "bench", *(str(word) for word in words))
