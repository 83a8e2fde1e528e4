"""Which engine serves, and what the caller is told where it is the lesser one."""

from pathlib import Path

import pytest

from slugc.errors.sandbox import IsolationUnavailable
from slugc.model.build import Isolation
from slugc.sandbox.choose import Attempt, choose, explain

REFUSED = Attempt(reason="user namespaces are refused here (setting up uid map: Permission denied)")
WORKS = Attempt(program=Path("/usr/bin/bwrap"))


def test_the_best_engine_is_taken_without_a_word() -> None:
    choice = choose(Isolation.AUTO, scratch=Path("/s"), probe=lambda: WORKS)
    assert (choice.engine.name, choice.reason, choice.text) == ("bubblewrap", None, "bubblewrap")


def test_a_refusing_machine_falls_back_and_says_why_in_one_line() -> None:
    choice = choose(Isolation.AUTO, scratch=Path("/s"), probe=lambda: REFUSED)
    assert choice.engine.name == "none"
    assert choice.text == f"none: {REFUSED.reason}"
    assert "\n" not in choice.text


def test_required_isolation_on_a_refusing_machine_is_an_error_with_the_evidence_and_a_next_step() -> None:
    with pytest.raises(IsolationUnavailable) as caught:
        choose(Isolation.REQUIRED, scratch=Path("/s"), probe=lambda: REFUSED)
    assert caught.value.detail == REFUSED.reason
    assert "slugc doctor" in caught.value.hint


def test_isolation_that_was_switched_off_is_not_even_tried() -> None:
    def never() -> Attempt:
        raise AssertionError

    assert choose(Isolation.NONE, scratch=Path("/s"), probe=never).engine.name == "none"


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("bwrap: setting up uid map: Permission denied\n", "user namespaces are refused here"),
        ("bwrap: No permissions to create a new namespace\n", "user namespaces are refused here"),
        ("bwrap: Unknown option --overlay-src\n", "older than 0.11"),
        ("", "gave no reason"),
    ],
)
def test_the_engines_last_words_become_a_reason(stderr: str, reason: str) -> None:
    assert reason in explain(stderr)
