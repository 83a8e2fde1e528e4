"""Options of the build tools' own JVMs: ours, and what a user says over them."""

import pytest

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
