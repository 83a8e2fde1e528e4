"""Redis as an add-on: one server with a password, its writes on disk within a second."""

from collections.abc import Mapping
from pathlib import Path

from slugc.addons.service import DATA, SOCKETS, Access, Step


class Redis:
    name = "redis"
    attachment = "REDIS"
    program = "redis-server"
    package = "redis-server"
    refuses_root = False
    stop_signal = "SIGTERM"

    def folders(self) -> tuple[Path, ...]:
        return (Path("/usr/bin"), Path("/usr/local/bin"))

    def files(self, access: Access) -> Mapping[str, str]:
        return {
            "redis.conf": f"bind 127.0.0.1\nport {access.port}\nrequirepass {access.password}\n"
            'daemonize no\nappendonly yes\nappendfsync everysec\nlogfile ""\n'
        }

    def steps(self, access: Access, bin_folder: Path) -> tuple[Step, ...]:
        del access, bin_folder
        return ()

    def argv(self, access: Access, bin_folder: Path) -> tuple[str, ...]:
        del access
        program = str(bin_folder / "redis-server")
        return (program, f"{DATA}/redis.conf", "--dir", DATA, "--unixsocket", f"{SOCKETS}/redis.sock")

    def url(self, access: Access) -> str:
        # The user's name must stand there: with an empty one, redis-cli 7 and some libraries sign in as nobody.
        return f"redis://default:{access.password}@127.0.0.1:{access.port}/0"

    def greeting(self, access: Access) -> bytes:
        del access
        return b"PING\r\n"

    def ready(self, answer: bytes) -> bool:
        """It asks for the password, or answers; `-LOADING` means that it still reads its data."""
        return answer.startswith((b"-NOAUTH", b"+PONG"))
