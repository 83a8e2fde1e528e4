"""Options of the build tools' own JVMs: ours, and what a user says over them."""

from slugc_jvm.tooling import SHORT_LIVED, tuned


def test_what_the_user_says_stands_last_and_wins():
    assert tuned(SHORT_LIVED, ["-XX:TieredStopAtLevel=4"]) == [*SHORT_LIVED, "-XX:TieredStopAtLevel=4"]


def test_another_garbage_collector_of_the_user_takes_the_place_of_ours():
    assert [option for option in tuned(SHORT_LIVED, ["-XX:+UseParallelGC"]) if option.startswith("-XX:+Use")] == [
        "-XX:+UseParallelGC"
    ]
