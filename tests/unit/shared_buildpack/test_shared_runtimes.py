import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from slugc_buildpack import elf
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes import apt, archives, install
from slugc_buildpack.runtimes.contract import Recipe, Unavailable
from slugc_buildpack.runtimes.mirror import MirrorSource
from slugc_buildpack.versions import Series


@pytest.fixture
def runtime(tmp_path):
    """A runtime of one shell script, packed and listed in an inventory."""
    tree = tmp_path / "pack/tool-1.2.3"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin/tool").write_text("#!/bin/sh\necho tool 1.2.3\n")
    (tree / "bin/tool").chmod(0o755)
    (tree / "share/doc").mkdir(parents=True)
    (tree / "share/doc/readme").write_text("long")
    (tree / "etc").mkdir()
    (tree / "etc/cacert.pem").write_text("trust me")
    (tree / "bin/alias").symlink_to("/bin/tool")
    (tree / "bin/dangling").symlink_to("nowhere")
    with tarfile.open(tmp_path / "tool.tar.gz", "w:gz") as tar:
        tar.add(tree, "tool-1.2.3")
    digest = hashlib.sha256((tmp_path / "tool.tar.gz").read_bytes()).hexdigest()
    (tmp_path / "inventory.toml").write_text(
        f"[[artifacts]]\nlanguage = 'tool'\nversion = '1.2.3'\nurl = 'tool.tar.gz'\nchecksum = 'sha256:{digest}'\n"
    )
    return tmp_path


RECIPE = Recipe(
    language="tool", title="Tool", sources=(MirrorSource(language="tool"),), smoke=(("bin/tool", "--version"),)
)


def build_in(folder: Path, **environ: str) -> Build:
    app = folder / "app"
    app.mkdir(exist_ok=True)
    given = {"SLUGC_RUNTIMES": str(folder / "runtimes"), "PATH": os.environ["PATH"], **environ}
    return Build.from_arguments([str(app), str(folder / "cache")], given)


def test_a_runtime_is_fetched_pruned_and_recorded(runtime):
    build = build_in(runtime, SLUGC_RUNTIME_MIRROR=str(runtime / "inventory.toml"))
    installed = install.install(RECIPE, Series("1.2"), build, target=".heroku/tool")
    tree = build.app / ".heroku/tool"
    assert sorted(str(p.relative_to(tree)) for p in tree.rglob("*") if not p.is_dir()) == ["bin/alias", "bin/tool"]
    assert os.readlink(tree / "bin/alias") == "tool"
    assert build.facts.runtimes[0].version == installed.version == "1.2.3"
    assert build.facts.runtimes[0].uri == "tool.tar.gz"
    assert build.facts.layers == {".heroku/tool": "runtime"}


def test_a_runtime_is_made_once_and_then_served_from_the_store(runtime):
    build = build_in(runtime, SLUGC_RUNTIME_MIRROR=str(runtime / "inventory.toml"))
    first = install.obtain(RECIPE, Series("1"), build)
    (runtime / "tool.tar.gz").unlink()
    assert install.obtain(RECIPE, Series("1"), build) == first


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(runtime):
    with (runtime / "tool.tar.gz").open("ab") as opened:
        opened.write(b"more")
    build = build_in(runtime, SLUGC_RUNTIME_MIRROR=str(runtime / "inventory.toml"))
    with pytest.raises(Problem) as caught:
        install.install(RECIPE, Series("1.2"), build, target=".heroku/tool", wanted_by=".tool-version")
    assert "wrong sha256" in caught.value.evidence
    assert caught.value.file == ".tool-version"
    assert not list((runtime / "runtimes/tool").iterdir())


def test_a_version_nobody_has_lists_what_is_offered(runtime):
    build = build_in(runtime, SLUGC_RUNTIME_MIRROR=str(runtime / "inventory.toml"))
    with pytest.raises(Problem) as caught:
        install.obtain(RECIPE, Series("9"), build)
    assert "mirror: its inventory has no such version (it offers 1.2.3)" in caught.value.evidence
    assert "1.2.3" in caught.value.next_step


