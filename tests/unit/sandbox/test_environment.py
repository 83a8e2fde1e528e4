"""What of the caller's environment a build's child may see."""

from pathlib import Path

from slugc.sandbox.environment import INSIDE, PLACES_INSIDE, allowed, hand_on


def test_secrets_and_settings_of_the_caller_stay_outside() -> None:
    caller = {"AWS_SECRET_ACCESS_KEY": "x", "HOME": "/home/me", "PYTHONPATH": "/p", "LD_PRELOAD": "e.so", "PATH": "/b"}
    assert allowed(caller) == {}


def test_proxies_in_both_spellings_and_package_indexes_are_handed_on() -> None:
    caller = {"https_proxy": "http://p:1", "NO_PROXY": "localhost", "PIP_INDEX_URL": "https://i/simple", "X": "y"}
    assert allowed(caller) == {k: v for k, v in caller.items() if k != "X"}


def test_an_empty_variable_is_not_handed_on() -> None:
    assert allowed({"http_proxy": "", "SSL_CERT_FILE": ""}) == {}


def test_certificate_files_get_one_place_inside_that_does_not_name_the_callers_home(tmp_path: Path) -> None:
    bundle = tmp_path / "home" / "me" / "ca.pem"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("certificates")
    by_link = tmp_path / "link.pem"
    by_link.symlink_to(bundle)
    handed = hand_on({"SSL_CERT_FILE": str(bundle), "PIP_CERT": str(by_link)})
    assert handed.env["SSL_CERT_FILE"] == handed.env["PIP_CERT"] == f"{INSIDE}/bundle-1.pem"
    assert [(mount.source, mount.target) for mount in handed.mounts] == [(bundle.resolve(), f"{INSIDE}/bundle-1.pem")]


def test_a_variable_whose_certificate_file_is_missing_is_left_out(tmp_path: Path) -> None:
    handed = hand_on({"SSL_CERT_FILE": str(tmp_path / "gone.pem"), "SSL_CERT_DIR": str(tmp_path)})
    assert set(handed.env) == {"SSL_CERT_DIR"}


def test_local_package_folders_are_mounted_and_missing_ones_left_out(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    index = "https://wheels.example/simple"
    handed = hand_on(
        {
            "PIP_FIND_LINKS": f"{wheels} {tmp_path / 'gone'} {index}",
            "UV_FIND_LINKS": f"{tmp_path / 'gone'}",
            "SLUGC_RUNTIME_MIRROR": f"file://{wheels}",
        }
    )
    assert handed.env == {
        "PIP_FIND_LINKS": f"{PLACES_INSIDE}/1 {index}",
        "SLUGC_RUNTIME_MIRROR": f"file://{PLACES_INSIDE}/1",
    }
    assert [(mount.source, mount.target) for mount in handed.mounts] == [(wheels, f"{PLACES_INSIDE}/1")]


def test_a_runtime_inventory_comes_with_the_archives_beside_it(tmp_path: Path) -> None:
    inventory = tmp_path / "runtimes.toml"
    inventory.touch()
    handed = hand_on({"SLUGC_RUNTIME_MIRROR": f"file://{inventory}"})
    assert handed.env["SLUGC_RUNTIME_MIRROR"].startswith("file:///run/slugc/")
    assert handed.env["SLUGC_RUNTIME_MIRROR"].endswith("/runtimes.toml")
    assert [mount.source for mount in handed.mounts] == [tmp_path]
