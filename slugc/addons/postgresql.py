"""PostgreSQL as an add-on: one cluster with one database and one role for each."""

import re
import struct
from collections.abc import Mapping
from pathlib import Path

from slugc.addons.service import DATA, SOCKETS, Access, Step

CLUSTER = f"{DATA}/cluster"
_VERSION_FOLDERS = Path("/usr/lib/postgresql")


class PostgreSQL:
    name = "postgresql"
    attachment = "DATABASE"
    program = "postgres"
    package = "postgresql"
    refuses_root = True
    # SIGTERM would wait for every client to leave.
    stop_signal = "SIGINT"

    def folders(self) -> tuple[Path, ...]:
        """Debian keeps each major version apart and puts none of their servers on PATH."""
        found = [path for path in _VERSION_FOLDERS.glob("*/bin") if re.fullmatch(r"\d+", path.parent.name)]
        return tuple(sorted(found, key=lambda path: int(path.parent.name), reverse=True))

    def files(self, access: Access) -> Mapping[str, str]:
        return {"password.once": access.password + "\n"}

    def steps(self, access: Access, bin_folder: Path) -> tuple[Step, ...]:
        initdb = (
            str(bin_folder / "initdb"),
            f"--pgdata={CLUSTER}",
            f"--username={access.user}",
            f"--pwfile={DATA}/password.once",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        # The single-user server makes the database before anybody can connect, and needs no client program.
        create = (str(bin_folder / "postgres"), "--single", "-D", CLUSTER, "postgres")
        return (
            Step(what="initdb", argv=initdb),
            Step(what="create database", argv=create, stdin=f"CREATE DATABASE {access.database}\n".encode()),
        )

    def argv(self, access: Access, bin_folder: Path) -> tuple[str, ...]:
        return (
            str(bin_folder / "postgres"),
            *("-D", CLUSTER, "-h", "127.0.0.1", "-p", str(access.port), "-k", SOCKETS),
            *("-c", "max_connections=500", "-c", "timezone=UTC", "-c", "log_timezone=UTC"),
        )

    def url(self, access: Access) -> str:
        return f"postgres://{access.user}:{access.password}@127.0.0.1:{access.port}/{access.database}"

    def greeting(self, access: Access) -> bytes:
        """A startup message of protocol 3.0. A server that is ready asks for the password ('R')."""
        body = struct.pack("!I", 196608)
        body += f"user\0{access.user}\0database\0{access.database}\0\0".encode()
        return struct.pack("!I", len(body) + 4) + body

    def ready(self, answer: bytes) -> bool:
        return answer[:1] == b"R"
