"""`collect.py FOLDER WRITER...`: start the writers (shell text each), and bring their output together in a log hub,
with one tail that reads it all. Ends when all writers have."""

import asyncio
import os
import sys
from pathlib import Path

from slugc.dynos.running import Running
from slugc.dynos.world import Placed
from slugc.host.processes import Command
from slugc.logs.hub import LogHub


async def main(folder: Path, writers: list[str]) -> None:
    hub = LogHub(folder)
    read = 0

    async def tail() -> None:
        nonlocal read
        async for chunk in hub.tail(lines=0):
            read += len(chunk.text)

    reading = asyncio.create_task(tail())
    ended = asyncio.Event()
    left = len(writers)

    def exited(_status: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            ended.set()

    for n, text in enumerate(writers, 1):
        name = f"web.{n}"
        command = Command(argv=("/bin/sh", "-c", text), env={"PATH": os.environ["PATH"]})
        Running(Placed(command=command), on_output=lambda data, name=name: hub.write("app", name, data), on_exit=exited)
    await ended.wait()
    await hub.close()
    await reading


asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
