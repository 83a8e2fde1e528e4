"""The ledger's SQLite file: opened safely, one writer at a time, nothing acknowledged before it is on disk."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slugc.errors.ledger import LedgerNotWritten, LedgerUnreadable
from slugc.errors.root import LedgerError
from slugc.ledger import schema

BUSY_SECONDS = 30.0
WAL_PAGES = 200
"""The log is written from its start again after so many pages (SQLite's own choice is 1,000). A commit that does not
make the file longer spares the file system's journal one of its own: a quarter of a release's time."""


class Database:
    """A connection that several threads may use, one at a time.

    WAL with synchronous=FULL: a commit returns after its fsync, and a reader never waits for a writer. A
    process killed at any moment leaves either the whole transaction or nothing of it.
    """

    def __init__(self, path: Path) -> None:
        """Raises LedgerUnreadable, LedgerNotWritten."""
        self.path = path
        self._lock = threading.RLock()
        self._own = 0
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made by us with 0600 before SQLite sees it: its -wal and -shm take the mode over.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise LedgerUnreadable(path=str(path), reason=str(error)) from error
        except LedgerError:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"wal_autocheckpoint = {WAL_PAGES}",
            "foreign_keys = OFF",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        found = self._schema()
        if found > schema.VERSION:
            raise LedgerUnreadable(path=str(self.path), reason=f"made by a newer slugc (schema {found})")
        if found < schema.VERSION:
            with self.writing() as write:
                # Another process may have made the tables while this one waited for the write lock.
                statements = {0: schema.statements(), 1: schema.FROM_1}.get(self._schema(), ())
                for statement in statements:
                    write.execute(statement)
        # Not before: a table that others refer to could not be replaced.
        self._connection.execute("PRAGMA foreign_keys = ON")

    def _schema(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; on disk when the block is left, nothing of it where the block raises.

        Raises LedgerNotWritten where the disk is full, or another process writes for longer than BUSY_SECONDS."""
        with self._lock:
            self._own += 1
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise LedgerNotWritten(path=str(self.path), reason=str(error)) from error
            finally:
                # SQLite ends some failed transactions by itself; one that stays open would refuse all later ones.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def state(self) -> tuple[int, int]:
        """Within a transaction: another value than before where anybody has begun to write meanwhile, this process
        or any other, and however it ended."""
        # data_version counts the commits of all others; SQLite compares a number in memory to know.
        return self._connection.execute("PRAGMA data_version").fetchone()[0], self._own

    def all(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, self._readable():
            return self._connection.execute(query, values).fetchall()

    def one(self, query: str, *values: object) -> Any | None:
        with self._lock, self._readable():
            return self._connection.execute(query, values).fetchone()

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise LedgerUnreadable(path=str(self.path), reason=str(error)) from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()
