"""`route.py PORT BACKEND FOLDER`: slugc's router before one dyno, with its log lines going into a real log hub."""

import asyncio
import sys
from pathlib import Path

from slugc.logs.hub import LogHub
from slugc.model.dyno import DynoName
from slugc.model.route import AppState
from slugc.router.plane import RouterPlane
from slugc.router.settings import RouterSettings


async def main(port: int, backend: int, folder: Path) -> None:
    hub = LogHub(folder)
    plane = RouterPlane(RouterSettings(port=port, threads=1))
    plane.on_lines = lambda _app, lines: hub.write_late("heroku", "router", lines)
    await plane.add_app("bench")
    await plane.start()
    await plane.set_dynos("bench", {DynoName("web", 1): backend})
    await plane.set_state("bench", AppState.UP)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await plane.stop()
    await hub.close()


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
