"""`slugc detect`: the matrix of buildpacks by sources."""

import pytest

from slugc import api
from slugc.errors.compile import BuildpackFailed
from slugc.errors.detect import DetectCrashed, NoBuildpackDetected
from slugc.events import Output
from slugc.model.build import BuildRequest


@pytest.fixture
def detect(builder, packs):
    def ask(*sources, buildpacks=(), **options):
        names = [str(packs / name) for name in buildpacks]
        return api.detect([str(source) for source in sources], buildpacks=names, home=builder.home, **options)

    return ask


def test_every_buildpack_is_asked_about_every_source(detect, app):
    one, two = app({"hello.txt": "x"}, "one"), app({"a": "b"}, "two")
    rows = detect(one, two, buildpacks=["hello", "probe"], every=True)
    assert [[tried.passed for tried in row.tried] for row in rows] == [[True, True], [False, True]]
    assert [row.chosen for row in rows] == [("hello", "probe"), ()]
    refusal = rows[1].tried[0]
    assert (refusal.code, refusal.stderr) == (1, "no hello.txt at the root of the app")
    assert rows[0].tried[0].name == "Hello"
    assert rows[0].tried[0].seconds > 0


def test_a_forced_order_ends_at_the_first_refusal(detect, app):
    (row,) = detect(app({"a": "b"}), buildpacks=["hello", "probe"])
    assert [tried.id for tried in row.tried] == ["hello"]
    assert row.forced


def test_what_a_detect_writes_is_forgotten(detect, app, tmp_path, builder):
    pack = tmp_path / "writer"
    (pack / "bin").mkdir(parents=True)
    (pack / "bin" / "detect").write_text("#!/bin/sh\necho x > $1/planted || exit 1\necho Writer\n")
    (pack / "bin" / "compile").write_text("#!/bin/sh\nls $1\n")
    source = app({"a": "b"})
    result = builder.build(source, pack)
    assert not (builder.tree(result) / "planted").exists()
    assert not (source / "planted").exists()


def test_a_detect_that_cannot_be_started_is_no_verdict(builder, app, tmp_path, detect):
    pack = tmp_path / "broken"
    (pack / "bin").mkdir(parents=True)
    (pack / "bin" / "detect").write_text("#!/opt/nowhere/python\n")
    (pack / "bin" / "compile").write_text("#!/bin/sh\n")
    source = app({"a": "b"})
    with pytest.raises(DetectCrashed) as caught:
        builder.build(source, pack)
    assert "/opt/nowhere/python" in caught.value.detail
    (row,) = api.detect([str(source)], buildpacks=[str(pack)], home=builder.home)
    assert row.tried[0].problem


def test_an_app_that_no_built_in_buildpack_knows_lists_what_was_tried_and_seen(builder, app):
    with pytest.raises(NoBuildpackDetected) as caught:
        builder.build(app({"notes.md": "x", "sub/y": "z"}))
    assert "notes.md, sub" in caught.value.detail


def test_buildpacks_that_the_source_names_are_forced(detect, app, packs):
    source = app({".buildpacks": f"# order\n{packs / 'probe'}\n", "x": "y"})
    (row,) = detect(source, request=BuildRequest(source="."))
    assert row.forced
    assert row.chosen == ("probe",)


def test_an_app_of_two_languages_is_told_how_to_build_with_both(builder, app):
    with pytest.raises(BuildpackFailed):  # it is not worth an installation to read what is said before it
        builder.build(app({"package.json": "[]", "requirements.txt": "", "app.py": ""}))
    lines = [event.text for event in builder.seen if isinstance(event, Output) and event.buildpack is None]
    assert "Not asked to take part: requirements.txt (python)." in lines
    assert "To build with both: slugc build --buildpack node --buildpack python" in lines
