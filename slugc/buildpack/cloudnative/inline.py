"""A buildpack that project.toml itself holds (project descriptor: "[io.buildpacks.group.script]")."""

from pathlib import Path

from slugc.formats.toml_text import dump
from slugc.model.buildpack import InlineScript

VERSION = "0.0.0"


def write(target: Path, *, id: str, version: str | None, script: InlineScript) -> None:  # noqa: A002 - its own word
    """The folder of the buildpack: it always passes detection, and its build is the script."""
    (target / "bin").mkdir(parents=True)
    about = {"api": script.api, "buildpack": {"id": id, "version": version or VERSION}}
    (target / "buildpack.toml").write_text(dump(about), "utf-8")
    for name, text in (("detect", "#!/bin/sh\nexit 0\n"), ("build", f"#!{script.shell}\n\n{script.inline}\n")):
        (target / "bin" / name).write_text(text, "utf-8")
        (target / "bin" / name).chmod(0o755)
