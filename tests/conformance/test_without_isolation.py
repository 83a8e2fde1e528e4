"""The same buildpacks where no sandbox can be had: paths are rewritten, and no wall stands."""

import pytest

from slugc.model.build import Isolation


@pytest.mark.spec("slugc: no isolation")
def test_a_build_without_isolation_makes_the_same_kind_of_slug(lab) -> None:
    first = lab.pack(
        "a",
        'layer x build launch; put x/env/X "from a"; mkdir $L/x/bin; test -f README',
        detect='test -d "$1/env"; test -f "$2"',
    )
    second = lab.pack("b", 'echo "$X"; test -d "$(echo "$PATH" | cut -d: -f1)"; process p sh -c \'echo $X\'')
    built = lab.build(first, second, isolation=Isolation.NONE)
    assert built.output("b") == "from a"
    assert built.manifest.isolation == "none"
    assert built.run("p") == (0, "from a")


@pytest.mark.spec("slugc: no isolation")
def test_a_classic_and_a_cloud_native_buildpack_without_isolation(lab) -> None:
    classic = lab.classic("c", 'mkdir -p "$1/bin"; echo built > "$1/bin/made"', export="export FROM_CLASSIC=yes")
    built = lab.build(classic, lab.pack("n", 'echo "$FROM_CLASSIC"; cat bin/made'), isolation=Isolation.NONE)
    assert built.output("n") == "yes\nbuilt"
