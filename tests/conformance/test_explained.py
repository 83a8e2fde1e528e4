"""`slugc detect --explain`: every group, code, time and output, and what broke each trial."""

import json

import pytest

from slugc.cli import run


def detect(lab, capsys, *packs, **options) -> str:
    words = [word for pack in packs for word in ("--buildpack", str(pack))]
    code = run(["detect", str(lab.app()), *words, *options.get("more", ["--explain"])])
    assert code == options.get("code", 0)
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def _own_home(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUGC_HOME", str(lab.home.root))


@pytest.mark.spec("platform.md: detector output")
def test_every_group_is_shown_with_what_broke_it(lab, capsys) -> None:
    needs = 'echo looking; printf \'[[requires]]\\nname="dep"\\n\' > "$2"'
    parts = [lab.pack("a", detect=needs), lab.pack("b", detect="echo no; exit 100"), lab.pack("c", detect="exit 5")]
    out = detect(lab, capsys, lab.composite("x", "a b?\nb\nc a\na?", *parts, lab.pack("d")), code=20)
    assert "no group of buildpacks passes" in out
    assert "======== Output: a@1.0.0 ========\n  looking" in out
    assert "group 1: lost: a@1.0.0 requires dep" in out
    assert "skip: b@1.0.0 (code 100" in out
    assert "group 2: lost: b@1.0.0 failed" in out
    assert "err:  c@1.0.0 (code 5" in out
    assert "resolving plan, try 1: fails: a@1.0.0 requires dep" in out
    assert "dropped: a@1.0.0 requires dep" in out


@pytest.mark.spec("platform.md: detector output")
def test_the_group_that_is_taken_is_named_first(lab, capsys) -> None:
    out = detect(lab, capsys, lab.pack("a"), lab.pack("b"))
    assert "a@1.0.0 + b@1.0.0" in out.splitlines()[0]
    assert "group 1: taken" in out


@pytest.mark.spec("platform.md: detector output")
def test_the_same_as_json(lab, capsys) -> None:
    (row,) = json.loads(detect(lab, capsys, lab.pack("a", detect="echo hi; exit 100"), more=["--json"], code=20))
    (member,) = row["groups"][0]["members"]
    assert (member["id"], member["verdict"], member["code"], member["output"]) == ("a@1.0.0", "fail", 100, "hi")


@pytest.mark.spec("distribution.md: Buildpackage")
def test_a_package_is_shown_with_its_order_and_what_comes_with_it(lab, capsys) -> None:
    head = 'name = "Ay"\nhomepage = "https://example.com"\n[[buildpack.licenses]]\ntype = "MIT"\n'
    pack = lab.composite("outer", "a b?", lab.pack("a", head=head), lab.pack("b"))
    assert run(["buildpacks", "inspect", str(pack)]) == 0
    out = capsys.readouterr().out
    assert "id: outer" in out
    assert "group 1:\n  a\n  b (optional)" in out
    assert "comes with 2:" in out
    assert run(["buildpacks", "inspect", str(lab.root / "packs/a-1.0.0"), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["name"], found["licenses"], found["executables"]) == ("Ay", ["MIT"], ["detect", "build"])
