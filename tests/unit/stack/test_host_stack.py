"""What the `host` stack shows of a system, and what it never shows."""

from pathlib import Path

import pytest

from slugc import stack
from slugc.errors.stack import StackNotFound
from slugc.host.home import Home
from slugc.model.mount import MountKind
from slugc.stack import os_release
from slugc.stack.host_stack import host_stack


@pytest.fixture
def system(tmp_path: Path) -> Path:
    for folder in ("usr/bin", "usr/lib", "etc/ssl/certs", "etc/ssl/private", "etc/java-17-openjdk", "root", "home/me"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "lib").mkdir()
    (tmp_path / "etc/os-release").write_text('NAME="Deb"\nID=debian\nVERSION_ID="12"\n# c\n')
    for name in ("shadow", "passwd", "hosts", "resolv.conf", "apt/sources.list", "apt/auth.conf"):
        (tmp_path / "etc" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "etc" / name).write_text("10.0.0.1 build-box")
    return tmp_path


def test_links_at_the_top_stay_links_and_folders_stay_folders(system: Path) -> None:
    kinds = {mount.target: mount.kind for mount in host_stack(system).mounts("run")}
    assert kinds["/bin"] is MountKind.LINK
    assert kinds["/lib"] is MountKind.READ_ONLY
    assert "/lib64" not in kinds


def test_keys_passwords_and_homes_are_nowhere(system: Path) -> None:
    for variant in ("build", "run"):
        mounts = host_stack(system).mounts(variant)  # type: ignore[arg-type]
        shown = [Path(mount.source) for mount in mounts if mount.source]
        for secret in ("etc/shadow", "etc/ssl/private", "etc/apt/auth.conf", "root", "home/me", "etc/passwd"):
            hidden = system / secret
            assert not any(hidden.is_relative_to(place) for place in shown), secret


def test_the_user_inside_is_the_dyno_and_the_callers_host_names_still_work(system: Path) -> None:
    contents = {mount.target: mount.data for mount in host_stack(system).mounts("run")}
    assert b"dyno:x:1000:1000:dyno:/app:/bin/bash\n" in contents["/etc/passwd"]
    assert contents["/etc/hosts"] == b"10.0.0.1 build-box\n"


def test_only_a_build_sees_where_the_systems_packages_come_from(system: Path) -> None:
    run, build = ({mount.target for mount in host_stack(system).mounts(v)} for v in ("run", "build"))
    assert build - run == {"/etc/apt/sources.list"}


def test_the_distribution_is_recorded(system: Path) -> None:
    record = host_stack(system).record
    assert (record.name, record.distro, record.distro_version) == ("host", "debian", "12")


def test_os_release_lines_that_are_none_are_skipped() -> None:
    assert os_release.parse("ID='a b'\n\nnonsense\n#X=1\nV=\"1\n") == {"ID": "a b", "V": "1"}


def test_an_unknown_stack_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(StackNotFound) as caught:
        stack.find("cedar", home=Home(tmp_path))
    assert caught.value.known == ("host",)
    assert "slugc stack create cedar" in caught.value.hint
