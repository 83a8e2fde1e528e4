"""What the dynos of a platform cannot do to each other, to the platform, and to its user."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.platform.conftest import Platform

pytestmark = pytest.mark.slow
# What a dyno sees of the machine, told in its log: argv are the paths that it looks for.
SPY = """
import json, os, pathlib, sys, time
mine = pathlib.Path("/app/left"); mine.write_text(os.environ["DYNO"])
pathlib.Path("/tmp/left").write_text(os.environ["DYNO"])
time.sleep(2)
def read(path):
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""
processes = [read(entry / "environ") for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]
others = [text for text in processes if "DYNO=" in text and "DYNO=" + os.environ["DYNO"] not in text]
found = {
    "dyno": os.environ["DYNO"],
    "left": [mine.read_text(), pathlib.Path("/tmp/left").read_text()],
    "others": len(others),
    "seen": [path for path in json.loads(os.environ["LOOK"]) if os.path.exists(path)],
    "uid": os.getuid(),
}
print("spied", json.dumps(found), flush=True)
time.sleep(600)
"""


def test_a_dyno_sees_neither_other_dynos_nor_the_platform_nor_the_users_home(
    platform: "Platform", tmp_path: Path, app_in: "Callable[..., Path]"
) -> None:
    secret = Path.home() / f".slugc-test-{os.getpid()}"
    secret.write_text("a key")
    try:
        source = app_in(tmp_path, procfile="spy: exec python3 spy.py\n", **{"spy.py": SPY})
        platform.start()
        platform.slugc("apps", "create", "shop")
        state = platform.home / "state"
        look = [secret, state, state / "ledger.sqlite3", state / "platform.sock", source, platform.home / "work"]
        platform.slugc("config", "set", f"LOOK={json.dumps([str(path) for path in look])}", "--app", "shop")
        platform.deploy("shop", source)
        platform.slugc("ps:scale", "spy=2", "--app", "shop")

        def spied() -> list[str]:
            lines = platform.slugc("logs", "-n", "1500", "--ps", "spy", "--app", "shop").out.splitlines()
            return [line.partition("spied ")[2] for line in lines if "]: spied " in line]

        platform.eventually(lambda: len(spied()) >= 2)
        found = [json.loads(text) for text in spied()]
    finally:
        secret.unlink()
    assert {row["dyno"] for row in found} == {"spy.1", "spy.2"}
    for row in found:
        assert row["left"] == [row["dyno"]] * 2, "the other dyno's files"
        assert (row["others"], row["seen"]) == (0, [])
        assert row["uid"] != 0


def test_a_fork_bomb_and_a_memory_hog_do_not_take_the_others_down(
    platform: "Platform", tmp_path: Path, app_in: "Callable[..., Path]"
) -> None:
    bomb = "echo lit; bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 600"
    hog = "exec python3 hog.py"
    code = "import time; kept = []\nwhile True:\n    kept.append(b'x' * (50 << 20)); time.sleep(0.05)\n"
    source = app_in(tmp_path, procfile=f"web: exec python3 server.py\nbomb: {bomb}\nhog: {hog}\n", **{"hog.py": code})
    platform.start()
    if "cgroup" not in platform.slugc("platform", "status", "--json").json["limits"] and os.getuid() == 0:
        pytest.skip("root's processes are bounded by control groups alone, and none can be made here")
    platform.slugc("apps", "create", "shop")
    platform.deploy("shop", source)
    platform.eventually(lambda: platform.states("shop") == {"web.1": "up"})
    before = platform.get("shop")[1]["dyno"]
    platform.slugc("ps:scale", "bomb=1", "hog=1", "--app", "shop")

    def hog_log() -> str:
        return platform.slugc("logs", "-n", "1500", "--source", "heroku", "--ps", "hog", "--app", "shop").out

    platform.eventually(lambda: "Process exited with status 137" in hog_log(), seconds=180)
    assert "Error R15 (Memory quota vastly exceeded)" in hog_log()
    assert platform.get("shop")[1]["dyno"] == before
    web = platform.slugc("logs", "-n", "1500", "--source", "heroku", "--ps", "web", "--app", "shop").out
    assert "Process exited" not in web
    platform.slugc("ps:scale", "bomb=0", "hog=0", "--app", "shop")
    platform.eventually(lambda: platform.states("shop") == {"web.1": "up"}, seconds=120)
