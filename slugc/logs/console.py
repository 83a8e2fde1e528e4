"""The log of one app as it comes, for the person in front of `slugc start`."""

from collections.abc import Callable

from slugc.host.clock import Clock

LINE_LIMIT = 10_000


class ConsoleLog:
    """Whole lines with time, source and dyno before them; lines of several dynos never mix.

    Satisfies the sink that dynos write to. `write_out` gets bytes, because an app may print what is not UTF-8.
    """

    def __init__(self, write_out: Callable[[bytes], None], *, clock: Clock) -> None:
        self._out, self._clock = write_out, clock
        self._rests: dict[tuple[str, str], bytes] = {}

    def write(self, source: str, dyno: str, data: bytes) -> None:
        *lines, rest = (self._rests.pop((source, dyno), b"") + data).split(b"\n")
        while len(rest) > LINE_LIMIT:
            lines.append(rest[:LINE_LIMIT])
            rest = rest[LINE_LIMIT:]
        if rest:
            self._rests[source, dyno] = rest
        self._print(source, dyno, lines)

    def event(self, source: str, dyno: str, text: str) -> None:
        """One line of the platform. An unfinished line of the same dyno is older, so it comes first."""
        for key in [key for key in self._rests if key[1] == dyno]:
            self._print(*key, [self._rests.pop(key)])
        self._print(source, dyno, [text.encode("utf-8", "surrogateescape")])

    def notice(self, lost: int) -> bytes:
        """The line that stands for lines which whoever reads did not take in time."""
        at = self._clock.now().isoformat(timespec="microseconds")
        text = f"Error L11 (Tail buffer overflow) -> This tail session dropped {lost} messages."
        return f"{at} heroku[logplex]: {text}\n".encode()

    def _print(self, source: str, dyno: str, lines: list[bytes]) -> None:
        if lines:
            at = self._clock.now().isoformat(timespec="microseconds")
            prefix = f"{at} {source}[{dyno}]: ".encode()
            self._out(b"".join(prefix + line.removesuffix(b"\r") + b"\n" for line in lines))
