"""The many small mounts below /etc as one folder, which shows a dyno the same."""

from pathlib import Path

import pytest

from slugc.model.mount import data_file, link, read_only, scratch
from slugc.stack.gathered import SMALL, Kept, gather


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


def test_a_platforms_dynos_see_new_certificates_and_resolvers_from_the_next_start_on(tmp_path: Path) -> None:
    certs, resolver, etc = tmp_path / "certs", tmp_path / "resolv.conf", tmp_path / "etc"
    etc.mkdir()
    certs.mkdir()
    for number in range(SMALL + 1):
        (certs / f"{number}.pem").symlink_to(f"/usr/share/{number}.crt")
    resolver.write_text("nameserver 192.0.2.1\n")
    kept = Kept((read_only(certs, "/etc/ssl/certs"), read_only(resolver, "/etc/resolv.conf")), etc)
    first = kept.mounts()
    assert first == (read_only(etc / "1", "/etc"),)
    assert (etc / "1/ssl/certs/0.pem").readlink() == Path("/usr/share/0.crt")
    assert kept.mounts() is first

    (certs / "new.pem").write_text("new")
    resolver.write_text("nameserver 192.0.2.20\n")
    assert kept.mounts() == (read_only(etc / "2", "/etc"),)
    assert (etc / "2/ssl/certs/new.pem").read_text() == "new"
    assert (etc / "2/resolv.conf").read_text() == "nameserver 192.0.2.20\n"
    assert (etc / "1/resolv.conf").read_text() == "nameserver 192.0.2.1\n"


def test_a_copy_that_failed_is_tried_again_and_nobody_starts_without_it(tmp_path: Path) -> None:
    resolver, etc = tmp_path / "resolv.conf", tmp_path / "etc"
    etc.mkdir()
    kept = Kept((read_only(resolver, "/etc/resolv.conf"),), etc)
    with pytest.raises(FileNotFoundError):
        kept.mounts()
    resolver.write_text("nameserver 192.0.2.1\n")
    (mount,) = kept.mounts()
    assert mount.source is not None
    assert (mount.source / "resolv.conf").is_file()
