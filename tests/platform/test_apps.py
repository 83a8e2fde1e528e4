"""Apps on a platform, through the command line: what changes, what is refused, and what stays."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.platform.conftest import Platform

pytestmark = pytest.mark.slow
NASTY = "spaces  and\nlines 'single' \"double\" $(touch /tmp/pwned) `id` \\ é 漢 #x=y\t!"


@pytest.fixture
def shop(platform: "Platform", source: Path) -> "Platform":
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.deploy("shop", source)
    platform.eventually(lambda: platform.states("shop") == {"web.1": "up"})
    return platform


def env(platform: "Platform", name: str) -> str | None:
    return platform.get("shop")[1]["env"].get(name)


def log(platform: "Platform") -> str:
    folder = platform.home / "state" / "logs" / "shop-1"
    return "".join(path.read_text(errors="replace") for path in folder.iterdir() if path.is_file())


def test_any_value_reaches_the_app_as_it_was_given(shop: "Platform", tmp_path: Path) -> None:
    large = "x" * 65_536
    file = tmp_path / "vars"
    file.write_text(f"FROM_FILE='two\nlines'\nLARGE={large}\n")
    shop.slugc("config", "set", f"NASTY={NASTY}", "EMPTY=", "--env-file", str(file), "--app", "shop")
    shop.eventually(lambda: env(shop, "NASTY") == NASTY)
    found = shop.get("shop")[1]["env"]
    assert (found["EMPTY"], found["FROM_FILE"], found["LARGE"]) == ("", "two\nlines", large)
    assert shop.slugc("config", "get", "NASTY", "--app", "shop").out == NASTY + "\n"
    assert not Path("/tmp/pwned").exists()
    shell = shop.slugc("config", "--shell", "--app", "shop").out
    script = f'{shell}\nprintf %s "$NASTY"'
    assert subprocess.run(["sh"], input=script, capture_output=True, text=True).stdout == NASTY
    lines = "".join(shop.processes())
    assert "漢" not in lines, "a config var stands in some command line"


def test_a_bad_name_or_value_changes_nothing(shop: "Platform") -> None:
    before = shop.slugc("releases", "--app", "shop", "--json").out
    for words in (["1A=x"], ["HEROKU_X=1"], ["OK=1", "PORT=80"], ["A", "B=1"], [f"BIG={'x' * 65_537}"]):
        said = shop.slugc("config", "set", *words, "--app", "shop", ok=False)
        assert said.code == 75, words
        assert "hint:" in said.err
    assert shop.slugc("config", "get", "NONE", "--app", "shop", ok=False).code == 75
    assert shop.slugc("releases", "--app", "shop", "--json").out == before


def test_config_edit_makes_one_release_of_everything_that_changed(shop: "Platform", tmp_path: Path) -> None:
    shop.slugc("config", "set", "KEEP=1", "GO=2", "CHANGE=3", "--app", "shop")
    editor = tmp_path / "editor"
    editor.write_text(
        '#!/bin/sh\nsed -i -e /^GO=/d -e s/^CHANGE=.*/CHANGE=9/ "$1"; stat -c %a "$1" >&2; echo NEW=4 >> "$1"\n'
    )
    editor.chmod(0o755)
    said = shop.slugc("config", "edit", "--app", "shop", EDITOR=str(editor))
    assert said.err.startswith("600\n")
    config = {row["name"]: row["value"] for row in shop.slugc("config", "--app", "shop", "--json").json}
    assert config == {"KEEP": "1", "CHANGE": "9", "NEW": "4"}
    newest = shop.slugc("releases", "--app", "shop", "--json").json[0]
    assert newest["description"] == "Set CHANGE, NEW, remove GO config vars"
    assert newest["config_vars"]["NEW"] == "********"


def test_text_that_config_edit_cannot_take_is_kept_and_named(shop: "Platform", tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "LONG_WORK=1\\nhalf a line\\n" > "$1"\n')
    editor.chmod(0o755)
    said = shop.slugc("config", "edit", "--app", "shop", ok=False, EDITOR=str(editor))
    kept = Path(re.search(r"(/\S+\.env):2", said.err)[1])  # type: ignore[index]
    assert kept.read_text() == "LONG_WORK=1\nhalf a line\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert shop.slugc("config", "--app", "shop", "--json").json == []
    editor.write_text('#!/bin/sh\necho PORT=80 > "$1"\n')
    said = shop.slugc("config", "edit", "--app", "shop", ok=False, EDITOR=str(editor))
    assert said.code == 75
    other = Path(re.search(r"What you wrote is kept in (\S+)", said.err)[1])  # type: ignore[index]
    assert (other != kept, other.read_text()) == (True, "PORT=80\n")


def test_config_edit_loses_no_text_that_is_not_utf8_and_names_an_editor_that_is_none(
    shop: "Platform", tmp_path: Path
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "NAME=caf\\351\\n" > "$1"\n')
    editor.chmod(0o755)
    said = shop.slugc("config", "edit", "--app", "shop", ok=False, EDITOR=str(editor))
    assert said.code == 75
    kept = Path(re.search(r"What you wrote is kept in (\S+)", said.err)[1])  # type: ignore[index]
    assert kept.read_bytes() == b"NAME=caf\xe9\n"
    for named in ("vi 'unclosed", str(tmp_path), "/nonexistent/editor"):
        said = shop.slugc("config", "edit", "--app", "shop", ok=False, EDITOR=named)
        assert (said.code, f"The editor {named} failed (usage.editor)" in said.err) == (2, True)


def test_config_edit_on_a_terminal_opens_the_text_again_below_what_is_wrong(shop: "Platform", tmp_path: Path) -> None:
    editor, seen = tmp_path / "editor", tmp_path / "seen"
    editor.write_text(
        "#!/bin/sh\n"
        f'cat "$1" >> {seen}; echo ---- >> {seen}\n'
        'if grep -q half "$1"; then sed -i s/^half$/GOOD=2/ "$1"; else printf "A=1\\nhalf\\n" > "$1"; fi\n'
    )
    editor.chmod(0o755)
    words = [sys.executable, "-m", "slugc", "config", "edit", "--app", "shop"]
    ours, theirs = os.openpty()
    env = {**shop.env, "EDITOR": str(editor)}
    done = subprocess.run(words, stdin=theirs, capture_output=True, text=True, env=env, timeout=120)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    config = {row["name"]: row["value"] for row in shop.slugc("config", "--app", "shop", "--json").json}
    assert config == {"A": "1", "GOOD": "2"}
    first, again, _ = seen.read_text().split("----\n")
    assert first == ""
    assert again.startswith("#! Line 4: this is no NAME=VALUE")
    assert again.endswith("\nA=1\nhalf\n")
    assert again.splitlines()[3] == "half"


def test_an_attachment_of_another_app_is_named_by_that_app(shop: "Platform") -> None:
    shop.slugc("addons", "create", "url:SEARCH_URL=http://search", "--app", "shop")
    shop.slugc("apps", "create", "other")
    refused = shop.slugc("addons", "attach", "SEARCH", "--app", "other", ok=False)
    assert (refused.code, "APP::NAME" in refused.err) == (76, True)
    shop.slugc("addons", "attach", "shop::SEARCH", "--app", "other")
    assert shop.slugc("config", "get", "SEARCH_URL", "--app", "other").out == "http://search\n"
    assert shop.slugc("addons", "attach", "shap::SEARCH", "--app", "other", ok=False).code == 71


def test_two_apps_of_one_folder_are_named_and_a_mistyped_app_is_guessed(platform: "Platform", tmp_path: Path) -> None:
    platform.start()
    platform.slugc("apps", "create", "shop", cwd=tmp_path)
    assert platform.slugc("ps", cwd=tmp_path).out == "No dynos on shop.\n"
    second = platform.slugc("apps", "create", "shop-eu", cwd=tmp_path)
    assert "several apps now (shop, shop-eu)" in second.err
    said = platform.slugc("ps", cwd=tmp_path, ok=False)
    assert (said.code, "Several were created" in said.err, "--app shop" in said.err) == (71, True, True)
    assert "Did you mean shop?" in platform.slugc("config", "--app", "shp", ok=False).err


def test_an_app_without_a_name_gets_its_folders_and_an_editor_that_fails_changes_nothing(
    platform: "Platform", tmp_path: Path
) -> None:
    folder = tmp_path / "My Shop_2 é"
    folder.mkdir()
    platform.start()
    assert "Creating my-shop-2... done" in platform.slugc("apps", "create", cwd=folder).err
    for editor, reason in (("nonesuch", "No such file"), ("false", "status 1")):
        said = platform.slugc("config", "edit", cwd=folder, ok=False, EDITOR=editor, VISUAL="")
        assert (said.code, reason in said.err, "usage.editor" in said.err) == (2, True, True), said.err


def test_ctrl_c_in_a_change_says_that_the_platform_goes_on(shop: "Platform", source: Path) -> None:
    (source / "Procfile").write_text("web: python3 server.py\nrelease: sleep 3\n")
    shop.deploy("shop", source)
    words = [sys.executable, "-m", "slugc", "config", "set", "SLOWLY=1", "--app", "shop"]
    with subprocess.Popen(words, env=shop.env, stderr=subprocess.PIPE, text=True) as typed:
        shop.eventually(lambda: any(name.startswith("release.") for name in shop.states("shop")))
        typed.send_signal(signal.SIGINT)
        _, err = typed.communicate(timeout=60)
    assert (typed.returncode, "slugc releases --app shop" in err) == (130, True), err
    shop.eventually(lambda: "SLOWLY" in shop.slugc("config", "--app", "shop").out)


def test_a_folder_and_words_that_are_not_utf8_cause_no_bug(platform: "Platform", tmp_path: Path) -> None:
    odd = os.fsdecode(b"od\xff")
    folder = tmp_path / odd
    folder.mkdir()
    platform.start()
    platform.slugc("apps", "create", "shop", cwd=folder)
    assert platform.slugc("apps", "info", "--json", cwd=folder).json["folder"].endswith("od\\xff")
    for words in (["ps", "--app", odd], ["config", "set", f"A={odd}"], ["schedule", "add", "daily", "--", odd],
                  ["drains", "add", f"https://a/{odd}"], ["apps", "create", odd]):  # fmt: skip
        said = platform.slugc(*words, cwd=folder, ok=False)
        assert said.code in (2, 71, 75, 79, 96), (words, said.err)


def test_an_attached_one_off_dyno_is_listed_and_can_be_stopped(shop: "Platform") -> None:
    words = [sys.executable, "-m", "slugc", "run", "--app", "shop", "--", "sh", "-c", "echo $DYNO; exec sleep 300"]

    def begun() -> tuple["subprocess.Popen[str]", str]:
        child = subprocess.Popen(words, stdout=subprocess.PIPE, env=shop.env, text=True)
        assert child.stdout is not None
        with child.stdout as said:
            return child, said.readline().strip()

    first, name = begun()
    rows = {row["name"]: row for row in shop.slugc("ps", "--app", "shop", "--json").json}
    assert (rows[name]["type"], rows[name]["state"], rows[name]["pid"]) == ("run", "up", first.pid)
    assert "sleep 300" in rows[name]["command"]
    assert "sleep 300" in shop.slugc("ps", "--app", "shop").out
    shop.slugc("ps", "restart", "--app", "shop")
    assert first.poll() is None
    shop.slugc("ps", "stop", name, "--app", "shop")
    assert first.wait(60) == 143
    shop.eventually(lambda: "State changed from up to complete" in shop.slugc("logs", "-d", name, "-a", "shop").out)
    said = shop.slugc("logs", "--dyno", name, "--app", "shop").out
    assert "Process exited with status 143" in said

    second, name = begun()
    assert name in shop.states("shop")
    second.kill()
    second.wait()
    shop.eventually(lambda: list(shop.states("shop")) == ["web.1"])

    third, name = begun()
    shop.slugc("platform", "stop")
    assert third.poll() is None, "a dyno of one's own terminal outlives the platform"
    third.terminate()
    assert third.wait(60) == 143


def test_a_failed_release_command_leaves_the_app_where_it_was(shop: "Platform", source: Path) -> None:
    (source / "Procfile").write_text("web: python3 server.py\nrelease: echo migrating; exit ${FAIL:-0}\n")
    good = shop.deploy("shop", source)
    assert "migrating" in good.err
    assert "Release command declared" in good.err
    failed = shop.slugc("config", "set", "FAIL=5", "--app", "shop", ok=False)
    assert failed.code == 77
    assert "migrating" in failed.err
    assert "status 5" in failed.err
    releases = shop.slugc("releases", "--app", "shop", "--json").json
    assert [(r["status"], r["current"]) for r in releases[:2]] == [("failed", False), ("succeeded", True)]
    assert releases[0]["note"] == "it exited with status 5"
    assert shop.slugc("config", "--app", "shop", "--json").json == []
    shop.slugc("config", "set", "OK=1", "--app", "shop")
    shop.eventually(lambda: env(shop, "OK") == "1")
    assert env(shop, "FAIL") is None
    assert "app[release." in log(shop)
    assert all(not name.startswith("release") for name in shop.states("shop"))


def test_an_exported_release_is_a_manifest_that_boots_elsewhere(shop: "Platform", tmp_path: Path) -> None:
    shop.slugc("config", "set", "ENERGY=sun", "--app", "shop")
    out = tmp_path / "release.json"
    shop.slugc("releases", "export", "v4", "--app", "shop", "--out", str(out))
    assert out.stat().st_mode & 0o077 == 0
    manifest = json.loads(out.read_text())
    assert (manifest["version"], manifest["config_vars"], manifest["formation"]) == (4, {"ENERGY": "sun"}, {"web": 1})
    assert shop.slugc("run", str(out), "--", "sh", "-c", "echo $ENERGY").out == "sun\n"


def test_dynos_are_scaled_restarted_and_stopped_by_name(shop: "Platform") -> None:
    shop.slugc("ps", "scale", "queuty=1:standard-2x", "--app", "shop")
    shop.eventually(lambda: shop.states("shop") == {"web.1": "up", "queuty.1": "up"})
    assert shop.slugc("ps:scale", "--app", "shop").out == "web=1:Standard-1X queuty=1:Standard-2X\n"
    for words, code in ((["nope=1"], 83), (["web=101"], 2), (["web=1:huge"], 2), (["web"], 2)):
        assert shop.slugc("ps:scale", *words, "--app", "shop", ok=False).code == code, words
    before = {row["name"]: row["pid"] for row in shop.slugc("ps", "--app", "shop", "--json").json}
    shop.slugc("ps:restart", "queuty", "--app", "shop")

    def restarted() -> bool:
        rows = {row["name"]: row for row in shop.slugc("ps", "--app", "shop", "--json").json}
        same = rows["web.1"]["pid"] == before["web.1"]
        return same and rows["queuty.1"]["state"] == "up" and rows["queuty.1"]["pid"] not in (None, before["queuty.1"])

    shop.eventually(restarted)
    shop.slugc("ps:stop", "queuty.1", "--app", "shop")
    shop.eventually(lambda: shop.states("shop").get("queuty.1") == "down")
    assert shop.slugc("ps:restart", "web.9", "--app", "shop", ok=False).code == 84
    assert len(shop.slugc("releases", "--app", "shop", "--json").json) == 3, "scaling makes no release"


def test_maintenance_answers_for_the_app_and_stays_over_a_restart(shop: "Platform") -> None:
    shop.slugc("maintenance:on", "--app", "shop")
    assert shop.get("shop")[0] == 503
    shop.slugc("platform", "stop")
    shop.start()
    shop.eventually(lambda: shop.states("shop") == {"web.1": "up"})
    assert shop.get("shop")[0] == 503
    shop.slugc("maintenance", "off", "--app", "shop")
    assert shop.get("shop")[0] == 200


def test_features_are_listed_and_an_unknown_one_is_refused(shop: "Platform") -> None:
    shop.slugc("features:enable", "heroku-env", "--app", "shop")
    shop.eventually(lambda: env(shop, "HEROKU_APP_NAME") == "shop")
    assert env(shop, "SLUGC_RELEASE_VERSION") == "v3"
    listed = {row["name"]: row["enabled"] for row in shop.slugc("features", "--app", "shop", "--json").json}
    assert listed["heroku-env"] is True
    assert shop.slugc("features", "enable", "nope", "--app", "shop", ok=False).code == 79


@pytest.mark.parametrize("words", [("run", "--detach"), ("run:detached",)])
def test_a_detached_one_off_dyno_runs_on_the_platform_and_prints_to_the_log(
    shop: "Platform", words: tuple[str, ...]
) -> None:
    name = shop.slugc(*words, "--app", "shop", "echo from $DYNO").out.strip()
    shop.eventually(lambda: f"app[{name}]: from {name}" in log(shop))
    shop.eventually(lambda: f"heroku[{name}]: State changed from up to complete" in log(shop))


def test_a_scheduled_job_runs_when_its_minute_comes_and_not_after_it_is_removed(shop: "Platform") -> None:
    for wrong in ("sometimes", "every 7 minutes"):
        assert shop.slugc("schedule", "add", wrong, "--app", "shop", "--", "date", ok=False).code == 79
    number = shop.slugc("schedule", "add", "every minute", "--app", "shop", "--", "echo", "job's $x").out.strip()
    row = shop.slugc("schedule", "--app", "shop", "--json").json[0]
    assert (row["id"], row["when"]) == (int(number), "every minute")
    shop.eventually(lambda: "]: job's $x" in log(shop), seconds=130)
    assert "app[scheduler." in log(shop)
    shop.slugc("schedule", "remove", number, "--app", "shop")
    assert shop.slugc("schedule", "--app", "shop", "--json").json == []
    assert shop.slugc("schedule", "remove", number, "--app", "shop", ok=False).code == 79


def test_apps_do_not_share_config_or_names(shop: "Platform", source: Path) -> None:
    assert shop.slugc("apps", "create", "shop", ok=False).code == 74
    assert shop.slugc("apps", "create", "Shop!", ok=False).code == 74
    shop.slugc("apps", "create", "other")
    shop.deploy("other", source)
    shop.slugc("config", "set", "ONLY=shop", "--app", "shop")
    shop.eventually(lambda: env(shop, "ONLY") == "shop")
    shop.eventually(lambda: shop.get("other")[0] == 200)
    assert "ONLY" not in shop.get("other")[1]["env"]
    assert [row["name"] for row in shop.slugc("apps", "--json").json] == ["other", "shop"]
    assert shop.slugc("ps", "--app", "nope", ok=False).code == 71


def test_the_app_is_the_option_then_the_variable_then_the_folder(shop: "Platform", tmp_path: Path) -> None:
    folder = tmp_path / "second"
    (folder / "deep").mkdir(parents=True)
    shop.slugc("apps", "create", "second", cwd=folder)
    assert shop.slugc("apps", "info", "--json", cwd=folder / "deep").json["name"] == "second"
    assert shop.slugc("apps", "info", "--json", cwd=folder, SLUGC_APP="shop").json["name"] == "shop"
    assert shop.slugc("apps", "info", "--app", "second", "--json", SLUGC_APP="shop").json["name"] == "second"
    lost = shop.slugc("ps", cwd=tmp_path, ok=False)
    assert lost.code == 71
    assert "second" in lost.err


def test_destroying_an_app_needs_its_name_and_takes_everything_of_it(shop: "Platform") -> None:
    refused = shop.slugc("apps", "destroy", "shop", ok=False)
    assert refused.code == 76
    assert shop.slugc("apps", "destroy", "shop", "--confirm", "shpo", ok=False).code == 76
    shop.slugc("addons", "create", "url:SEARCH_URL=http://example.com", "--app", "shop")
    shop.slugc("apps", "destroy", "shop", "--confirm", "shop")
    assert shop.slugc("apps", "--json").json == []
    assert shop.slugc("addons", "--all", "--json").json == []
    assert shop.get("shop")[0] in (404, 503)
    shop.slugc("apps", "create", "shop")
    assert len(shop.slugc("releases", "--app", "shop", "--json").json) == 2


def test_an_address_is_attached_detached_and_attached_elsewhere(shop: "Platform") -> None:
    name = shop.slugc("addons", "create", "url:SEARCH_URL=http://example.com/x", "--app", "shop").out.strip()
    shop.eventually(lambda: env(shop, "SEARCH_URL") == "http://example.com/x")
    assert shop.slugc("config", "unset", "SEARCH_URL", "--app", "shop", ok=False).code == 75
    assert shop.slugc("addons", "create", "url:SEARCH_URL=http://b", "--app", "shop", ok=False).code == 76
    shop.slugc("apps", "create", "other")
    shop.slugc("addons", "attach", name, "--as", "FIND", "--app", "other")
    assert shop.slugc("config", "get", "FIND_URL", "--app", "other").out == "http://example.com/x\n"
    shop.slugc("addons", "detach", "SEARCH", "--app", "shop")
    assert shop.slugc("config", "--app", "shop", "--json").json == []
    row = shop.slugc("addons", "info", name, "--app", "other", "--json").json
    assert [(a["app"], a["name"]) for a in row["attachments"]] == [("other", "FIND")]
    assert shop.slugc("addons", "destroy", name, "--app", "other", ok=False).code == 76
    shop.slugc("addons", "destroy", name, "--app", "other", "--confirm", name)
    assert shop.slugc("config", "--app", "other", "--json").json == []
    assert shop.slugc("addons", "create", "mystery", "--app", "shop", ok=False).code == 76


def test_a_slug_file_is_deployed_without_building_and_two_changes_at_once_both_count(
    shop: "Platform", source: Path
) -> None:
    digest = shop.slugc("releases", "--app", "shop", "--json").json[0]["slug"]
    said = shop.slugc("deploy", str(shop.home / "slugs" / f"{digest}.slug"), "--app", "shop", "-m", "Promote")
    assert "----->" in said.err
    assert "detected" not in said.err
    assert shop.slugc("releases", "--app", "shop", "--json").json[0]["description"] == "Promote"
    argv = [["config", "set", f"N{n}=1", "--app", "shop"] for n in range(8)]

    children = [
        subprocess.Popen(
            [sys.executable, "-m", "slugc", *words], env=shop.env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        for words in argv
    ]
    assert [child.wait(120) for child in children] == [0] * 8
    names = {row["name"] for row in shop.slugc("config", "--app", "shop", "--json").json}
    assert names == {f"N{n}" for n in range(8)}
