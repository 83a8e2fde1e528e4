"""Classic and Cloud Native buildpacks in one list, in both orders."""

import pytest

from slugc.errors.cloudnative import NoGroupDetected
from slugc.errors.detect import BuildpackRefused


@pytest.mark.spec("slugc: mixed order")
def test_exports_of_a_classic_buildpack_reach_the_next_cloud_native_one(lab) -> None:
    script = 'd=$1/vendor/bin; mkdir -p "$d"; printf "#!/bin/sh\\necho tool" > "$d/tool"; chmod +x "$d/tool"'
    classic = lab.classic("c", script, export='export PATH="$BUILD_DIR/vendor/bin:$PATH" X=exported')
    assert lab.build(classic, lab.pack("n", 'tool; echo "$X"')).output("n") == "tool\nexported"


@pytest.mark.spec("slugc: mixed order")
def test_build_layers_reach_a_later_classic_compile(lab) -> None:
    body = 'layer l build; put l/env/X layered\nprogram l/bin/tool <<"S"\n#!/bin/sh\necho tool\nS\n'
    built = lab.build(lab.pack("n", body), lab.classic("c", 'tool; echo "$X"'))
    assert built.output("c") == "tool\nlayered"


@pytest.mark.spec("slugc: mixed order")
def test_three_in_turn_hand_on_what_they_add(lab) -> None:
    first = lab.pack("n1", "layer l build; put l/env/X 1")
    second = lab.classic("c", "true", export='export X="${X}2"')
    third = lab.pack("n2", "layer l build; put l/env/X.append 3")
    assert lab.build(first, second, third, lab.pack("z", 'echo "$X"')).output("z") == "123"


@pytest.mark.spec("slugc: mixed order")
@pytest.mark.parametrize("classic_last", [True, False])
def test_the_later_buildpack_wins_a_process_type_whatever_its_api(lab, classic_last: bool) -> None:
    classic = lab.classic("c", "true", release="default_process_types:\n  web: echo classic\n  job: echo job")
    native = lab.pack("n", "process web echo native; process extra echo extra")
    built = lab.build(*([native, classic] if classic_last else [classic, native]))
    assert built.run("web") == (0, "classic" if classic_last else "native")
    assert built.run("job") == (0, "job")
    assert built.run("extra") == (0, "extra")


@pytest.mark.spec("slugc: mixed order")
def test_a_procfile_is_over_both(lab) -> None:
    app = lab.app({"Procfile": "web: echo procfile\n"})
    built = lab.build(lab.classic("c", "true"), lab.pack("n", "process web echo native"), app=app)
    assert built.run("web") == (0, "procfile")


@pytest.mark.spec("buildpack.md: launch.toml (TOML)")
def test_a_procfile_counts_beside_cloud_native_buildpacks_unless_strict(lab) -> None:
    app, pack = lab.app({"Procfile": "web: echo procfile\n"}), lab.pack("n", "process web echo native")
    assert lab.build(pack, app=app).run("web") == (0, "procfile")
    assert lab.build(pack, app=app, strict=True).run("web") == (0, "native")


@pytest.mark.spec("slugc: mixed order")
def test_a_classic_buildpack_that_refuses_fails_the_whole_list(lab) -> None:
    classic = lab.classic("c", "true")
    (classic / "bin/detect").write_text("#!/bin/sh\necho no luck >&2\nexit 1\n")
    with pytest.raises(BuildpackRefused) as caught:
        lab.build(lab.pack("n"), classic)
    assert "no luck" in caught.value.detail


@pytest.mark.spec("slugc: mixed order")
def test_a_cloud_native_buildpack_that_refuses_fails_the_whole_list(lab) -> None:
    with pytest.raises(NoGroupDetected):
        lab.build(lab.classic("c", "true"), lab.pack("n", detect="exit 100"))


@pytest.mark.spec("slugc: mixed order")
def test_profile_scripts_of_a_classic_buildpack_see_the_launch_layers(lab) -> None:
    classic = lab.classic("c", 'mkdir -p "$1/.profile.d"; echo "export Y=\\"\\$X+profile\\"" > "$1/.profile.d/y.sh"')
    built = lab.build(
        lab.pack("n", "layer l launch; put l/env/X layer"), classic, app=lab.app({"Procfile": "web: echo $Y\n"})
    )
    assert built.run("web") == (0, "layer+profile")


@pytest.mark.spec("slugc: mixed order")
def test_a_mixed_slug_is_the_same_when_built_twice(lab, tmp_path) -> None:
    classic = lab.classic("c", 'echo made > "$1/made"')
    native = lab.pack(
        "n",
        'layer l launch cache\nprogram l/exec.d/x <<"S"\n#!/bin/sh\necho "X=\'1\'" >&3\nS\nprocess p sh -c "echo $$X"',
    )
    first = lab.build(classic, native, app=lab.write(tmp_path / "one/app", {"f": "1"}))
    second = lab.build(classic, native, app=lab.write(tmp_path / "two/app", {"f": "1"}))
    again = lab.build(classic, native, app=tmp_path / "one/app", rebuild=True)
    assert first.result.slug.path.read_bytes() == second.result.slug.path.read_bytes()
    assert first.manifest.digest == again.manifest.digest
