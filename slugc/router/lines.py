"""HAProxy's log records to Heroku's router lines. Pure.

HAProxy writes the finished line of a request that went well, behind a prefix that tells whose it is and how it
ended: `APP STATE CODE ID FORWARDED at=info method=...` (ID: the client's own request id; FORWARDED: its forwarding
header, in hexadecimal). So the ordinary case is one bytes.replace for a whole chunk, and only a request that failed
or brought such headers is taken apart. Each further pass over a chunk costs up to a hundredth of what HAProxy needs
for the requests in it, and a JSON record for each would cost a third.
"""

import re
from dataclasses import dataclass

from slugc.model.route import RouterRecord
from slugc.router.failures import Failure, classify
from slugc.router.table import AGAIN, dyno_of

RECORD = (
    '%b %ts %[var(txn.code)] %[var(txn.rid)] %[var(txn.fwd),hex] at=info method=%HM path="%{{+E}}HPO%{{+E}}HQ"'
    ' host=%[capture.req.hdr(0)] request_id=%ID fwd="%ci" dyno=%s'
    " connect=%Tc%[str(ms)] service=%Ta%[str(ms)] status=%ST bytes=%B protocol={protocol}"
)
"""HAProxy's log-format; `{protocol}` is HTTP or HTTPS."""

HTTP = "http"
HTTPS = "https tls_version=tls%[ssl_fc_protocol,bytes(4)]"

PORT_FRONTEND = "_port_"
"""Before an app's name: the frontend of its own port. A request refused there never met the backend."""

