"""kill -9 of the platform at random moments while it changes things: nothing that was acknowledged is lost."""

import http.client
import json
import os
import random
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from slugc.host import unix_http

if TYPE_CHECKING:
    from tests.platform.conftest import Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
ROUNDS = 100 if os.environ.get("SLUGC_TEST_SOAK") else 20


class Client(threading.Thread):
    """Deploys and sets config vars without a pause, and remembers which releases the platform acknowledged."""

    def __init__(self, socket: Path, slugs: list[str], number: int) -> None:
        super().__init__(daemon=True)
        self.socket, self.slugs, self.number = socket, slugs, number
        self.acknowledged: dict[int, str] = {}
        self.refused: list[Any] = []
        self.ended = False

    def run(self) -> None:
        step = 0
        while not self.ended:
            step += 1
            try:
                if step % 2:
                    body = {"ENERGY": f"{self.number}-{step}"}
                    status, row = unix_http.call(self.socket, "PATCH", "/apps/shop/config-vars", body, timeout=120)
                else:
                    body = {"slug": self.slugs[step // 2 % 2], "commit": f"{self.number:04x}{step:04x}"}
                    status, row = unix_http.call(self.socket, "POST", "/apps/shop/releases", body, timeout=120)
            except (OSError, ValueError, http.client.HTTPException):
                return  # the kill came first, or in the middle of the answer: nothing was acknowledged
            if status < 300:
                self.acknowledged[row["version"]] = row["digest"]
            else:
                self.refused.append(row)


def test_no_acknowledged_release_is_lost_and_no_process_is_left(platform: "Platform", source: Path, app_in) -> None:
    choose = random.Random(20_26)
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.slugc("config", "set", f"MARK={platform.home}", "--app", "shop")
    platform.deploy("shop", source)
    (source / "Procfile").write_text("web: python3 server.py\nqueuty: python3 worker.py\nspare: true\n")
    platform.deploy("shop", source)
    slugs = [row["slug"] for row in platform.slugc("releases", "--app", "shop", "--json").json[:2]]
    platform.slugc("ps:scale", "web=2", "queuty=1", "--app", "shop")
    socket = platform.home / "state" / "platform.sock"
    acknowledged: dict[int, str] = {}
    for number in range(ROUNDS):
        client = Client(socket, slugs, number)
        client.start()
        time.sleep(choose.uniform(0.0, 0.4))
        platform.kill()
        client.ended = True
        client.join(60)
        assert not client.refused, client.refused
        acknowledged.update(client.acknowledged)
        platform.nothing_runs()
        platform.start()
        status, rows = unix_http.call(socket, "GET", "/apps/shop/releases", timeout=120)
        assert status == 200
        kept = {row["version"]: row["digest"] for row in rows}
        lost = {version for version, digest in acknowledged.items() if kept.get(version) != digest}
        assert not lost, f"round {number}: acknowledged releases are gone: {lost}"
        assert unix_http.call(socket, "GET", "/apps/shop/releases/verify", timeout=120)[1]["verified"] == len(rows)
    assert len(acknowledged) > ROUNDS / 4, "the kills came too early to prove anything"
    wanted = {"web.1": "up", "web.2": "up", "queuty.1": "up"}
    platform.eventually(lambda: platform.states("shop") == wanted, seconds=120)
    assert platform.get("shop")[0] == 200
    print(json.dumps({"kills": ROUNDS, "acknowledged": len(acknowledged)}))
