"""The routing table to HAProxy's configuration file. Pure.

Every request pays for each rule here (a microsecond is a tenth of the whole), so rules that only a few requests
need are guarded by the cheapest test, and listeners differ by being separate frontends rather than by conditions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slugc.router.lines import CAPTURED, HTTP, HTTPS, PORT_FRONTEND, RECORD, REQUEST_ID
from slugc.router.settings import RouterSettings
from slugc.router.table import Route

NOWHERE = "_nowhere"
NOBODY = "_nobody"
VIA = "1.1 slugc"
HOT_BYTES = 4 << 20
"""What a thread keeps of the memory it gave back. The default is that of 16 buffers, and each request needs two."""
ANSWERED_AS_503 = (500, 502, 503, 504)
"""HAProxy's own distinctions; Heroku answers 503 to all of them and tells them apart in the log."""


@dataclass(frozen=True, slots=True)
class RuntimeFiles:
    """The data plane's private folder: short, because socket paths end at 107 bytes."""

    folder: Path

    @property
    def configuration(self) -> Path:
        return self.folder / "haproxy.cfg"

    @property
    def admin(self) -> Path:
        return self.folder / "admin.sock"

    @property
    def master(self) -> Path:
        return self.folder / "master.sock"

    @property
    def control(self) -> Path:
        return self.folder / "control.sock"

    @property
    def script(self) -> Path:
        return self.folder / "hold.lua"

    @property
    def hosts(self) -> Path:
        return self.folder / "hosts.map"

    @property
    def certificate(self) -> Path:
        return self.folder / "router.pem"

    @property
    def nowhere_page(self) -> Path:
        return self.folder / "nowhere.html"

    def error_page(self, app: str) -> Path:
        """A whole response, for `errorfile`."""
        return self.folder / f"{app}.http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the HAProxy at hand can do beyond 2.6."""

    hot_size: bool = False
    """`tune.memory.hot-size` (2.8)."""
    response_timeout: bool = False
    """`http-response set-timeout server` (3.0): 30 s to the first byte and 55 s after it are two limits then."""


def configuration(
    routes: Iterable[Route], *, settings: RouterSettings, files: RuntimeFiles, features: Features, generation: int
) -> str:
    """The whole file. `generation` can be read back by `show env`, which tells that a reload has taken place."""
    ordered = sorted(routes, key=lambda route: route.app)
    blocks = [_global(settings, files, features, generation), _defaults(settings)]
    if settings.port is not None:
        bind = f"bind {settings.address}:{settings.port}"
        blocks.append(_frontend("_plain", bind, _by_host(files), port=settings.port, tls=False, settings=settings))
    if settings.tls_port is not None:
        bind = f"bind {settings.address}:{settings.tls_port} ssl crt {files.certificate} alpn h2,http/1.1"
        blocks.append(_frontend("_tls", bind, _by_host(files), port=settings.tls_port, tls=True, settings=settings))
    for route in ordered:
        if route.port is not None:
            bind = f"bind {settings.address}:{route.port}"
            backend = f"default_backend {route.app}"
            frontend = _frontend(
                PORT_FRONTEND + route.app, bind, [backend], port=route.port, tls=False, settings=settings
            )
            blocks.append(frontend)
    blocks.extend(_backend(route, files, settings, features) for route in ordered)
    blocks.append(
        [
            f"backend {NOWHERE}",
            f'http-request return status 404 content-type "text/html; charset=utf-8" file {files.nowhere_page}',
        ]
    )
    # Only a request without a host comes here.
    blocks.append([f"backend {NOBODY}", "http-request return status 400"])
    return "\n\n".join(block[0] + "\n" + "\n".join(f"    {line}" for line in block[1:]) for block in blocks) + "\n"


def host_map(routes: Iterable[Route], settings: RouterSettings) -> str:
    """Host name to backend, for HAProxy's map file; with the final dot of a name that is written in full as well."""
    return "".join(
        f"{route.app}.{settings.domain}{dot} {route.app}\n"
        for route in sorted(routes, key=lambda route: route.app)
        for dot in ("", ".")
    )


def hold_script(files: RuntimeFiles, *, seconds: float) -> str:
    """The Lua action that a request runs when its app has no server: it asks slugc and waits for the answer.

    `go` lets the request proceed to a server that is there by now; otherwise slugc sends the code and the page.
    Lua sockets yield, so HAProxy serves others meanwhile.
    """
    return f"""\
core.register_action("hold", {{ "http-req" }}, function(txn)
  local socket = core.tcp()
  socket:settimeout({int(seconds)})
  local code, body = "H99", ""
  if socket:connect("unix@{files.control}") then
    socket:send(txn.f:be_name() .. "\\n")
    local answer = socket:receive("*l")
    if answer == "go" then
      socket:close()
      return
    end
    if answer then
      local length
      code, length = answer:match("^(H%d+) (%d+)$")
      code = code or "H99"
      if length then body = socket:receive(tonumber(length)) or "" end
    end
    socket:close()
  end
  txn:set_var("txn.code", code)
  local reply = txn:reply({{ status = 503 }})
  reply:add_header("Content-Type", "text/html; charset=utf-8")
  reply:add_header("Cache-Control", "no-cache, no-store")
  reply:set_body(body)
  txn:done(reply)
end, 0)
"""


