"""The matrix that a buildpack's author reads."""

from slugc.cli.detect import listing
from slugc.model.build import Detection, Tried


def test_every_refusal_stands_with_its_code_and_its_own_words() -> None:
    row = Detection(
        source="app",
        forced=False,
        tried=(
            Tried(buildpack="node", id="slugc/node", passed=False, code=1, stderr="no package.json", seconds=0.02),
            Tried(buildpack="python", id="slugc/python", passed=True, code=0, name="Python", seconds=0.1),
        ),
        chosen=("slugc/python",),
    )
    assert listing(row) == [
        "app: slugc/python",
        "  no    slugc/node    -       1  0.02 s",
        "        no package.json",
        "  pass  slugc/python  Python  0  0.10 s",
    ]


def test_a_named_buildpack_that_refuses_is_not_taken_for_no_buildpack_at_all() -> None:
    tried = Tried(buildpack="./bp", id="bp", passed=False, code=1, problem="bin/detect ran out of time")
    lines = listing(Detection(source="app", forced=True, tried=(tried,), chosen=()))
    assert lines[0] == "app: a buildpack that was named does not accept it"
    assert lines[-1] == "        bin/detect ran out of time"
