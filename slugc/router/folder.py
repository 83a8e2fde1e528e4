"""The data plane's private folder: made, written anew for each routing table, and swept where a router was killed."""

import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from slugc.errors.router import RouterFailed
from slugc.host.files import write_atomic
from slugc.router import pages as html
from slugc.router.certificates import router_certificate
from slugc.router.configuration import Features, RuntimeFiles, configuration, hold_script, host_map
from slugc.router.settings import RouterSettings
from slugc.router.table import Route

_PREFIX = "slugc-router"
_LONGEST_PARENT = 45
"""A socket's path ends at 107 bytes, and HAProxy binds under a longer name first."""


def make(uid: int | None) -> RuntimeFiles:
    """0700, and owned by the data plane's user, who must reach the control socket in it. Raises RouterFailed."""
    for parent in (os.environ.get("XDG_RUNTIME_DIR", ""), "/run", tempfile.gettempdir()):
        if 0 < len(parent) <= _LONGEST_PARENT and os.access(parent, os.W_OK | os.X_OK):
            _sweep(Path(parent))
            folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}-{os.getpid()}-", dir=parent))
            if uid is not None:
                os.chown(folder, uid, uid)
            return RuntimeFiles(folder)
    raise RouterFailed(doing="making its run-time folder", said="No temporary folder can be written.")


def write(
    files: RuntimeFiles, routes: Collection[Route], *, settings: RouterSettings, features: Features, generation: int
) -> None:
    """Every file that HAProxy reads when it starts or reloads."""
    for route in routes:
        body = html.page("H12", route.pages)
        files.error_page(route.app).write_bytes(html.response(503, "Service Unavailable", body))
    files.nowhere_page.write_bytes(html.text_page(*html.NOWHERE))
    files.hosts.write_text(host_map(routes, settings), encoding="utf-8")
    files.script.write_text(hold_script(files, seconds=settings.boot_seconds + 30), encoding="utf-8")
    if settings.tls_port is not None:
        hosts = [settings.domain, *sorted(f"{r.app}.{settings.domain}" for r in routes), settings.address]
        pem = router_certificate(settings.state or files.folder, hosts)
        write_atomic(files.certificate, pem, mode=0o600)
    text = configuration(routes, settings=settings, files=files, features=features, generation=generation)
    write_atomic(files.configuration, text.encode(), mode=0o600)


def remove(files: RuntimeFiles) -> None:
    shutil.rmtree(files.folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the folders that routers left here whose process was killed. Others' are refused by their owner."""
    for folder in parent.glob(f"{_PREFIX}-*-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)
