"""PostgreSQL and Redis as real servers: made, used, stopped, killed and found again."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slugc.addons import servers
from slugc.addons.locate import SERVICES, bin_folder
from slugc.addons.redis import Redis
from slugc.addons.service import Access
from slugc.errors.addons import ServerFailed, ServerMissing
from slugc.model.app import AddOn
from slugc.model.build import Isolation
from slugc.sandbox.choose import choose

ORDINARY = 2345
DRIVER = """
import asyncio, json, os, sys
from pathlib import Path
from slugc.addons.locate import service_of
from slugc.addons.servers import Servers
from slugc.host.home import Home
from slugc.model.app import AddOn
from slugc.model.build import Isolation
from slugc.sandbox.choose import choose
from slugc.stack import find

async def main(root, service, rounds):
    home = Home(root)
    choice = choose(Isolation(os.environ["ISOLATION"]), scratch=home.work)
    mounts = find("host", home=home).mounts("run")
    servers = Servers(home.state / "addons", engine=choice.engine, mounts=mounts)
    kept = root / "details.json"
    name = service + "-test-1"
    if not kept.exists():
        details = await servers.create(name, service_of(service))
        kept.write_text(json.dumps(details))
    else:
        details = json.loads(kept.read_text())
        await servers.start(AddOn(name=name, service=service, app="a", created_at="", details=details))
    print(details["url"], servers.state(name), flush=True)
    if sys.stdin.readline() == "stop\\n":
        await servers.stop_all()
        print("stopped", flush=True)
    else:
        await servers.destroy(name)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2], 1))
"""
pytestmark = pytest.mark.slow


def client(service: str, url: str, statement: str) -> str:
    programs = bin_folder(SERVICES[service], which=shutil.which)
    if service == "postgresql":
        argv = [str(programs / "psql"), "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement]
    else:
        argv = [str(programs / "redis-cli"), "--no-auth-warning", "-u", url, *statement.split()]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


WRITE = {"postgresql": "CREATE TABLE t AS SELECT 42 AS n", "redis": "set n 42"}
READ = {"postgresql": "SELECT n FROM t", "redis": "get n"}


@pytest.fixture(params=["as-is", "ordinary-user"])
def become(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "as-is":
        return []
    if os.geteuid() != 0:
        pytest.skip("already an ordinary user")
    words = ["/usr/bin/setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "--"]
    if subprocess.run([*words, sys.executable, "-c", "import slugc"], capture_output=True).returncode != 0:
        pytest.skip("an ordinary user cannot read this checkout")
    return words


@pytest.fixture
def root() -> Iterator[Path]:
    folder = Path(f"/tmp/slugc-addons-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    yield folder
    subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False)
    shutil.rmtree(folder, ignore_errors=True)


class Platform:
    def __init__(self, become: list[str], root: Path, service: str, isolation: str) -> None:
        argv = [*become, sys.executable, "-c", DRIVER, str(root), service]
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "ISOLATION": isolation, "HOME": str(root)},
        )
        assert self.process.stdout is not None
        self.url, _, self.state = self.process.stdout.readline().strip().rpartition(" ")

    def end(self, how: str) -> None:
        if how == "kill":
            self.process.kill()
            self.process.communicate()
        else:
            self.process.communicate(how + "\n")


def needs(service: str) -> None:
    try:
        bin_folder(SERVICES[service], which=shutil.which)
    except ServerMissing as error:
        pytest.skip(error.hint)


@pytest.mark.parametrize("service", ["postgresql", "redis"])
def test_a_server_keeps_its_data_and_address_over_a_stop_and_a_kill(
    service: str, become: list[str], root: Path
) -> None:
    needs(service)
    first = Platform(become, root, service, "auto")
    assert first.state == "up"
    client(service, first.url, WRITE[service])
    time.sleep(1.5)  # Redis promises its disk within a second
    first.end("stop")
    second = Platform(become, root, service, "auto")
    assert second.url == first.url
    assert client(service, second.url, READ[service]) == "42"
    second.end("kill")
    deadline = time.monotonic() + 30
    while answers(second.url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not answers(second.url), "the server outlived its platform"
    third = Platform(become, root, service, "auto")
    assert client(service, third.url, READ[service]) == "42"
    third.end("destroy")
    assert list((root / "state" / "addons").iterdir()) == []


def answers(url: str) -> bool:
    port = int(url.rpartition(":")[2].partition("/")[0])

    async def connect() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    return asyncio.run(connect())


class Stumbling(Redis):
    """A server that ends at its first start after the platform came back, as one does whose port somebody else has."""

    program = "stumbling"

    def folders(self) -> tuple[Path, ...]:
        return (Path(os.environ["STUMBLING"]),)

    def argv(self, access: Access, bin_folder: Path) -> tuple[str, ...]:
        return (sys.executable, str(bin_folder / self.program), str(access.port))

    def ready(self, answer: bytes) -> bool:
        return answer == b"well"


STUMBLING = """
import socket, sys
from pathlib import Path
stumbled = Path(__file__).with_name("stumbled")
if not stumbled.exists():
    stumbled.touch()
    sys.exit("not yet")
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        connection, _ = listener.accept()
        connection.recv(64)
        connection.sendall(b"well")
        connection.close()
"""


def test_a_server_that_did_not_come_up_at_first_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stumbling").write_text(STUMBLING)
    monkeypatch.setenv("STUMBLING", str(tmp_path))
    monkeypatch.setitem(SERVICES, "redis", Stumbling())
    monkeypatch.setattr(servers, "RESTART_SECONDS", (0.1, 0.1))
    details = {"port": str(servers.free_port()), "user": "u", "password": "p", "database": "d"}
    addon = AddOn(name="redis-test-1", service="redis", app="a", created_at="", details=details)

    async def scene() -> None:
        engine = choose(Isolation.NONE, scratch=tmp_path / "work").engine
        found = servers.Servers(tmp_path / "addons", engine=engine, mounts=())
        found.data_folder(addon.name).mkdir(parents=True)
        with pytest.raises(ServerFailed) as caught:
            await found.start(addon)
        assert "not yet" in caught.value.detail
        url = f"redis://127.0.0.1:{details['port']}/"
        for _ in range(600):
            if found.state(addon.name) == "up" and await asyncio.to_thread(answers, url):
                break
            await asyncio.sleep(0.1)
        assert found.state(addon.name) == "up"
        await found.stop_all()
        assert found.state(addon.name) == "down"

    asyncio.run(scene())


def test_a_server_without_its_folder_is_no_reason_for_the_platform_not_to_start(tmp_path: Path) -> None:
    needs("redis")
    details = {"port": "1", "user": "u", "password": "p", "database": "d"}
    addon = AddOn(name="redis-test-1", service="redis", app="a", created_at="", details=details)

    async def scene() -> None:
        engine = choose(Isolation.NONE, scratch=tmp_path / "work").engine
        with pytest.raises(ServerFailed):
            await servers.Servers(tmp_path / "addons", engine=engine, mounts=()).start(addon)

    asyncio.run(scene())


def test_the_data_folder_is_closed_to_other_users_and_holds_no_password_file(root: Path) -> None:
    needs("redis")
    platform = Platform([], root, "redis", "auto")
    folder = root / "state" / "addons" / "redis-test-1"
    assert folder.stat().st_mode & 0o077 == 0
    assert not list(folder.glob("*.once"))
    platform.end("destroy")
