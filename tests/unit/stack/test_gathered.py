"""The many small mounts below /etc as one folder, which shows a dyno the same."""

from pathlib import Path

import pytest

from slugc.model.mount import data_file, link, read_only, scratch
from slugc.stack.gathered import SMALL, gather


def test_the_files_below_etc_become_one_mount_and_large_folders_are_mounted_on_it(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    for number in range(SMALL + 1):
        (tmp_path / "certs" / f"{number}.pem").touch()
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


def test_a_small_folder_is_copied_with_its_links(tmp_path: Path) -> None:
    fonts, etc = tmp_path / "fonts", tmp_path / "etc"
    (fonts / "conf.d").mkdir(parents=True)
    (fonts / "fonts.conf").write_text("<fontconfig/>")
    (fonts / "conf.d" / "10.conf").symlink_to("../fonts.conf")
    etc.mkdir()
    assert gather((read_only(fonts, "/etc/fonts"),), etc) == (read_only(etc, "/etc"),)
    assert (etc / "fonts" / "conf.d" / "10.conf").readlink() == Path("../fonts.conf")


@pytest.mark.parametrize("closed", ["key", "private"])
def test_a_folder_that_holds_what_others_may_not_read_is_not_copied(tmp_path: Path, closed: str) -> None:
    folder, etc = tmp_path / "service", tmp_path / "etc"
    (folder / "private").mkdir(parents=True)
    (folder / "key").write_text("secret")
    (folder / closed).chmod(0o700)
    etc.mkdir()
    assert gather((read_only(folder, "/etc/service"),), etc) == (
        read_only(etc, "/etc"),
        read_only(folder, "/etc/service"),
    )
    assert not any((etc / "service").iterdir())
