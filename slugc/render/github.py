"""Events for GitHub Actions: folded groups, and annotations that a build's own output cannot forge.

A line of a child that starts with `::` would be a workflow command. All untrusted text is therefore printed while
commands are stopped under a random token (`::stop-commands::TOKEN` ... `::TOKEN::`).
"""

import secrets

from slugc import events
from slugc.render import human


class GithubRenderer:
    """Holds what the format needs to remember: an open group, and whether commands are stopped."""

    def __init__(self, token: str | None = None) -> None:
        self._token = token or secrets.token_hex(16)
        self._stopped = False
        self._grouped = False

    def render(self, event: events.Event) -> list[str]:
        text = [human.plain(line) for line in human.render(event)]
        match event:
            case events.BuildpackStarted():
                opened = [*self._end_group(), *self._trusted(f"::group::{_data(event.name or event.buildpack)}")]
                self._grouped = True
                return opened + self._untrusted(text)
            case events.BuildpackFinished():
                return self._end_group()
            case events.Warned():
                place = _place(event.file, event.line)
                return [*self._untrusted(text), *self._trusted(f"::warning {place}title=slugc::{_data(event.text)}")]
            case events.BuildFailed():
                message = "\n".join(part for part in (event.summary, event.detail, event.hint) if part)
                return [
                    *self._end_group(),
                    *self._untrusted(text),
                    *self._trusted(f"::error title={_property(event.code)}::{_data(message)}"),
                ]
            case _:
                return self._untrusted(text)

    def _end_group(self) -> list[str]:
        if not self._grouped:
            return []
        self._grouped = False
        return self._trusted("::endgroup::")

    def _untrusted(self, lines: list[str]) -> list[str]:
        if not lines:
            return []
        start = [] if self._stopped else [f"::stop-commands::{self._token}"]
        self._stopped = True
        return [*start, *lines]

    def _trusted(self, command: str) -> list[str]:
        return [*self.end(), command]

    def end(self) -> list[str]:
        """At the end of a command: what its step does next may speak to the runner again."""
        resume = [f"::{self._token}::"] if self._stopped else []
        self._stopped = False
        return resume


def _place(file: str | None, line: int | None) -> str:
    parts = [f"file={_property(file)}"] if file else []
    if line is not None:
        parts.append(f"line={line}")
    return ",".join(parts) + "," if parts else ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
