"""The log of one app as it comes, for the person in front of `slugc start`."""

from collections.abc import Callable

from slugc.host.clock import Clock
from slugc.logs.chunks import chunk, whole_lines


class ConsoleLog:
    """Whole lines with time, source and dyno before them; lines of several dynos never mix.

    Satisfies the sink that dynos write to. `write_out` gets bytes, because an app may print what is not UTF-8.
    """

    def __init__(self, write_out: Callable[[bytes], None], *, clock: Clock) -> None:
        self._out, self._clock = write_out, clock
        self._rests: dict[tuple[str, str], bytes] = {}

    def write(self, source: str, dyno: str, data: bytes) -> None:
        key = (source, dyno)
        body, rest = whole_lines(self._rests.pop(key, b""), data)
        if rest:
            self._rests[key] = rest
        if body:
            self._out(chunk(self._now(), source, dyno, body).text)

    def event(self, source: str, dyno: str, text: str) -> None:
        """One line of the platform. An unfinished line of the same dyno is older, so it comes first."""
        for key in [key for key in self._rests if key[1] == dyno]:
            rest = self._rests.pop(key).removesuffix(b"\r")
            self._out(chunk(self._now(), *key, rest + b"\n").text)
        self._out(chunk(self._now(), source, dyno, text.encode("utf-8", "surrogateescape") + b"\n").text)

    def notice(self, lost: int) -> bytes:
        """The line that stands for lines which whoever reads did not take in time."""
        text = f"Error L11 (Tail buffer overflow) -> This tail session dropped {lost} messages."
        return chunk(self._now(), "heroku", "logplex", text.encode() + b"\n").text

    def _now(self) -> bytes:
        return self._clock.now().isoformat(timespec="microseconds").encode()
