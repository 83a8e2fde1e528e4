"""What a visitor sees where no dyno answered. Pure.

A custom page (ERROR_PAGE_URL, MAINTENANCE_PAGE_URL) is shown in a frame that fills the window, as Heroku does it:
the visitor's browser fetches it. Fetching it here would make the router's answer depend on another server at the
worst moment, and would let a config var point the platform at any address of this machine's network.
"""

from html import escape
from urllib.parse import urlsplit

from slugc.model.route import AppPages

_STYLE = "font-family:system-ui,sans-serif;max-width:36em;margin:20vh auto;padding:0 1em;color:#333"
_TEXTS = {
    "H80": (
        "Offline for maintenance",
        "This application is undergoing maintenance right now. Please check back later.",
    ),
    "H81": (
        "There is nothing here, yet",
        "This application was created, and nothing has been deployed to it.",
    ),
}
_ERROR = (
    "Application error",
    "Your page could not be served. If you are the application's owner, its logs say why: slugc logs --tail",
)
NOWHERE = ("No such app", "There is no app configured at this host name.")


def page(code: str, pages: AppPages) -> bytes:
    """The HTML body for an H-code."""
    url = pages.maintenance if code == "H80" else None if code == "H81" else pages.error
    if url and framable(url) is None:
        return _html("Application", f'<iframe src="{escape(url)}" style="{_FRAME}"></iframe>')
    return text_page(*_TEXTS.get(code, _ERROR))


_FRAME = "position:fixed;inset:0;width:100%;height:100%;border:0"


def text_page(title: str, text: str) -> bytes:
    return _html(title, f'<main style="{_STYLE}"><h1>{escape(title)}</h1><p>{escape(text)}</p></main>')


def framable(url: str) -> str | None:
    """Why a URL cannot stand in a frame, or None."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return str(error)
    if parts.scheme not in {"http", "https", ""} or not parts.netloc:
        return f"{url!r} is not an http or https URL"
    return None


def response(status: int, reason: str, body: bytes) -> bytes:
    """A whole HTTP response, as HAProxy's `errorfile` wants it."""
    head = (
        f"HTTP/1.1 {status} {reason}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-cache, no-store\r\n"
        "\r\n"
    )
    return head.encode() + body


def _html(title: str, body: str) -> bytes:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title></head><body>{body}</body></html>\n"
    ).encode()