def _global(settings: RouterSettings, files: RuntimeFiles, features: Features, generation: int) -> list[str]:
    lines = [
        "global",
        "log stdout len 32768 format raw local0",
        f"stats socket {files.admin} mode 600 level admin expose-fd listeners",
        "stats timeout 2m",
        f"setenv SLUGC_GENERATION {generation}",
        f"lua-load-per-thread {files.script}",
        # An old worker after a reload stays for its websockets, but not for ever.
        "hard-stop-after 1h",
        "tune.bufsize 32768",
        f"tune.http.maxhdr {settings.headers}",
        f"tune.http.logurilen {settings.request_line}",
        "tune.lua.service-timeout 0",
        "tune.lua.task-timeout 0",
        f"tune.lua.session-timeout {int(settings.boot_seconds * 1000) + 60_000}ms",
    ]
    if features.hot_size:
        lines.append(f"tune.memory.hot-size {HOT_BYTES}")
    if settings.threads is not None:
        lines.append(f"nbthread {settings.threads}")
    if settings.uid is not None:
        lines += [f"uid {settings.uid}", f"gid {settings.uid}"]
    if settings.tls_port is not None:
        lines.append("ssl-default-bind-options ssl-min-ver TLSv1.2")
    return lines


def _defaults(settings: RouterSettings) -> list[str]:
    return [
        "defaults",
        "mode http",
        "log global",
        "option dontlognull",
        "option http-ignore-probes",
        # A reload must not cut a client that is about to send its next request on an idle connection.
        "option idle-close-on-response",
        # A client that hangs up frees its dyno, and the log says H27.
        "option abortonclose",
        "option redispatch 1",
        f"retries {settings.retries}",
        f"timeout connect {_ms(settings.connect_seconds)}",
        f"timeout server {_ms(settings.first_byte_seconds)}",
        f"timeout client {_ms(settings.idle_seconds)}",
        f"timeout tunnel {_ms(settings.idle_seconds)}",
        f"timeout http-request {_ms(settings.first_byte_seconds)}",
        f"timeout http-keep-alive {_ms(settings.keep_alive_seconds)}",
        f"timeout queue {_ms(settings.boot_seconds)}",
    ]


def _by_host(files: RuntimeFiles) -> list[str]:
    # Whatever the port: behind a tunnel or a container's port the client's is another than ours.
    return [
        f"use_backend %[req.hdr(host),host_only,lower,map_str({files.hosts},{NOWHERE})]",
        f"default_backend {NOBODY}",
    ]


def _frontend(name: str, bind: str, routing: list[str], *, port: int, tls: bool, settings: RouterSettings) -> list[str]:
    own_id = "req.fhdr(x-request-id) -m reg ^" + REQUEST_ID + "$"
    long_header = f'{{ req.hdrs -m reg "[^\\n]{{{settings.header_line + 1}}}" }}'
    return [
        f"frontend {name}",
        bind,
        "log-format " + _quoted(RECORD.format(protocol=HTTPS if tls else HTTP)),
        "unique-id-format %[uuid()]",
        # Once for a connection: an address is made text by printf, which costs a request more than any other rule.
        "tcp-request session set-var-fmt(sess.ip) %[src]",
        *(f"capture request header {header} len {length}" for header, length in CAPTURED),
        f"http-request return status 414 if {{ url,length gt {settings.request_line} }}",
        f"http-request return status 400 if {{ req.hdrs,length gt {settings.header_line} }} {long_header}",
        "http-request return status 417 if { req.fhdr(expect) -m found } !{ req.fhdr(expect) -i 100-continue }",
        f"http-request set-header X-Request-Id %[unique-id] if !{{ {own_id} }}",
        "http-request set-header X-Request-Start %[date(0,ms)]",
        "http-request set-header X-Forwarded-For \"%[req.fhdr(x-forwarded-for),concat(', ')]%[var(sess.ip)]\"",
        f"http-request set-header X-Forwarded-Proto {'https' if tls else 'http'}",
        f"http-request set-header X-Forwarded-Port {port}",
        f'http-request add-header Via "{VIA}"',
        f'http-response add-header Via "{VIA}"',
        *routing,
    ]


def _backend(route: Route, files: RuntimeFiles, settings: RouterSettings, features: Features) -> list[str]:
    lines = [
        f"backend {route.app}",
        "balance random(1)",
        "http-request lua.hold if { nbsrv eq 0 }",
    ]
    lines += [f"errorfile {status} {files.error_page(route.app)}" for status in ANSWERED_AS_503]
    if features.response_timeout:
        lines.append(f"http-response set-timeout server {_ms(settings.idle_seconds)}")
    disabled = " disabled" if route.maintenance else ""
    lines += [f"server {server.name} 127.0.0.1:{server.port}{disabled}" for server in route.servers]
    return lines


def _ms(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"


def _quoted(text: str) -> str:
    """One word of HAProxy's configuration language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
