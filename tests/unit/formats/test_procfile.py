from hypothesis import given
from hypothesis import strategies as st

from slugc.formats import procfile


def test_commands_keep_the_order_of_the_file():
    found = procfile.parse(b"web: gunicorn app:app --bind 0.0.0.0:$PORT\n\n# jobs\nworker:  python worker.py  \n")
    assert list(found.commands.items()) == [
        ("web", "gunicorn app:app --bind 0.0.0.0:$PORT"),
        ("worker", "python worker.py"),
    ]
    assert found.skipped == ()


def test_a_line_that_declares_nothing_is_reported_with_its_number():
    found = procfile.parse(b"web: a\nno colon here\nclock:\nmy type: x\n<<<<<<< HEAD\n")
    assert found.commands == {"web": "a"}
    assert [(s.line, s.reason) for s in found.skipped] == [
        (2, "no colon: a line reads `TYPE: COMMAND`"),
        (3, "no command after the colon"),
        (4, "a process type has only letters, digits, `-` and `_`"),
        (5, "a merge conflict marker"),
    ]


def test_the_last_of_two_equal_types_wins_and_the_first_is_reported():
    found = procfile.parse(b"web: old\nworker: w\nweb: new\n")
    assert found.commands == {"worker": "w", "web": "new"}
    assert [(s.line, s.reason) for s in found.skipped] == [(1, "declared again in line 3")]


def test_windows_line_ends_and_byte_order_marks_are_read():
    assert procfile.parse(b"\xef\xbb\xbfweb: a\r\nworker: b\r\n").commands == {"web": "a", "worker": "b"}
    assert procfile.parse("web: a\r\n".encode("utf-16")).commands == {"web": "a"}


def test_a_command_with_a_nul_byte_is_skipped_for_no_program_could_be_given_it():
    found = procfile.parse(b"web: a\0b\nworker: c\n")
    assert found.commands == {"worker": "c"}
    assert found.skipped[0].reason == "a NUL byte, which no command can hold"


def test_a_type_of_129_characters_is_too_long():
    assert procfile.parse(b"a" * 128 + b": x").commands
    found = procfile.parse(b"a" * 129 + b": x")
    assert not found.commands
    assert found.skipped[0].reason == "the process type is longer than 128 characters"


@given(st.binary())
def test_no_bytes_at_all_break_the_parser(data):
    found = procfile.parse(data)
    assert all(command == command.strip() and command and "\0" not in command for command in found.commands.values())


@given(
    st.dictionaries(
        st.from_regex(r"[-a-z0-9_]{1,20}", fullmatch=True),
        st.from_regex(r"[!-~]([ -~]{0,30}[!-~])?", fullmatch=True),
        max_size=6,
    )
)
def test_what_is_written_is_read_back(commands):
    text = "".join(f"{name}: {command}\n" for name, command in commands.items())
    assert procfile.parse(text.encode()).commands == commands
