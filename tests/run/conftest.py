"""A tiny slug on this system's own stack, and dynos of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from slugc.dynos.oneoff import oneoff_process
from slugc.dynos.world import Ground, Placed
from slugc.host.home import Home
from slugc.host.processes import Command
from slugc.model.build import Isolation
from slugc.model.dyno import Bootable, DynoName, DynoPlan
from slugc.model.process import ProcessType
from slugc.sandbox import cgroups
from slugc.sandbox.choose import choose
from slugc.stack import find

SERVER = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (os.environ["DYNO"] + " " + os.environ.get("RELEASE", "")).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""


@dataclass(frozen=True)
class Stage:
    """Where the dynos of these tests stand."""

    ground: Ground
    tree: Path

    def place(self, *words: str, env: Mapping[str, str] | None = None, terminal: bool = False) -> Placed:
        process, args = oneoff_process(words, ())
        plan = DynoPlan(name=DynoName("run", 1234), process=process, args=args, tree=self.tree, env=env or {})
        return self.ground.place(plan, terminal=terminal)

    def command(self, *words: str, env: Mapping[str, str] | None = None, terminal: bool = False) -> Command:
        return replace(self, ground=replace(self.ground, offer=None)).place(*words, env=env, terminal=terminal).command

    def release(self, version: int = 1, **processes: str) -> Bootable:
        types = tuple(ProcessType(name=name, command=command) for name, command in processes.items())
        env = {"RELEASE": f"v{version}"}
        return Bootable(app="demo", version=version, tree=self.tree, processes=types, env=env)


def _ground(isolation: Isolation, scratch: Path) -> Ground:
    choice = choose(isolation, scratch=scratch)
    if isolation is Isolation.AUTO and choice.reason:
        pytest.skip(f"no isolation here: {choice.reason}")
    stack = find("host", home=Home(scratch))
    return Ground(engine=choice.engine, mounts=stack.mounts("run"), path=stack.path, offer=cgroups.look())


@pytest.fixture
def make_stage(tmp_path: Path) -> Callable[[Isolation], Stage]:
    app = tmp_path / "tree" / "app"
    app.mkdir(parents=True)
    (app / "server.py").write_text(SERVER)
    return lambda isolation: Stage(ground=_ground(isolation, tmp_path / "work"), tree=tmp_path / "tree")


@pytest.fixture
def stage(make_stage: Callable[[Isolation], Stage]) -> Stage:
    return make_stage(Isolation.AUTO)


@pytest.fixture(params=[Isolation.AUTO, Isolation.NONE], ids=["bubblewrap", "none"])
def either_stage(request: pytest.FixtureRequest, make_stage: Callable[[Isolation], Stage]) -> Stage:
    return make_stage(request.param)
