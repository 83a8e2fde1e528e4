"""HAProxy's log records to Heroku's router lines. Pure.

HAProxy writes the finished line of a request that went well, behind a prefix that tells whose it is and how it
ended: `APP STATE CODE ID at=info method=...` (ID: the client's own request id). So the ordinary case is one
bytes.replace for a whole chunk, and only a request that failed is taken apart. (JSON records cost 5 microseconds
of Python each, a third of what HAProxy needs for the request.)
"""

import re
from dataclasses import dataclass

from slugc.model.route import RouterRecord
from slugc.router.failures import Failure, classify
from slugc.router.table import dyno_of

RECORD = (
    '%b %ts %[var(txn.code)] %[var(txn.rid)] at=info method=%HM path="%{{+E}}HPO%{{+E}}HQ"'
    ' host=%[capture.req.hdr(0)] request_id=%ID fwd="%{{+E}}[var(txn.fwd)]%ci" dyno=%s'
    " connect=%Tc%[str(ms)] service=%Ta%[str(ms)] status=%ST bytes=%B protocol={protocol}"
)
"""HAProxy's log-format; `{protocol}` is `http`, or `https tls_version=%sslv`."""

PORT_FRONTEND = "_port_"
"""Before an app's name: the frontend of its own port. A request refused there never met the backend."""

_FIELD = re.compile(r'([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^ ]*))')
_NO_FORWARD = b' fwd="-'
_REQUEST_ID = re.compile(rb" request_id=[0-9a-f-]{36}")
_SECOND_SERVER = re.compile(rb"( dyno=[-\w]+\.\d+)__\d+")
_TLS = re.compile(rb" tls_version=TLSv")


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one app, in order, each ended by a line feed."""

    app: str
    lines: bytes


def digest(chunk: bytes) -> list[Batch]:
    """Router lines from whole records (each ended by a line feed). Records that are none are left out."""
    first = chunk[: chunk.find(b" at=info ") + 1]
    plain = first.endswith(b" -- - - ") and first.count(b" ") == 4 and not first.startswith(b"_")
    if plain and chunk.count(b"\n" + first + b"at=info ") + 1 == chunk.count(b"\n"):
        app = first[: first.find(b" ")].decode("ascii", "replace")
        return [Batch(app, _tidy(chunk[len(first) :].replace(b"\n" + first, b"\n")))]
    batches: list[tuple[str, list[bytes]]] = []
    for raw in chunk.splitlines():
        line = _line(raw)
        if line is None:
            continue
        app, text = line
        if not batches or batches[-1][0] != app:
            batches.append((app, []))
        batches[-1][1].append(text)
    return [Batch(app, b"".join(lines)) for app, lines in batches]


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


def _line(raw: bytes) -> tuple[str, bytes] | None:
    try:
        app, state, code, rid, rest = raw.split(b" ", 4)
    except ValueError:
        return None
    name = app.decode("ascii", "replace").removeprefix(PORT_FRONTEND)
    if not rest.startswith(b"at=info ") or not name or name.startswith("_"):
        return None
    if rid != b"-":
        rest = _REQUEST_ID.sub(lambda _: b" request_id=" + rid, rest, count=1)
    if state == b"--" and code == b"-":
        return name, _tidy(rest) + b"\n"
    fields = {key: (quoted, plain) for key, quoted, plain in _FIELD.findall(_tidy(rest).decode("utf-8", "replace"))}
    dyno = dyno_of(fields["dyno"][1]) if "dyno" in fields else ""
    failure = classify(
        state=state.decode("ascii", "replace"),
        code=code.decode("ascii", "replace"),
        status=_number(fields.get("status", ("", ""))[1]) or 0,
        dyno=dyno,
    )
    if failure is None:
        return name, _tidy(rest) + b"\n"
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
    return " ".join(words) + "\n"


def _tidy(lines: bytes) -> bytes:
    lines = lines.replace(_NO_FORWARD, b' fwd="')
    if b"__" in lines:
        lines = _SECOND_SERVER.sub(rb"\1", lines)
    if b" tls_version=TLSv" in lines:
        lines = _TLS.sub(b" tls_version=tls", lines)
    return lines


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _number(text: str) -> int | None:
    digits = text.removesuffix("ms")
    return int(digits) if digits.isdigit() else None
