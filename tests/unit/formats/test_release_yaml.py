import pytest

from slugc.formats.release_yaml import ReleaseYaml, ReleaseYamlProblem, parse


def test_the_three_keys_are_read():
    text = "---\naddons:\n  - shared-database:5mb\nconfig_vars:\n  PATH: bin:/usr/bin\n  N: 3\n"
    text += "default_process_types:\n  hello: cat hello.txt\n"
    assert parse(text) == ReleaseYaml(
        addons=("shared-database:5mb",),
        config_vars={"PATH": "bin:/usr/bin", "N": "3"},
        default_process_types={"hello": "cat hello.txt"},
    )


@pytest.mark.parametrize("text", ["", "--- {}", "---\n", "# nothing\n", "\ufeff--- {}\n", "addons:\nconfig_vars: {}\n"])
def test_nothing_declared_is_no_error(text):
    assert parse(text) == ReleaseYaml()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("addons: []\nweb: [", 2, "while parsing|expected|did not find"),
        ("just words\n", 1, "a mapping was expected, not text"),
        ("addons: {}\ndefault_process_types: [web]\n", 2, "must be a mapping"),
        ("default_process_types:\n  web:\n    cmd: x\n", 2, "must be text, not a mapping"),
        ("addons: db\n", 1, "must be a list"),
        ("a: !ruby/object:Foo {}\n", 1, "could not determine a constructor"),
        ("web: \0x", 0, "special characters|unacceptable"),
        ('default_process_types: {web: "a\\0b"}\n', 0, "holds a NUL byte"),
        ("[" * 5000, 0, "nested"),
    ],
)
def test_garbage_is_refused_with_its_line(text, line, message):
    with pytest.raises(ReleaseYamlProblem, match=message) as caught:
        parse(text)
    assert caught.value.line == line or line == 0


def test_a_yaml_boolean_is_kept_as_the_word_it_was_meant_to_be():
    assert parse("config_vars: {DEBUG: yes}").config_vars == {"DEBUG": "true"}


@pytest.mark.parametrize(
    "text", ['addons: ["\\ud800"]', 'config_vars: {A: "\\ud800"}', 'default_process_types: {web: "\\udfff x"}']
)
def test_half_of_a_surrogate_pair_is_no_text(text):
    with pytest.raises(ReleaseYamlProblem):
        parse(text)