_FIELD = re.compile(r'([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^ ]*))')
_FORWARDED = b' fwd="'
_INFO = b" at=info "
_NOTHING = b" -- - - -"
"""Behind the app's name where all went well and the client brought nothing of its own."""
_REQUEST_ID = re.compile(rb" request_id=[0-9a-f-]{36}")
_SECOND_SERVER = re.compile(rb"( dyno=[-\w]+\.\d+)" + AGAIN.encode() + rb"\d+")
_UNPRINTABLE = re.compile(rb"[\x00-\x1f\x7f-\xff]")


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one app, in order, each ended by a line feed."""

    app: str
    lines: bytes


def digest(chunk: bytes) -> list[Batch]:
    """Router lines from whole records (each ended by a line feed). Records that are none are left out."""
    first = chunk[: chunk.find(_INFO) + 1]
    app = _plain(first[:-1])
    if app:
        lines = chunk[len(first) :].replace(b"\n" + first, b"\n")
        # What was taken away tells how many records began so; counting them would be one more pass.
        if len(chunk) - len(lines) == len(first) * chunk.count(b"\n"):
            return [Batch(app, _tidy(lines))]
    batches: list[tuple[str, list[bytes]]] = []
    known: dict[bytes, str] = {}
    for raw in chunk.split(b"\n"):
        head, mark, text = raw.partition(_INFO)
        if not mark:
            continue
        app = known[head] if head in known else known.setdefault(head, _plain(head))
        line = (app, b"at=info " + text) if app else _line(head, text)
        if line is None:
            continue
        if not batches or batches[-1][0] != line[0]:
            batches.append((line[0], []))
        batches[-1][1].append(line[1])
    return [Batch(app, _tidy(b"\n".join(lines) + b"\n")) for app, lines in batches]


def parse(app: str, line: str) -> RouterRecord:
    """A router line taken apart, for those who want fields."""
    fields = {name: _unescape(quoted) if quoted else plain for name, quoted, plain in _FIELD.findall(line)}
    return RouterRecord(
        app=app,
        method=fields.get("method", ""),
        path=fields.get("path", ""),
        host=fields.get("host", ""),
        request_id=fields.get("request_id", ""),
        fwd=fields.get("fwd", ""),
        dyno=fields.get("dyno", ""),
        connect=_number(fields.get("connect", "")),
        service=_number(fields.get("service", "")),
        status=_number(fields.get("status", "")) or 0,
        size=_number(fields.get("bytes", "")) or 0,
        protocol=fields.get("protocol", ""),
        tls=fields.get("tls_version", ""),
        code=fields.get("code", ""),
    )


def _plain(head: bytes) -> str:
    """The app whose record begins so, where the rest is its line as it stands; else empty."""
    app = head.removesuffix(_NOTHING)
    named = app != head and b" " not in app and not app.startswith(b"_")
    return app.decode("ascii", "replace") if named else ""


def _line(head: bytes, rest: bytes) -> tuple[str, bytes] | None:
    """(app, line) of a record that has to be looked at."""
    try:
        app, state, code, rid, forwarded = head.split(b" ")
    except ValueError:
        return None
    name = app.decode("ascii", "replace").removeprefix(PORT_FRONTEND)
    if not name or name.startswith("_"):
        return None
    if rid != b"-":
        rest = _REQUEST_ID.sub(lambda _: b" request_id=" + rid, rest, count=1)
    if forwarded != b"-":
        before, mark, after = rest.rpartition(_FORWARDED)
        rest = before + mark + _escape(bytes.fromhex(forwarded.decode())) + after
    line = b"at=info " + rest
    if state == b"--" and code == b"-":
        return name, line
    fields = {key: (quoted, plain) for key, quoted, plain in _FIELD.findall(line.decode("utf-8", "replace"))}
    dyno = dyno_of(fields["dyno"][1]) if "dyno" in fields else ""
    failure = classify(
        state=state.decode("ascii", "replace"),
        code=code.decode("ascii", "replace"),
        status=_number(fields.get("status", ("", ""))[1]) or 0,
        dyno=dyno,
    )
    if failure is None:
        return name, line
    # What HAProxy counted is its own page where the dyno's response had not begun.
    begun = state[1:] in {b"D", b"L"}
    return name, _failed(failure, fields, dyno, begun=begun).encode()


def _failed(failure: Failure, fields: dict[str, tuple[str, str]], dyno: str, *, begun: bool) -> str:
    """The line of a failure: Heroku's word order, with nothing where there was nothing."""

    def plain(name: str) -> str:
        return fields.get(name, ("", ""))[1]

    def timed(name: str) -> str:
        value = plain(name)
        return "" if not dyno or not failure.dyno or value.startswith("-") else value

    status = failure.status
    if failure.code == "H26" and plain("status").isdigit():
        status = int(plain("status"))
    sent = plain("bytes") if begun else "0"
    words = [
        *([f"sock={failure.sock}"] if failure.sock else []),
        f"at={failure.level}",
        f"code={failure.code}",
        f'desc="{failure.description}"',
        f"method={plain('method').replace('<BADREQ>', '')}",
        f'path="{fields.get("path", ("", ""))[0].replace("<BADREQ>", "")}"',
        f"host={plain('host')}",
        f"request_id={plain('request_id')}",
        f'fwd="{fields.get("fwd", ("", ""))[0]}"',
        f"dyno={dyno if failure.dyno else ''}",
        f"connect={timed('connect')}",
        f"service={timed('service') if timed('connect') else ''}",
        f"status={status}",
        f"bytes={sent if dyno and failure.dyno else ''}",
        f"protocol={plain('protocol')}",
    ]
    if plain("tls_version"):
        words.append(f"tls_version={plain('tls_version')}")
    return " ".join(words)


def _tidy(lines: bytes) -> bytes:
    # The look for one byte is free, and most chunks have it nowhere.
    return _SECOND_SERVER.sub(rb"\1", lines) if AGAIN.encode() in lines else lines


def _escape(value: bytes) -> bytes:
    """As HAProxy writes what a client sent."""
    for mark in (b"\\", b'"', b"]"):
        value = value.replace(mark, b"\\" + mark)
    return _UNPRINTABLE.sub(lambda found: b"#%02X" % found[0][0], value)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _number(text: str) -> int | None:
    digits = text.removesuffix("ms")
    return int(digits) if digits.isdigit() else None