class Sparse:
    """A source that has none of what is wanted."""

    name = "sparse"

    def find(self, spec, build):
        raise Unavailable("it has no such version", offers=("3.6.15", "3.10.13", "3.9.1", "3.13.0", "3.12.1"))

    def fetch(self, artifact, into, build):
        raise AssertionError


def test_the_newest_of_what_is_offered_stands_first_without_what_is_not_built(runtime):
    recipe = Recipe(language="tool", title="Tool", sources=(Sparse(),), builds=lambda version: version != "3.6.15")
    with pytest.raises(Problem) as caught:
        install.obtain(recipe, Series("9"), build_in(runtime))
    assert "(it offers 3.13.0, 3.12.1, 3.10.13, 3.9.1)" in caught.value.evidence
    assert "(3.13.0, 3.12.1, 3.10.13, 3.9.1)" in caught.value.next_step


def test_an_unknown_source_name_lists_the_known_ones(runtime):
    with pytest.raises(Problem) as caught:
        install.obtain(RECIPE, Series("1"), build_in(runtime, SLUGC_RUNTIME_SOURCE="moon"))
    assert "mirror" in caught.value.next_step


def test_a_runtime_that_does_not_start_is_not_kept(runtime):
    recipe = Recipe(language="tool", title="Tool", sources=RECIPE.sources, smoke=(("bin/absent",),))
    build = build_in(runtime, SLUGC_RUNTIME_MIRROR=str(runtime / "inventory.toml"))
    with pytest.raises(Problem) as caught:
        install.obtain(recipe, Series("1"), build)
    assert "does not start here" in caught.value.evidence


def test_an_archive_member_outside_the_target_is_refused(tmp_path):
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        member = tarfile.TarInfo("pack/../../outside")
        tar.addfile(member)
    with pytest.raises(Unavailable):
        archives.unpack_tar(tmp_path / "evil.tar", tmp_path / "deep/into", strip=1)
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "deep/outside").exists()


def test_a_compiled_file_tells_its_libraries_and_its_glibc():
    found = elf.needs(Path(os.path.realpath("/bin/sh")))
    assert found is not None
    assert "libc.so.6" in found.libraries
    assert found.glibc >= (2, 2)


def test_a_library_that_is_nowhere_is_named(tmp_path):
    (tmp_path / "sh").write_bytes(Path(os.path.realpath("/bin/sh")).read_bytes())
    assert "sh needs libc.so.6" in elf.unmet(tmp_path, glibc="99.0", folders=())
    assert any("this stack has 2.0" in sentence for sentence in elf.unmet(tmp_path, glibc="2.0", folders=()))


def test_text_is_no_compiled_file(tmp_path):
    (tmp_path / "a").write_bytes(b"\x7fELF\x02\x01")
    assert elf.needs(tmp_path / "a") is None


DEB822 = """# comment
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates sid
Components: main
Signed-By: /usr/share/keyrings/k.gpg

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
"""


def test_mirrors_of_the_suite_are_taken_and_others_left():
    assert [entry[1] for entry in apt.sources_of(DEB822, "bookworm", deb822=True)] == ["bookworm", "bookworm-updates"]
    text = "deb [arch=amd64 signed-by=/k.gpg] http://m.example/u noble main universe # x\ndeb http://o.example/ o x\n"
    assert apt.sources_of(text, "noble", deb822=False) == [("http://m.example/u", "noble", "main universe", "/k.gpg")]


@pytest.mark.parametrize(
    ("debian", "version"), [("3.11.2-6+deb12u6", "3.11.2"), ("1:20.9.0~dfsg-1", "20.9.0"), ("17.0.15+6-1", "17.0.15")]
)
def test_the_upstream_version_of_a_package(debian, version):
    assert apt.upstream(debian) == version
