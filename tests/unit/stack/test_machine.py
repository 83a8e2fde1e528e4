"""What `slugc doctor` finds, on machines made of files."""

from pathlib import Path

import pytest

from slugc.stack.machine import network, suite

ROUTE = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t{to}\t01020304\t3\t0\t0\t0\t{mask}\t0\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "route").write_text(ROUTE.format(to="00000000", mask="00000000"))
    (tmp_path / "resolv.conf").write_text("# c\nnameserver 192.0.2.1\n")
    return tmp_path


def test_a_machine_with_a_route_and_a_resolver_is_online(machine: Path) -> None:
    found = network({}, machine, machine / "resolv.conf")
    assert (found.ok, found.detail) == (True, "direct, names by 192.0.2.1")


def test_a_machine_with_a_route_to_its_own_net_only_is_offline_and_says_what_then(machine: Path) -> None:
    (machine / "route").write_text(ROUTE.format(to="0000000A", mask="000000FF"))
    found = network({}, machine, machine / "resolv.conf")
    assert not found.ok
    assert "no default route" in found.detail
    assert "cached" in found.hint


@pytest.mark.parametrize(("interface", "online"), [("eth0", True), ("lo", False)])
def test_version_six_alone_is_a_way_out_too(machine: Path, interface: str, online: bool) -> None:
    (machine / "route").unlink()
    zeros = "0" * 32
    (machine / "ipv6_route").write_text(f"{zeros} 00 {zeros} 00 {zeros} 00000400 1 0 00000003 {interface}\n")
    assert network({}, machine, machine / "resolv.conf").ok is online


def test_behind_a_proxy_no_route_is_needed(tmp_path: Path) -> None:
    found = network({"HTTPS_PROXY": "http://user:secret@p:1"}, tmp_path, tmp_path / "none")
    assert (found.ok, found.detail) == (True, "through a proxy (https_proxy)")


@pytest.mark.parametrize(
    ("text", "apt", "ok", "detail"),
    [
        ("ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME=Deb", "/usr/bin/apt-get", True, "bookworm (Deb)"),
        ("ID=fedora\nPRETTY_NAME=Fedora", None, False, "Fedora has no apt"),
        ("ID=mint\nVERSION_CODENAME=wilma\nPRETTY_NAME=Mint", "/usr/bin/apt-get", False, "the suite of Mint is not"),
    ],
)
def test_the_systems_suite(tmp_path: Path, text: str, apt: str | None, ok: bool, detail: str) -> None:
    (tmp_path / "os-release").write_text(text)
    found = suite(tmp_path, apt=apt)
    assert found.ok is ok
    assert detail in found.detail
    assert ok or found.hint
