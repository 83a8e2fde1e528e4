"""The HTTPS form of Logplex: octet-counted frames in the body of a POST. Pure."""

CONTENT_TYPE = "application/logplex-1"
HOST = b"host"
"""Stands where a syslog message names its host; over TCP it is the drain's token."""


def headers(*, count: int, frame_id: str, token: str) -> dict[str, str]:
    """frame_id: 32 hex digits, the same again when a batch is sent again."""
    return {
        "Content-Type": CONTENT_TYPE,
        "Logplex-Msg-Count": str(count),
        "Logplex-Frame-Id": frame_id,
        "Logplex-Drain-Token": token,
        "User-Agent": "Logplex/v1 (slugc)",
    }
