import pytest

from slugc.formats import app_json, dot_buildpacks, exports, slugignore


def test_dot_buildpacks_skips_comments_and_keeps_line_numbers():
    text = "# first\n\nhttps://example.com/a.git#v1\r\n  ./local  \n"
    assert dot_buildpacks.parse(text) == [(3, "https://example.com/a.git#v1"), (4, "./local")]


def test_app_json_gives_buildpacks_in_order_whichever_way_they_are_written():
    text = '{"buildpacks": [{"url": "slugc/python"}, "./x"], "addons": ["a", {"plan": "b:dev"}],'
    text += ' "env": {"A": "1", "B": {"required": true}}}'
    parsed = app_json.parse(text)
    assert parsed.buildpacks == ("slugc/python", "./x")
    assert parsed.addons == ("a", "b:dev")
    assert parsed.env == {"A": "1"}


@pytest.mark.parametrize(
    ("text", "line"), [("{\n  nope\n}", 2), ("[]", 1), ('{"buildpacks": {}}', 0), ('{"buildpacks": [1]}', 0)]
)
def test_a_broken_app_json_names_its_line(text, line):
    with pytest.raises(app_json.AppJsonProblem) as caught:
        app_json.parse(text)
    assert caught.value.line == line


def test_slugignore_matches_like_gitignore():
    ignores = slugignore.parse("*.psd\n# art\n/spec\ndocs/\n").compiled()
    assert ignores is not None
    matched = [p for p in ("a.psd", "x/b.psd", "spec/", "sub/spec/", "docs/", "sub/docs/", "docs.txt") if ignores(p)]
    assert matched == ["a.psd", "x/b.psd", "spec/", "docs/", "sub/docs/"]


def test_a_negated_line_is_reported_with_its_number_and_not_obeyed():
    parsed = slugignore.parse("*.log\n!keep.log\n")
    assert parsed.negated == ((2, "!keep.log"),)
    ignores = parsed.compiled()
    assert ignores is not None
    assert ignores("keep.log")


def test_an_environment_with_newlines_and_odd_bytes_survives():
    assert exports.parse(b"A=1\0B=two\nlines=x\0C=\xff\0") == {"A": "1", "B": "two\nlines=x", "C": "\udcff"}


def test_only_what_a_script_changed_is_handed_on():
    before = {"PATH": "/bin", "HOME": "/app", "STACK": "host"}
    after = {"PATH": "/x:/bin", "HOME": "/app", "STACK": "evil", "SHLVL": "2", "_": "y", "NEW": "1"}
    assert exports.changed(before, after, keep=frozenset({"STACK"})) == {"PATH": "/x:/bin", "NEW": "1"}
