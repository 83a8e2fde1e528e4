"""Syslog frames as Logplex sends them: RFC 5424 without structured data, octet-counted (RFC 6587). Pure."""

LOCAL7_INFO = 190
LOCAL3_INFO = 158
SYSLOG_NOTICE = 45
LOCAL5_WARNING = 172


def priority(source: str, dyno: str) -> int:
    """Logplex's: dynos speak as local7.info, the router as local3.info, other platform lines as syslog.notice."""
    if source != "heroku":
        return LOCAL7_INFO
    if dyno == "logplex":
        return LOCAL5_WARNING
    return LOCAL3_INFO if dyno == "router" else SYSLOG_NOTICE


def frame(*, at: bytes, host: bytes, source: str, dyno: str, text: bytes) -> bytes:
    """One counted message. at: RFC 3339. The line feed at the end belongs to the message, and to its count."""
    head = f"<{priority(source, dyno)}>1 ".encode() + at + b" " + host + f" {source} {dyno} - ".encode()
    return b"%d %b%b\n" % (len(head) + len(text) + 1, head, text)


def parse_frames(data: bytes) -> list[bytes]:
    """The messages of whole frames, without their counts. Raises ValueError where a count does not fit."""
    messages: list[bytes] = []
    at = 0
    while at < len(data):
        space = data.find(b" ", at)
        count = data[at:space] if space > 0 else b""
        end = space + 1 + int(count) if count.isdigit() else len(data) + 1
        if end > len(data):
            raise ValueError(data[at : at + 40])
        messages.append(data[space + 1 : end])
        at = end
    return messages
