"""HAProxy's log records to Heroku's router lines. Pure.

A record has what is needed to write the line, in few bytes and few fields: HAProxy pays for each of them in every
request. Most lines are never read, so a chunk of records is only told apart by app when it comes (one search where
all are of one app), and its lines are written when somebody wants them.
"""

import re
from dataclasses import dataclass

from slugc.model.route import RouterRecord
from slugc.router.failures import Failure, classify
from slugc.router.table import APP_NAME, dyno_of

CAPTURED = (("Host", 255), ("X-Request-Id", 201), ("X-Forwarded-For", 8192))
"""Request headers in the record and how many bytes of each. HAProxy takes the last one of a name, as the client sent
it. One byte more than the longest request id, so that a longer one is not taken for it."""

REQUEST_ID = "[A-Za-z0-9+/=-]{20,200}"
"""Which of the clients' own request ids are kept."""

RECORD = "%b {protocol} %ts %[var(txn.code)] %s %Tc %Ta %ST %B %ID %[var(sess.ip)] %HM %hr %{{+E}}HPO%{{+E}}HQ"
"""HAProxy's log-format; `{protocol}` is HTTP or HTTPS."""

HTTP = "http"
HTTPS = "https,tls%[ssl_fc_protocol,bytes(4)]"

PORT_FRONTEND = "_port_"
"""Before an app's name: the frontend of its own port. A request refused there never met the backend."""

_RECORD = re.compile(
    r"[^ ]+ (?P<protocol>https?)(?:,(?P<tls>[^ ]+))? (?P<state>..) (?P<code>[^ ]+) (?P<server>[^ ]+)"
    r" (?P<connect>-?\d+) (?P<service>-?\d+) (?P<status>-?\d+) (?P<size>\d+) (?P<id>[^ ]+) (?P<address>[^ ]+)"
    r" (?P<method>[^ ]+) \{(?P<host>[^|}]*)\|(?P<own_id>[^|}]*)\|(?P<forwarded>[^|}]*)\} (?P<path>.*)"
)
_ORDINARY = re.compile(
    rb"[^ ]+ http -- - ([-\w]+\.\d+) (\d+) (\d+) (\d+) (\d+) ([^ ]+) ([^ ]+) ([^ ]+) \{([^|}]*)\|\|\} (.*)"
)
"""A record of a request that went well and brought no headers of a router's, in the clear: a third of the work."""
_APP_END = b" http"
_BAD = "<BADREQ>"
"""HAProxy's word for what it could not read."""
_ENCODED = re.compile("#(2[23]|7[BCD])")
"""A quote, the mark itself and the marks of the captured headers; what cannot be printed stays as it is."""
_FIELD = re.compile(r'([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^ ]*))')
_REQUEST_ID = re.compile(REQUEST_ID)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one app, in order, each ended by a line feed. Satisfies slugc.model.log.LateLines."""

    app: str
    records: bytes
    count: int

    def text(self, last: int | None = None) -> bytes:
        """Their lines, or only the last ones, each ended by a line feed. A record that is none has no line."""
        records = self.records[:-1].split(b"\n") if self.count else []
        lines = (_line(record) for record in (records if last is None else records[-last:]))
        return b"".join(line + b"\n" for line in lines if line is not None)


def digest(chunk: bytes) -> list[Batch]:
    """Whole records (each ended by a line feed) told apart by app. What is no record of an app is left out."""
    app = _app(chunk)
    first = chunk[: chunk.find(_APP_END) + len(_APP_END)]
    count = chunk.count(b"\n")
    # This search costs 0.04 microseconds a record; to split them, eight times that.
    if app and chunk.count(b"\n" + first) == count - 1:
        return [Batch(app, chunk, count)]
    groups: list[tuple[str, list[bytes]]] = []
    for record in chunk.split(b"\n"):
        app = _app(record)
        if app and (not groups or groups[-1][0] != app):
            groups.append((app, []))
        if app:
            groups[-1][1].append(record)
    return [Batch(app, b"\n".join(records) + b"\n", len(records)) for app, records in groups]


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


def _app(record: bytes) -> str:
    """Whose record begins so; empty where it is nobody's."""
    name = record[: max(record.find(_APP_END), 0)].decode("ascii", "replace").removeprefix(PORT_FRONTEND)
    return name if APP_NAME.fullmatch(name) else ""


def _line(record: bytes) -> bytes | None:
    if found := _ORDINARY.fullmatch(record):
        dyno, connect, service, status, size, request_id, address, method, host, path = found.groups()
        return (
            b'at=info method=%b path="%b" host=%b request_id=%b fwd="%b" dyno=%b connect=%bms service=%bms status=%b'
            b" bytes=%b protocol=http" % (method, path, host, request_id, address, dyno, connect, service, status, size)
        )
    whole = _RECORD.fullmatch(record.decode("utf-8", "surrogateescape"))
    return None if whole is None else _careful_line(whole).encode("utf-8", "surrogateescape")


def _careful_line(found: re.Match[str]) -> str:
    dyno = dyno_of(found["server"])
    failure = None
    if found["state"] != "--" or found["code"] != "-":
        failure = classify(state=found["state"], code=found["code"], status=int(found["status"]), dyno=dyno)
    request_id = found["own_id"] if _REQUEST_ID.fullmatch(found["own_id"]) else found["id"]
    fwd = f"{_escaped(found['forwarded'])}, {found['address']}" if found["forwarded"] else found["address"]
    tls = f" tls_version={found['tls']}" if found["tls"] else ""
    what = (
        f'method={found["method"].replace(_BAD, "")} path="{found["path"].replace(_BAD, "")}" host={found["host"]}'
        f' request_id={request_id} fwd="{fwd}"'
    )
    if failure is not None:
        return f"{_reason(failure)} {what} {_outcome(failure, found, dyno)} protocol={found['protocol']}{tls}"
    return (
        f"at=info {what} dyno={dyno} connect={found['connect']}ms service={found['service']}ms"
        f" status={found['status']} bytes={found['size']} protocol={found['protocol']}{tls}"
    )


def _reason(failure: Failure) -> str:
    sock = f"sock={failure.sock} " if failure.sock else ""
    return f'{sock}at={failure.level} code={failure.code} desc="{failure.description}"'


def _outcome(failure: Failure, found: re.Match[str], dyno: str) -> str:
    """The fields of a failure that say how far it came, with nothing where there was nothing."""
    known = dyno if failure.dyno else ""
    connect = f"{found['connect']}ms" if known and not found["connect"].startswith("-") else ""
    service = f"{found['service']}ms" if connect and not found["service"].startswith("-") else ""
    own_status = failure.code == "H26" and found["status"].isdigit()
    status = found["status"] if own_status else failure.status
    # What HAProxy counted is its own page where the dyno's response had not begun.
    begun = found["state"][1:] in {"D", "L"}
    sent = (found["size"] if begun else "0") if known else ""
    return f"dyno={known} connect={connect} service={service} status={status} bytes={sent}"


def _escaped(header: str) -> str:
    """A captured header as it stands in quotes."""
    plain = _ENCODED.sub(lambda mark: chr(int(mark[1], 16)), header)
    return re.sub(r'[\\"\]]', r"\\\g<0>", plain)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _number(text: str) -> int | None:
    digits = text.removesuffix("ms")
    return int(digits) if digits.isdigit() else None
