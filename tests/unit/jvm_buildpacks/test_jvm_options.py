"""Options of the build tools' own JVMs: ours, and what a user says over them."""

import pytest

from slugc_buildpack.build import Build
from slugc_clojure import stable
from slugc_java.maven import timestamp
from slugc_jvm.tooling import SHORT_LIVED, tuned


def test_what_the_user_says_stands_last_and_wins():
    assert tuned(SHORT_LIVED, ["-XX:TieredStopAtLevel=4"]) == [*SHORT_LIVED, "-XX:TieredStopAtLevel=4"]


def test_another_garbage_collector_of_the_user_takes_the_place_of_ours():
    assert [option for option in tuned(SHORT_LIVED, ["-XX:+UseParallelGC"]) if option.startswith("-XX:+Use")] == [
        "-XX:+UseParallelGC"
    ]


@pytest.mark.parametrize(
    ("epoch", "text"),
    [(1_700_000_000, "2023-11-14T22:13:20Z"), (315_532_800, "1980-01-01T00:00:02Z"), (0, "1980-01-01T00:00:02Z")],
)
def test_the_time_of_a_build_is_a_text_that_every_maven_plugin_takes(epoch, text):
    assert timestamp(epoch) == text


def test_a_jvm_that_compiles_clojure_gets_the_users_options_last(tmp_path):
    for name in ("app", "cache", "env"):
        (tmp_path / name).mkdir()
    (tmp_path / "env/JVM_OPTS").write_text("-Xmx1g -XX:hashCode=0\n")
    build = Build.from_arguments([str(tmp_path / name) for name in ("app", "cache", "env")], {})
    assert stable.options("JVM_OPTS", build) == {"JVM_OPTS": " ".join([*stable.OPTIONS, "-Xmx1g", "-XX:hashCode=0"])}
