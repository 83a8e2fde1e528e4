"""Where the command line of slugc ends and somebody else's begins."""

import pytest

from slugc.cli.run import separated

WITH_VALUE = {"-e", "--env", "--type", "--app"}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("a.slug rake db:migrate --trace", "a.slug -- rake db:migrate --trace"),
        ("a.slug -e A=1 -- sh -c x", "a.slug -e A=1 -- sh -c x"),
        ("-e A=1 a.slug -e B=2 python -c x", "-e A=1 a.slug -e B=2 -- python -c x"),
        ("--type rake a.slug", "--type rake a.slug"),
        ("--env=A=1 a.slug bash -l", "--env=A=1 a.slug -- bash -l"),
        ("a.slug --type web --help", "a.slug --type web --help"),
        ("--app demo bash -c x", "--app demo -- bash -c x"),
        ("bash --app demo", "bash --app demo"),
    ],
)
def test_options_behind_the_command_are_the_commands_own(given: str, read: str) -> None:
    assert separated(given.split(), WITH_VALUE) == read.split()
