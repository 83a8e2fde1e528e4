"""What the words after `slugc run SLUG --` mean."""

import pytest

from slugc.dynos.oneoff import oneoff_process
from slugc.errors.dyno import NothingToRun, UnknownProcessType
from slugc.model.process import ProcessType

WEB = ProcessType(name="web", command="gunicorn app:app", default=True)
RAKE = ProcessType(name="rake", command="bundle exec rake")


def test_a_process_types_name_stands_for_its_command() -> None:
    assert oneoff_process(("rake", "db:migrate"), (WEB, RAKE)) == (RAKE, ("db:migrate",))


def test_one_word_is_shell_text() -> None:
    process, args = oneoff_process(("echo $HOME | wc -c",), (WEB,))
    assert (process.command, args) == ("echo $HOME | wc -c", ())


def test_several_words_arrive_as_they_were_typed() -> None:
    process, args = oneoff_process(("sh", "-c", "echo x > f; exit 7"), (WEB,))
    assert (process.command, args) == ("", ("sh", "-c", "echo x > f; exit 7"))


def test_a_named_type_takes_all_words_as_arguments() -> None:
    assert oneoff_process(("web",), (WEB, RAKE), type_name="rake") == (RAKE, ("web",))


def test_an_unknown_type_names_the_ones_there_are() -> None:
    with pytest.raises(UnknownProcessType) as caught:
        oneoff_process((), (WEB, RAKE), type_name="wokrer")
    assert "web, rake" in caught.value.detail


def test_no_words_are_a_usage_error() -> None:
    with pytest.raises(NothingToRun) as caught:
        oneoff_process((), ())
    assert caught.value.exit_code == 2
