"""The many small mounts below /etc as one folder, which shows a dyno the same."""

from pathlib import Path

from slugc.model.mount import data_file, link, read_only, scratch
from slugc.stack.gathered import gather


def test_the_files_below_etc_become_one_mount_and_folders_are_mounted_on_it(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "services").write_text("http 80/tcp\n")
    usr, certs = read_only(Path("/usr"), "/usr"), read_only(tmp_path / "certs", "/etc/ssl/certs")
    mounts = (
        usr,
        certs,
        read_only(tmp_path / "services", "/etc/services"),
        data_file(b"dyno:x:1000\n", "/etc/passwd"),
        link("/proc/mounts", "/etc/mtab"),
        scratch("/tmp"),
    )
    etc = tmp_path / "etc"
    etc.mkdir(mode=0o700)
    assert gather(mounts, etc) == (usr, scratch("/tmp"), read_only(etc, "/etc"), certs)
    assert (etc / "ssl/certs").is_dir()
    assert (etc / "passwd").read_bytes() == b"dyno:x:1000\n"
    assert (etc / "services").read_text() == "http 80/tcp\n"
    assert (etc / "mtab").readlink() == Path("/proc/mounts")


def test_the_resolvers_file_stays_the_machines_own(tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 192.0.2.1\n")
    live = read_only(tmp_path / "resolv.conf", "/etc/resolv.conf")
    etc = tmp_path / "etc"
    etc.mkdir()
    assert gather((live,), etc) == (read_only(etc, "/etc"), live)


def test_a_stack_with_an_etc_of_its_own_stays_as_it_is(tmp_path: Path) -> None:
    mounts = (read_only(tmp_path, "/etc"), data_file(b"x", "/etc/passwd"))
    assert gather(mounts, tmp_path / "unused") == mounts
