"""Work for all processors: forked copies of this process, which share what it has read so far."""

import contextlib
import gc
import os
import pickle
import selectors
import signal
import socket
import struct
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

_LENGTH = struct.Struct("<I")
_AHEAD = 2
"""Jobs a worker has at hand: the one it does, and the next, so that it never waits for its parent."""

# Workers that another thread forks meanwhile would inherit this crew's sockets, and nobody would see their end. One
# crew uses all processors anyway.
_ONE_CREW = threading.RLock()


class WorkerDied(Exception):
    """A worker ended without an answer. `status` is negative for a signal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"a worker ended with status {status}")
        self.status = status


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def forked(
    make: Callable[[int], Callable[[int], Any]], order: Sequence[int], *, workers: int
) -> Generator[tuple[int, Any], None, None]:
    """Do jobs, given by number, in `workers` forked processes; yield (number, result) as they come.

    `make(worker)` is called once in each process and gives the function that does a job. An exception of a job
    is raised here. Whatever happens, no worker outlives the iteration: close it (contextlib.closing).
    Raises WorkerDied where one is killed. Chosen over multiprocessing, whose pool pickles every argument and
    imports for 20 ms; here the workers find their input in memory.
    """
    with _ONE_CREW:
        yield from _worked(make, order, workers)


def _worked(
    make: Callable[[int], Callable[[int], Any]], order: Sequence[int], workers: int
) -> Generator[tuple[int, Any], None, None]:
    crew = [_hire(make, number) for number in range(max(1, min(workers, len(order))))]
    waiting = iter(order)
    try:
        with selectors.DefaultSelector() as selector:
            for worker in crew:
                selector.register(worker.link, selectors.EVENT_READ, worker)
                for _ in range(_AHEAD):
                    _give(worker, waiting)
            while any(worker.at_hand for worker in crew):
                for key, _ in selector.select():
                    worker = key.data
                    if not worker.at_hand:
                        continue
                    result = _answer(worker)
                    number = worker.at_hand.pop(0)
                    _give(worker, waiting)
                    yield number, result
    finally:
        for worker in crew:
            worker.link.close()
        for worker in crew:
            if not worker.reaped:
                if worker.at_hand:
                    os.kill(worker.pid, signal.SIGKILL)
                os.waitpid(worker.pid, 0)


@dataclass(slots=True)
class _Worker:
    pid: int
    link: socket.socket
    at_hand: list[int] = field(default_factory=list)
    reaped: bool = False


def _hire(make: Callable[[int], Callable[[int], Any]], number: int) -> _Worker:
    mine, theirs = socket.socketpair()
    with warnings.catch_warnings():
        # Python >= 3.12 warns of threads in the parent (a progress bar). The worker takes no lock of theirs: it
        # reads, compresses and writes files.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        theirs.close()
        return _Worker(pid, mine)
    status = 1
    try:
        gc.freeze()  # looking for garbage among what came with the fork would copy all its pages
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # The ends of earlier workers' links were inherited too. The last worker's end is nobody else's: when the
        # parent dies it ends first, which closes the next one's, and so on.
        mine.close()
        _serve(make(number), theirs)
        status = 0
    finally:
        os._exit(status)


def _serve(work: Callable[[int], Any], link: socket.socket) -> None:
    """Answer jobs until the parent closes its end or is gone."""
    parent = os.getppid()
    while True:
        request = _exactly(link, _LENGTH.size)
        if request is None or os.getppid() != parent:
            return
        try:
            answer = pickle.dumps((True, work(_LENGTH.unpack(request)[0])))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the parent
            answer = _as_answer(error)
        link.sendall(_LENGTH.pack(len(answer)) + answer)


def _as_answer(error: BaseException) -> bytes:
    try:
        answer = pickle.dumps((False, error))
        pickle.loads(answer)  # noqa: S301 - our own bytes: does the parent understand them?
    except Exception:  # noqa: BLE001 - an exception that cannot travel is described
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return answer


def _give(worker: _Worker, waiting: Iterator[int]) -> None:
    number = next(waiting, None)
    if number is None:
        return
    worker.at_hand.append(number)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its death is noticed when its answer is due
        worker.link.sendall(_LENGTH.pack(number))


def _answer(worker: _Worker) -> Any:
    head = _exactly(worker.link, _LENGTH.size)
    body = _exactly(worker.link, _LENGTH.unpack(head)[0]) if head is not None else None
    if body is None:
        _, status = os.waitpid(worker.pid, 0)
        worker.reaped = True
        raise WorkerDied(os.waitstatus_to_exitcode(status))
    done, result = pickle.loads(body)  # noqa: S301 - from our own fork
    if not done:
        raise result
    return result


def _exactly(link: socket.socket, size: int) -> bytes | None:
    """`size` bytes, or None where the other side is gone."""
    parts = bytearray()
    while len(parts) < size:
        try:
            part = link.recv(size - len(parts))
        except ConnectionResetError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)
