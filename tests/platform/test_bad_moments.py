"""What comes at the wrong moment, or finds the disk not as it was: nothing of it is half done."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from slugc.host.unix_http import call

if TYPE_CHECKING:
    from tests.platform.conftest import Platform

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(platform: "Platform", source: Path) -> "Platform":
    """A platform with one app that runs."""
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.deploy("shop", source)
    platform.eventually(lambda: platform.states("shop").get("web.1") == "up")
    return platform


def current(platform: "Platform", app: str = "shop") -> dict[str, Any]:
    rows = platform.slugc("releases", "--app", app, "--json").json
    return next(row for row in rows if row["current"])


def begun(platform: "Platform", *words: str) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-m", "slugc", *words]
    return subprocess.Popen(argv, env=platform.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_a_slug_that_was_damaged_in_the_store_does_not_become_the_release(
    shop: "Platform", source: Path, tmp_path: Path
) -> None:
    before = current(shop)
    (source / "more.txt").write_text("more" * 1000)
    plain = str(source.parent / "plain")
    file = tmp_path / "more.slug"
    shop.slugc("build", str(source), "--buildpack", plain, "--out", str(file))
    digest = json.loads(shop.slugc("inspect", str(file), "--json").out)["digest"]
    kept = shop.home / "slugs" / f"{digest}.slug"
    raw = bytearray(kept.read_bytes())
    raw[-20] ^= 0xFF
    kept.write_bytes(raw)
    shutil.rmtree(shop.home / "trees" / digest, ignore_errors=True)
    said = shop.slugc("deploy", digest, "--app", "shop", ok=False)
    assert said.code == 79, said.err
    assert current(shop) == before
    assert shop.get("shop")[0] == 200


def test_an_app_that_is_destroyed_while_it_is_deployed_leaves_nothing(shop: "Platform", source: Path) -> None:
    (source / "Procfile").write_text("web: python3 server.py\nrelease: echo migrating; sleep 600\n")
    deploy = begun(shop, "deploy", str(source), "--buildpack", str(source.parent / "plain"), "--app", "shop")
    shop.eventually(lambda: any(name.startswith("release.") for name in shop.states("shop")))
    shop.slugc("apps", "destroy", "shop", "--confirm", "shop")
    _, said = deploy.communicate(timeout=120)
    assert deploy.returncode == 71, said
    assert "There is no app named shop" in said
    shop.eventually(lambda: not [line for line in shop.processes() if "server.py" in line or "sleep 600" in line])
    shop.slugc("apps", "create", "shop")
    assert shop.states("shop") == {}


def test_a_rollback_during_a_release_command_says_how_to_undo_it(shop: "Platform", source: Path) -> None:
    (source / "Procfile").write_text("web: python3 server.py\nrelease: sleep ${WAIT:-0}\n")
    shop.deploy("shop", source)
    good = current(shop)["version"]
    slow = begun(shop, "config", "set", "WAIT=4", "--app", "shop")
    shop.eventually(lambda: any(name.startswith("release.") for name in shop.states("shop")))
    said = shop.slugc("rollback", f"v{good}", "--app", "shop")
    assert slow.wait(60) == 0
    if slow.stderr is not None:
        slow.stderr.close()
    assert f"slugc rollback v{good + 1} --app shop" in said.err
    assert shop.slugc("config", "--app", "shop", "--json").json == []


def test_two_add_ons_made_at_once_get_a_config_var_each(shop: "Platform") -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: shop.slugc("addons", "create", "redis", "--app", "shop"), range(3)))
    assert all(answer.code == 0 for answer in made)
    config = {row["name"]: row["value"] for row in shop.slugc("config", "--app", "shop", "--json").json}
    assert len(config) == len(set(config.values())) == 3


def test_a_log_that_cannot_be_opened_keeps_no_other_app_down(shop: "Platform", source: Path) -> None:
    shop.slugc("apps", "create", "other")
    shop.deploy("other", source)
    shop.slugc("platform", "stop")
    folder = next((shop.home / "state" / "logs").glob("shop-*"))
    shutil.rmtree(folder)
    folder.write_text("a file where a folder was")
    shop.start()
    shop.eventually(lambda: shop.get("other")[0] == 200)
    notes = shop.slugc("platform", "status", "--json").json["notes"]
    assert any(note.startswith("shop: ") and str(folder) in note for note in notes), notes


def test_an_app_that_cannot_be_set_up_does_not_keep_its_name(platform: "Platform") -> None:
    platform.start()
    logs = platform.home / "state" / "logs"
    logs.write_text("a file where the folder of all logs should be")
    assert platform.slugc("apps", "create", "shop", ok=False).code != 0
    assert platform.slugc("apps", "--json").json == []
    logs.unlink()
    platform.slugc("apps", "create", "shop")
    assert platform.slugc("ps", "--app", "shop", "--json").json == []


def test_a_slug_that_is_gone_keeps_its_own_app_down_alone(shop: "Platform", source: Path) -> None:
    shop.slugc("apps", "create", "other")
    (source / "another.txt").write_text("another slug")
    shop.deploy("other", source)
    digest = current(shop)["slug"]
    shop.slugc("platform", "stop")
    (shop.home / "slugs" / f"{digest}.slug").unlink()
    shop.start()
    shop.eventually(lambda: shop.get("other")[0] == 200)
    notes = shop.slugc("platform", "status", "--json").json["notes"]
    assert any(note.startswith("shop: ") and digest[:12] in note for note in notes), notes
    assert shop.get("shop")[0] == 503
    shop.deploy("shop", source)
    shop.eventually(lambda: shop.get("shop")[0] == 200)


def test_an_add_on_whose_data_is_gone_is_named_and_keeps_nothing_else_down(shop: "Platform") -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    name = shop.slugc("addons", "create", "redis", "--app", "shop").out.strip()
    shop.slugc("platform", "stop")
    shutil.rmtree(shop.home / "state" / "addons" / name)
    shop.start()
    shop.eventually(lambda: shop.get("shop")[0] == 200)
    notes = shop.slugc("platform", "status", "--json").json["notes"]
    assert any(note.startswith(f"{name}: ") and "gone" in note for note in notes), notes
    assert [row["state"] for row in shop.slugc("addons", "--app", "shop", "--json").json] == ["down"]
    shop.slugc("addons", "destroy", name, "--confirm", name, "--app", "shop")


def test_words_that_are_not_utf_8_are_refused_and_no_listing_breaks(shop: "Platform") -> None:
    socket = shop.home / "state" / "platform.sock"
    for body in ({"words": ["printf \udcff"]}, {"words": ["a\0b"]}, {"words": ["true"], "env": {"A": "\0"}}):
        status, row = call(socket, "POST", "/apps/shop/dynos", body)
        assert (status, row["id"]) == (422, "usage.request")
    said = subprocess.run(
        [sys.executable.encode(), b"-m", b"slugc", b"run", b"--app", b"shop", b"--detach", b"--", b"printf \xff"],
        env=shop.env,
        capture_output=True,
        check=False,
    )
    assert said.returncode == 2
    assert b"UTF-8" in said.stderr
    assert list(shop.states("shop")) == ["web.1"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"releases/v{'9' * 5000}", 404),
        (f"logs?lines={'9' * 5000}", 422),
        ("logs?lines=%C2%B2", 422),
        (f"releases?limit={'9' * 5000}", 200),
    ],
)
def test_a_number_that_nothing_counts_to_is_no_bug(platform: "Platform", target: str, status: int) -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    assert call(platform.home / "state" / "platform.sock", "GET", f"/apps/shop/{target}")[0] == status


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 24 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place], check=False).returncode:
        pytest.skip("only root may mount a file system, and not everywhere")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_on_a_full_disk_changes_are_refused_whole_and_what_runs_goes_on(
    small: Path, source: Path, platform_of: "Callable[[Path], Platform]"
) -> None:
    shop = platform_of(small)
    shop.start()
    shop.slugc("apps", "create", "shop")
    shop.deploy("shop", source)
    shop.eventually(lambda: shop.states("shop").get("web.1") == "up")
    filler = small / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as out:
        while True:
            out.write(b"x" * 4096)
    before = current(shop)

    def refused(code: int, *words: str) -> None:
        said = shop.slugc(*words, "--app", "shop", ok=False)
        assert said.code == code, said.err
        assert "full" in said.err or "No space left" in said.err
        assert "Make room" in said.err

    refused(73, "config", "set", f"BIG={'x' * 50_000}")
    refused(73, "config", "set", f"BIG={'x' * 50_000}")
    refused(39, "drains", "add", "syslog+tcp://127.0.0.1:9")
    assert shop.slugc("drains", "--app", "shop", "--json").json == []
    if shutil.which("redis-server"):
        refused(39, "addons", "create", "redis")
        assert shop.slugc("addons", "--app", "shop", "--json").json == []
    shop.slugc("ps", "restart", "--app", "shop")
    shop.eventually(lambda: shop.get("shop")[0] == 200)
    assert current(shop) == before
    filler.unlink()
    shop.slugc("config", "set", f"BIG={'x' * 50_000}", "--app", "shop")
    assert current(shop)["version"] == before["version"] + 1
    assert shop.slugc("releases", "verify", "--app", "shop").code == 0


def test_a_state_folder_may_have_any_name(
    tmp_path: Path, source: Path, platform_of: "Callable[[Path], Platform]"
) -> None:
    home = Path(os.fsdecode(os.fsencode(tmp_path) + b"/a \"b' \xff\xc3\xa9"))
    home.mkdir()
    shop = platform_of(home)
    shop.start()
    shop.slugc("apps", "create", "shop")
    shop.deploy("shop", source)
    shop.eventually(lambda: shop.get("shop")[0] == 200)
    if shutil.which("redis-server"):
        shop.slugc("addons", "create", "redis", "--app", "shop")
        socket = home / "state" / "platform.sock"
        assert call(socket, "GET", "/apps/shop/addons/redis")[1]["data"].startswith(str(home))
    assert shop.slugc("run", "--app", "shop", "--", "echo", "inside").out == "inside\n"
    shop.slugc("releases", "export", "--app", "shop", "--out", str(tmp_path / "release.json"), cwd=tmp_path)
    assert json.loads((tmp_path / "release.json").read_text())["slug_path"] is None
    assert call(home / "state" / "platform.sock", "GET", "/platform")[1]["home"] == str(home)
