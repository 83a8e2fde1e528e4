"""bin/pre_compile and bin/post_compile of the app: its own code, with its config vars and the installed Python."""

import os
import tempfile
from pathlib import Path

from slugc_buildpack import children, transcript
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_python import installs
from slugc_python.recipe import TARGET

_PIP = """#!/bin/sh
# pip is not part of the slug: uv does its work, into the same Python.
exec "$SLUGC_HOOK_UV" pip "$@"
"""


def run(name: str, build: Build) -> bool:
    """Run bin/NAME if the app has it. Raises Problem when it fails."""
    script = build.app / "bin" / name
    if not script.is_file():
        return False
    transcript.step(f"Running bin/{name} hook")
    if not os.access(script, os.X_OK):
        script.chmod(script.stat().st_mode | 0o111)
    uv = build.tool("uv")
    with tempfile.TemporaryDirectory(dir=build.cache) as folder:
        for tool in ("pip", "pip3"):
            Path(folder, tool).write_text(_PIP, encoding="utf-8")
            Path(folder, tool).chmod(0o755)
        env = build.config.for_child(build.child_env())
        base = installs.environment(build)
        env |= {key: value for key, value in base.items() if key.startswith(("UV_", "DEB_", "PYTHON"))}
        env["PATH"] = os.pathsep.join([str(build.app / TARGET / "bin"), folder, env["PATH"]])
        if uv:
            env["SLUGC_HOOK_UV"] = uv
            env["PATH"] += os.pathsep + str(Path(uv).parent)
        try:
            children.run((str(script),), env=env, cwd=build.app)
        except (children.ChildFailed, OSError) as failed:
            raise _failed(name, failed) from failed
    return True


def _failed(name: str, failed: Exception) -> Problem:
    if isinstance(failed, children.ChildFailed):
        evidence = "\n".join([*failed.tail[-10:], f"(exit status {failed.status})"])
        next_step = "Correct the script, then build again. The lines above are its own last ones."
    else:
        evidence = str(failed)
        next_step = "Its first line must name an interpreter of the build stack, such as #!/usr/bin/env bash."
    return Problem(
        f"The hook bin/{name} failed",
        code="python.hook-failed",
        file=f"bin/{name}",
        evidence=evidence,
        next_step=next_step,
    )
