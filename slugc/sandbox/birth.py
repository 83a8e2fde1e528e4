"""The one thread that starts children in control groups of their own: they are born in the groups where it stands.

A thread may stand in other groups than its process (version 1), and moves itself there and back in 0.1 ms. So no
child needs a shell that joins and then becomes it, which takes 1 ms. It is never the caller's own thread: what a
process allocates is charged to the group of its first thread.
"""

import os
import threading
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from typing import TypeVar

from slugc.sandbox.cgroups import Group

T = TypeVar("T")


def born_in(group: Group, start: Callable[[], T]) -> T:
    """What `start` gives; children that it starts belong to `group`, which must take threads.

    They are children of a thread that lives as long as this process: that is when those end that die with their
    parent. Raises what `start` raises, and OSError where the group cannot be joined.
    """
    answers: SimpleQueue[tuple[T, None] | tuple[None, BaseException]] = SimpleQueue()

    def call() -> None:
        try:
            with group.joined():
                answers.put((start(), None))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            answers.put((None, error))

    _calls().put(call)
    result, error = answers.get()
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # mypy does not narrow two names by one of them


@cache
def _calls() -> "SimpleQueue[Callable[[], None]]":
    calls: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def serve() -> None:
        while True:
            calls.get()()

    threading.Thread(target=serve, name="slugc-birth", daemon=True).start()
    return calls


# A forked copy of this process has no such thread until it asks.
os.register_at_fork(after_in_child=_calls.cache_clear)
