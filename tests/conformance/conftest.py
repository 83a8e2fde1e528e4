"""A laboratory for small shell buildpacks: write them, build an app with them, and boot what came out."""

import os
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import tomli

from slugc import pipeline
from slugc.dynos import launch_layers
from slugc.dynos.launch import process_type, sandbox_spec
from slugc.dynos.oneoff import oneoff_process
from slugc.events import Event, Output
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.host.processes import capture
from slugc.model.build import BuildRequest, BuildResult, Isolation
from slugc.model.dyno import DynoName, DynoPlan
from slugc.sandbox.choose import choose
from slugc.slug.store import SlugStore
from slugc.stack import find as find_stack

CALLER = {"PATH": "/usr/bin:/bin", "SECRET_OF_CALLER": "leak"}


BUILD_WORDS = """\
L=$1
# layer NAME TYPE...: a layer's folder and its toml
layer() { mkdir -p "$L/$1"; { echo "[types]"; for t in "${@:2}"; do echo "$t = true"; done; } > "$L/$1.toml"; }
# put PATH TEXT: a file under the layers folder, without a line end
put() { mkdir -p "$(dirname "$L/$1")"; printf '%s' "$2" > "$L/$1"; }
# program PATH: an executable under the layers folder, its text on stdin
program() { mkdir -p "$(dirname "$L/$1")"; cat > "$L/$1"; chmod +x "$L/$1"; }
# process TYPE WORD...: a process type in launch.toml
process() {
  { printf '[[processes]]\\ntype = "%s"\\ncommand = [' "$1"; printf '"%s",' "${@:2}"; echo "]"; } >> "$L/launch.toml"
}
"""


@dataclass(slots=True)
class Built:
    lab: "Lab"
    result: BuildResult
    events: list[Event]

    @property
    def manifest(self):
        return self.result.slug.manifest

    @property
    def tree(self) -> Path:
        return SlugStore(self.lab.home).tree(self.manifest.digest)

    @property
    def metadata(self) -> dict:
        return tomli.loads((self.tree / "layers/config/metadata.toml").read_text())

    def output(self, buildpack: str | None = None) -> str:
        return text_of(self.events, buildpack)

    def run(self, *words: str, env: Mapping[str, str] | None = None, process: str | None = None) -> tuple[int, str]:
        """Boot one dyno: (exit code, stdout and stderr)."""
        chosen, args = oneoff_process(words, self.manifest.process_types, type_name=process)
        plan = DynoPlan(name=DynoName("run", 1), process=chosen, args=args, tree=self.tree, env=env or {})
        layers = self.tree / "layers"
        stack = find_stack("host", home=self.lab.home)
        spec = sandbox_spec(
            plan,
            mounts=stack.mounts("run"),
            layers=layers if layers.is_dir() else None,
            launch=launch_layers.read(layers, process_type(plan)) if layers.is_dir() else None,
        )
        engine = choose(Isolation.AUTO, scratch=self.lab.home.work).engine
        done, out, err = capture(engine.command(spec), timeout=120)
        return done.status, "\n".join(part for part in (out, err) if part)


@dataclass(slots=True)
class Lab:
    root: Path
    events: list[Event] = field(default_factory=list)
    packs: int = 0

    @property
    def home(self) -> Home:
        return Home(self.root / "home")

    def app(self, files: Mapping[str, str] | None = None) -> Path:
        return self.write(self.root / "app", {"README": "an app\n", **(files or {})})

    def pack(
        self,
        name: str,
        build: str | None = "",
        *,
        detect: str | None = "",
        api: str = "0.10",
        version: str = "1.0.0",
        head: str = "",
        toml: str = "",
        files: Mapping[str, str] | None = None,
    ) -> Path:
        """A buildpack whose executables are shell text; None leaves one out. `head` goes into [buildpack]."""
        described = f'api = "{api}"\n[buildpack]\nid = "{name}"\nversion = "{version}"\n{head}\n{toml}\n'
        contents = {"buildpack.toml": described, **(files or {})}
        for script, body in (("detect", detect), ("build", build)):
            if body is not None:
                words = BUILD_WORDS if script == "build" else ""
                contents[f"bin/{script}"] = "#!/usr/bin/env bash\nset -eu\n" + words + textwrap.dedent(body)
        return self.write(self.root / "packs" / f"{name.replace('/', '_')}-{version}", contents)

    def composite(self, name: str, order: str, *members: Path, head: str = "") -> Path:
        """A buildpack with an order of its own; `order` is one line a group: `a b?`. Members stand beside it."""
        toml = ""
        for group in order.splitlines():
            toml += "\n[[order]]\n"
            for word in group.split():
                toml += f'[[order.group]]\nid = "{word.rstrip("?")}"\noptional = {str(word.endswith("?")).lower()}\n'
        folder = self.root / "packs" / name
        package = '[buildpack]\nuri = "."\n' + "".join(
            f'[[dependencies]]\nuri = "{os.path.relpath(member, folder)}"\n' for member in members
        )
        described = f'api = "0.10"\n[buildpack]\nid = "{name}"\nversion = "1.0.0"\n{head}\n{toml}'
        return self.write(folder, {"buildpack.toml": described, "package.toml": package})

    def classic(self, name: str, compile_: str, *, release: str = "", export: str = "") -> Path:
        files = {"bin/detect": f"#!/bin/sh\necho {name}\n", "bin/compile": "#!/usr/bin/env bash\nset -eu\n" + compile_}
        if release:
            files["bin/release"] = f"#!/bin/sh\ncat <<'YAML'\n{release}\nYAML\n"
        if export:
            files["export"] = export
        return self.write(self.root / "packs" / name, files)

    def write(self, folder: Path, files: Mapping[str, str]) -> Path:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            if "/bin/" in f"/{name}" or "exec.d" in name:
                path.chmod(0o755)
        return folder

    def build(
        self, *packs: Path | str, app: Path | None = None, environ: Mapping[str, str] = CALLER, **options
    ) -> Built:
        self.events = []
        options = {"network": False, **options}
        request = BuildRequest(source=str(app or self.app()), buildpacks=tuple(str(p) for p in packs), **options)
        result = pipeline.build(request, home=self.home, clock=SystemClock(), environ=environ, emit=self.events.append)
        return Built(lab=self, result=result, events=list(self.events))

    def output(self, buildpack: str | None = None) -> str:
        return text_of(self.events, buildpack)


def text_of(events: list[Event], buildpack: str | None = None) -> str:
    return "\n".join(e.text for e in events if isinstance(e, Output) and buildpack in {None, e.buildpack})


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(root=tmp_path)
