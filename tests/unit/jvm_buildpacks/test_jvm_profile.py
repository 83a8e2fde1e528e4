import subprocess
import tempfile
from pathlib import Path

import pytest

import slugc_jvm
from slugc_buildpack.profile import write_scripts

SCRIPTS = Path(slugc_jvm.__file__).parent / "profile"


def shell(script, show, environ):
    with tempfile.TemporaryDirectory() as app:
        write_scripts(Path(app), SCRIPTS)
        done = subprocess.run(
            ["bash", "-euc", f'source "$0"; printf "%s\\n" {show}', f"{app}/.profile.d/{script}"],
            env={"PATH": "/usr/bin:/bin", "HOME": "/app", **environ},
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("megabytes", "wanted"),
    [
        (512, "-XX:MaxRAM=512m -Xmx300m -Xss512k -XX:CICompilerCount=2"),
        (1024, "-XX:MaxRAM=1024m -Xmx671m -XX:CICompilerCount=2"),
        (2560, "-XX:MaxRAM=2560m -XX:MaxRAMPercentage=80.0"),
    ],
)
def test_a_jvm_gets_what_its_dyno_can_bear(tmp_path, megabytes, wanted):
    (tmp_path / "memory.max").write_text(f"{megabytes << 20}\n")
    shown = shell("jvm.sh", '"$JAVA_OPTS" "$JAVA_TOOL_OPTIONS"', {"SLUGC_CGROUP": str(tmp_path), "DYNO": "web.1"})
    assert shown == [f"-Dfile.encoding=UTF-8 {wanted}"] * 2


@pytest.mark.parametrize("limit", ["max", "9223372036854771712", ""])
def test_without_a_limit_nothing_is_said_of_memory(tmp_path, limit):
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    assert shell("jvm.sh", '"$JAVA_OPTS"', {"SLUGC_CGROUP": str(tmp_path)}) == ["-Dfile.encoding=UTF-8"]


def test_the_users_own_options_come_last_and_win(tmp_path):
    shown = shell("jvm.sh", '"$JAVA_OPTS"', {"SLUGC_CGROUP": str(tmp_path), "JAVA_OPTS": "-Xmx1g -Da=b"})
    assert shown == ["-Dfile.encoding=UTF-8 -Xmx1g -Da=b"]


def test_a_one_off_dyno_keeps_its_tools_free(tmp_path):
    environ = {"SLUGC_CGROUP": str(tmp_path), "DYNO": "run.1234"}
    assert shell("jvm.sh", '"${JAVA_TOOL_OPTIONS-unset}"', environ) == ["unset"]


JDBC = '"$JDBC_DATABASE_URL" "$JDBC_DATABASE_USERNAME" "$JDBC_DATABASE_PASSWORD" "$SPRING_DATASOURCE_URL"'


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "postgres://me:secret@db.example:5432/shop",
            [
                "jdbc:postgresql://db.example:5432/shop?user=me&password=secret",
                *("me", "secret", "jdbc:postgresql://db.example:5432/shop"),
            ],
        ),
        (
            "postgresql://me:p%40s%24x@db/shop?sslmode=require",
            [
                "jdbc:postgresql://db/shop?user=me&password=p%40s%24x&sslmode=require",
                *("me", "p@s$x", "jdbc:postgresql://db/shop?sslmode=require"),
            ],
        ),
        (
            "mysql2://me:$(touch x)`id`@db/shop",
            ["jdbc:mysql://db/shop?user=me&password=$(touch x)`id`", "me", "$(touch x)`id`", "jdbc:mysql://db/shop"],
        ),
    ],
)
def test_a_database_url_becomes_jdbc_variables(tmp_path, monkeypatch, url, wanted):
    monkeypatch.chdir(tmp_path)
    assert shell("jdbc.sh", JDBC, {"DATABASE_URL": url}) == wanted
    assert list(tmp_path.iterdir()) == []


def test_a_second_database_gets_its_own_name_and_other_urls_none():
    environ = {"ORDERS_URL": "postgres://a:b@db/orders", "REDIS_URL": "redis://db", "PUBLIC_URL": "https://x"}
    shown = shell("jdbc.sh", '"$ORDERS_JDBC_URL" "${REDIS_JDBC_URL-none}" "${JDBC_DATABASE_URL-none}"', environ)
    assert shown == ["jdbc:postgresql://db/orders?user=a&password=b", "none", "none"]


def test_what_the_user_set_stays():
    environ = {"DATABASE_URL": "postgres://a:b@db/x", "SPRING_DATASOURCE_URL": "jdbc:own", "JDBC_DATABASE_URL": "mine"}
    assert shell("jdbc.sh", '"$SPRING_DATASOURCE_URL" "$JDBC_DATABASE_URL"', environ) == ["jdbc:own", "mine"]
