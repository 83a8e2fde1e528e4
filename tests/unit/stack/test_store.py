"""Stacks from archives: what is kept, shared, replaced and refused."""

import io
import tarfile
from pathlib import Path

import pytest
import zstandard

from slugc import stack
from slugc.errors.stack import StackArchiveUnusable, StackExists, StackNameUnusable, StackNotFound
from slugc.host.home import Home
from slugc.model.mount import MountKind
from slugc.stack import store

Members = dict[str, bytes | tuple[bytes, str]]
BASIC: Members = {"./usr/bin/bash": b"#!shell", "./usr/lib/os-release": b"ID=debian\nVERSION_ID=12\n"}


def archive(path: Path, members: Members, *, links: dict[str, str] | None = None) -> Path:
    """Files (content; or a tar type and a link's text), then the usual links of a merged /usr."""
    with tarfile.open(path, "w") as out:
        for name, what in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(what, tuple):
                member.type, member.linkname = what
                out.addfile(member)
            else:
                member.size, member.mode, member.uid = len(what), 0o4755, 123
                out.addfile(member, io.BytesIO(what))
        for name, text in (links or {"./bin": "usr/bin"}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, text
            out.addfile(member)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def trees(home: Home) -> set[str]:
    return {path.name for path in (home.stacks / "trees").iterdir()}


def test_an_imported_stack_is_found_with_its_record_and_its_mounts(home: Home, tmp_path: Path) -> None:
    run = archive(tmp_path / "run.tar", BASIC)
    entry = store.add("mine", run=run, build=None, origin="run.tar", home=home)
    found = stack.find("mine", home=home)
    assert found.record == entry.record
    assert (found.record.distro, found.record.distro_version) == ("debian", "12")
    assert len(found.record.digest) == 64
    kinds = {mount.target: mount.kind for mount in found.mounts("run")}
    assert kinds["/usr"] is MountKind.READ_ONLY
    assert kinds["/bin"] is MountKind.LINK
    assert kinds["/etc/passwd"] is MountKind.DATA
    assert not {"/app", "/proc", "/dev"} & set(kinds)
    assert stack.known(home=home) == ("host", "mine")


def test_folders_that_stages_add_to_are_shown_item_by_item(home: Home, tmp_path: Path) -> None:
    members = {**BASIC, "opt/vendor/tool": b"x", "opt/note": b"n"}
    store.add("mine", run=archive(tmp_path / "run.tar", members), build=None, origin="", home=home)
    targets = {mount.target for mount in stack.find("mine", home=home).mounts("build")}
    assert {"/opt/vendor", "/opt/note"} <= targets
    assert "/opt" not in targets


def test_set_uid_bits_and_devices_do_not_come_along(home: Home, tmp_path: Path) -> None:
    run = archive(tmp_path / "run.tar", {**BASIC, "dev/null": (tarfile.CHRTYPE, ""), "pipe": (tarfile.FIFOTYPE, "")})
    store.add("mine", run=run, build=None, origin="", home=home)
    root = stack.find("mine", home=home).root
    assert (root / "usr/bin/bash").stat().st_mode & 0o7777 == 0o755
    assert list((root / "dev").iterdir()) == []
    assert not (root / "pipe").exists()


def test_a_hard_link_to_a_link_never_becomes_a_file_of_this_machine(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    members: Members = {**BASIC, "s": (tarfile.SYMTYPE, str(secret)), "h": (tarfile.LNKTYPE, "s")}
    store.add("mine", run=archive(tmp_path / "run.tar", members), build=None, origin="", home=home)
    assert secret.stat().st_nlink == 1
    assert (stack.find("mine", home=home).root / "h").is_symlink()


def test_a_compressed_archive_is_the_same_stack(home: Home, tmp_path: Path) -> None:
    plain = archive(tmp_path / "run.tar", BASIC)
    packed = tmp_path / "run.tar.zst"
    packed.write_bytes(zstandard.compress(plain.read_bytes()))
    store.add("mine", run=packed, build=plain, origin="", home=home)
    found = stack.find("mine", home=home)
    assert (found.root / "usr/bin/bash").read_bytes() == b"#!shell"
    assert len(trees(home)) == 2


@pytest.mark.parametrize(
    ("members", "links", "reason"),
    [
        pytest.param({"../evil": b"x"}, None, "leads out of it", id="dot-dot"),
        pytest.param({"a": (tarfile.SYMTYPE, "/tmp"), "a/evil": b"x"}, None, "outside of it", id="through-a-link"),
        pytest.param({"h": (tarfile.LNKTYPE, "../../secret")}, None, "outside of it", id="hard-link-out"),
        pytest.param({"etc/hostname": b"x"}, None, "no /bin/bash", id="nothing-to-start"),
    ],
)
def test_an_archive_that_is_none_or_leads_out_is_refused_and_nothing_stays(
    home: Home, tmp_path: Path, members: Members, links: dict[str, str] | None, reason: str
) -> None:
    with pytest.raises(StackArchiveUnusable, match="root file system") as caught:
        store.add("mine", run=archive(tmp_path / "run.tar", members, links=links), build=None, origin="", home=home)
    assert reason in caught.value.reason
    assert trees(home) == set()
    assert stack.known(home=home) == ("host",)


def test_a_file_that_is_no_archive_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"not a tar at all" * 100)
    for path in (tmp_path / "x", tmp_path / "gone", tmp_path):
        with pytest.raises(StackArchiveUnusable):
            store.add("mine", run=path, build=None, origin="", home=home)


def test_two_stacks_share_a_tree_until_the_last_of_them_is_removed(home: Home, tmp_path: Path) -> None:
    run = archive(tmp_path / "run.tar", BASIC)
    for name in ("a", "b"):
        store.add(name, run=run, build=None, origin="", home=home)
    assert len(trees(home)) == 1
    store.remove("a", home=home)
    assert stack.find("b", home=home).root.is_dir()
    store.remove("b", home=home)
    assert trees(home) == set()
    with pytest.raises(StackNotFound):
        store.remove("b", home=home)


def test_a_name_that_is_taken_is_refused_unless_it_is_to_be_replaced(home: Home, tmp_path: Path) -> None:
    first, second = archive(tmp_path / "1.tar", BASIC), archive(tmp_path / "2.tar", {**BASIC, "usr/new": b"n"})
    before = store.add("mine", run=first, build=None, origin="", home=home)
    with pytest.raises(StackExists):
        store.add("mine", run=second, build=None, origin="", home=home)
    after = store.add("mine", run=second, build=None, origin="", home=home, replace=True)
    assert after.record.digest != before.record.digest
    assert trees(home) == {after.run}


@pytest.mark.parametrize("name", ["host", "trees", "../x", "", "A", "a/b", ".hidden"])
def test_names_that_cannot_be_are_refused(home: Home, tmp_path: Path, name: str) -> None:
    with pytest.raises(StackNameUnusable):
        store.add(name, run=tmp_path / "x", build=None, origin="", home=home)
    with pytest.raises(StackNotFound) if name != "host" else pytest.raises(StackNameUnusable):
        store.require_free(name, home=home, replace=True) if name == "host" else stack.find(name, home=home)


def test_a_damaged_record_counts_as_no_stack(home: Home, tmp_path: Path) -> None:
    store.add("mine", run=archive(tmp_path / "run.tar", BASIC), build=None, origin="", home=home)
    (home.stacks / "mine/stack.json").write_text('{"record": {"na')
    assert stack.known(home=home) == ("host",)
    with pytest.raises(StackNotFound):
        stack.find("mine", home=home)


def test_a_stack_whose_files_were_deleted_says_how_to_make_it_anew(home: Home, tmp_path: Path) -> None:
    entry = store.add("mine", run=archive(tmp_path / "run.tar", BASIC), build=None, origin="", home=home)
    (home.stacks / "trees" / entry.run).rename(tmp_path / "elsewhere")
    with pytest.raises(StackNotFound) as caught:
        stack.find("mine", home=home)
    assert "are gone" in caught.value.summary
    assert "--replace" in caught.value.hint
