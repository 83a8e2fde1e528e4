"""Each language's basic app, on this system and on a bare root file system: built twice alike, booted, answering."""

import hashlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from command_line import environment, slugc

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
LANGUAGES = ("python", "node", "ruby", "java", "clojure", "scala")
BOOT_SECONDS = 120.0
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.mark.parametrize("stack", ["host", "debian-12"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_basic_app_of_a_language_is_built_twice_alike_and_answers(
    stacked: Path, tmp_path: Path, language: str, stack: str
) -> None:
    slugs = [built(stacked, tmp_path / name, language, stack) for name in ("one", "two/deeper")]
    assert len({hashlib.sha256(slug.read_bytes()).hexdigest() for slug in slugs}) == 1
    if stack != "host":
        asked = "for name in python3 node ruby java; do PATH=/usr/local/bin:/usr/bin:/bin command -v $name; done; true"
        assert slugc(stacked, "run", "--stack", stack, slugs[0], "--", "bash", "-c", asked).stdout == ""
    assert answer(stacked, slugs[0], stack, tmp_path / "log") == (200, f"hello from {language}")


def built(home: Path, folder: Path, language: str, stack: str) -> Path:
    """The app in a folder of its own: to slugc another app, with an empty cache."""
    shutil.copytree(FIXTURES / f"{language}_basic/app", folder / "app", symlinks=True)
    out = folder / "made.slug"
    done = slugc(home, "build", folder / "app", "--stack", stack, "-o", out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def answer(home: Path, slug: Path, stack: str, log: Path) -> tuple[int, str]:
    """Status and body of the front page, once a dyno serves it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "slugc", "start", str(slug), "--stack", stack, "--port", str(port)]
    with (
        log.open("wb") as out,
        subprocess.Popen(words, env=environment(home), stdin=subprocess.DEVNULL, stdout=out, stderr=out) as app,
    ):
        try:
            return asked(f"http://127.0.0.1:{port}/", app, log)
        finally:
            app.terminate()


def asked(url: str, app: "subprocess.Popen[bytes]", log: Path) -> tuple[int, str]:
    until = time.monotonic() + BOOT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as got:
                return got.status, got.read().decode().strip()
        except (urllib.error.HTTPError, OSError) as error:
            # The router listens before a dyno does, and answers 503 until then.
            if time.monotonic() > until or app.poll() is not None:
                pytest.fail(f"{error}\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
