"""Where the command line of slugc ends and somebody else's begins."""

import pytest

from slugc.cli.run import names_no_slug, separated

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
        ("--detach rake --trace", "--detach -- rake --trace"),
    ],
)
def test_options_behind_the_command_are_the_commands_own(given: str, read: str) -> None:
    assert separated(given.split(), WITH_VALUE) == read.split()


@pytest.mark.parametrize(
    ("given", "nothing_named"),
    [
        ("-- sh -c x", True),
        ("-e A=1 -- sh -c x", True),
        ("--detach rake", True),
        ("a.slug -- sh -c x", False),
        ("--type web", False),
        ("a.slug rake -d", False),
    ],
)
def test_dashes_in_the_place_of_the_slug_mean_the_app_of_the_folder(given: str, nothing_named: bool) -> None:
    assert names_no_slug(given.split(), WITH_VALUE) is nothing_named
