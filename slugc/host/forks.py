"""Work for all processors: forked copies of this process, which share what it has read so far."""

import contextlib
import gc
import itertools
import os
import pickle
import selectors
import signal
import socket
import struct
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
_LENGTH = struct.Struct("<I")
_PLACE = struct.Struct("<QI")
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
    make: Callable[[int], Callable[[Job], Result]], jobs: Iterable[Job], *, workers: int
) -> Generator[tuple[Job, Result], None, None]:
    """Do jobs in `workers` forked processes, at most one for each job; yield (job, result) as they come.

    `make(worker)` is called once in each process and gives the function that does a job. `jobs` may still be found
    while the first are being done: each turn takes one more, and waits for results only when there are no more. An
    exception of a job is raised here. Whatever happens, no worker outlives the iteration: close it
    (contextlib.closing). Raises WorkerDied where one is killed. Chosen over multiprocessing, whose pool imports for
    20 ms; here the workers find most of their input in memory.
    """
    with _ONE_CREW:
        yield from _worked(make, iter(jobs), workers)


def _worked(
    make: Callable[[int], Callable[[Job], Result]], jobs: Iterator[Job], workers: int
) -> Generator[tuple[Job, Result], None, None]:
    waiting = deque(itertools.islice(jobs, max(1, workers)))
    post = os.memfd_create("jobs", os.MFD_CLOEXEC)
    crew: list[_Worker[Job]] = []
    try:
        crew.extend(_hire(make, number, post) for number in range(len(waiting)))
        with selectors.DefaultSelector() as selector:
            for worker in crew:
                selector.register(worker.link, selectors.EVENT_READ, worker)
            sent = 0
            more = True
            while True:
                if more:
                    found = list(itertools.islice(jobs, 1))
                    waiting.extend(found)
                    more = bool(found)
                # In turns: where the longest jobs come first, no worker gets the two longest.
                for ahead, worker in itertools.product(range(_AHEAD), crew):
                    if waiting and len(worker.at_hand) <= ahead:
                        sent += _give(worker, waiting.popleft(), post, sent)
                if not more and not any(worker.at_hand for worker in crew):
                    return  # asked here, not before: that there are no more jobs may only just have been found
                for key, _ in selector.select(0 if more else None):
                    worker = key.data
                    if worker.at_hand:
                        result = _answer(worker)
                        job = worker.at_hand.popleft()
                        if waiting:
                            sent += _give(worker, waiting.popleft(), post, sent)
                        yield job, result
    finally:
        os.close(post)
        _dismiss(crew)


@dataclass(slots=True)
class _Worker(Generic[Job]):
    pid: int
    link: socket.socket
    at_hand: deque[Job] = field(default_factory=deque)
    reaped: bool = False


def _dismiss(crew: Sequence[_Worker[Any]]) -> None:
    """A worker without work ends when its link does; nobody waits for the others."""
    for worker in crew:
        worker.link.close()
    for worker in crew:
        if not worker.reaped:
            if worker.at_hand:
                os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)


def _hire(make: Callable[[int], Callable[[Job], Any]], number: int, post: int) -> _Worker[Job]:
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
        _serve(make(number), theirs, post)
        status = 0
    finally:
        os._exit(status)


def _serve(work: Callable[[Job], Any], link: socket.socket, post: int) -> None:
    """Answer jobs until the parent closes its end or is gone."""
    parent = os.getppid()
    while True:
        request = _exactly(link, _PLACE.size)
        if request is None or os.getppid() != parent:
            return
        at, size = _PLACE.unpack(request)
        try:
            job: Job = pickle.loads(os.pread(post, size, at))  # noqa: S301 - our own bytes
            answer = pickle.dumps((True, work(job)))
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


def _give(worker: _Worker[Job], job: Job, post: int, at: int) -> int:
    """Bytes that the job takes in the post. The link only says where it lies: what does not fit into a link's buffer
    would hold the parent up for as long as the worker is busy."""
    body = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
    left = memoryview(body)
    while left:
        left = left[os.pwrite(post, left, at + len(body) - len(left)) :]
    worker.at_hand.append(job)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its death is noticed when its answer is due
        worker.link.sendall(_PLACE.pack(at, len(body)))
    return len(body)


def _answer(worker: _Worker[Any]) -> Any:
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
