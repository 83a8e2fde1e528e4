"""A root file system with nothing but libraries: what boots on it, and what is told why it does not."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from slugc import stack
from slugc.errors.sandbox import StackNeedsIsolation
from slugc.errors.stack import StackUnfit
from slugc.host.home import Home
from slugc.host.processes import Completed, capture
from slugc.model.mount import Mount, overlay, writable
from slugc.sandbox.bubblewrap import Bubblewrap
from slugc.sandbox.choose import try_bubblewrap
from slugc.sandbox.environment import hand_on
from slugc.sandbox.spec import SandboxSpec
from slugc.sandbox.unisolated import Unisolated
from slugc.stack import compatible
from slugc.stack.elf import elf_needs
from slugc.stack.value import Stack, Variant

pytestmark = pytest.mark.slow
LANGUAGES = ("python", "python3", "node", "ruby", "java", "gcc", "git")


@pytest.fixture(scope="module")
def bare(stack_home: Home) -> Stack:
    if try_bubblewrap().program is None:
        pytest.skip(try_bubblewrap().reason)
    return stack.find("debian-12", home=stack_home)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tiny slug tree."""
    app = tmp_path / "tree/app"
    app.mkdir(parents=True)
    return app.parent


def inside(on: Stack, script: str, *mounts: Mount, variant: Variant = "run") -> tuple[Completed, str, str]:
    program = try_bubblewrap().program
    assert program is not None
    handed = hand_on(os.environ)
    env = {"PATH": on.path, "HOME": "/app", **handed.env}
    all_mounts = (*on.mounts(variant), *handed.mounts, *mounts)
    spec = SandboxSpec(argv=("/bin/bash", "-c", script), cwd="/app", env=env, mounts=all_mounts)
    return capture(Bubblewrap(program=program).command(spec), timeout=120)


def compiled(on: Stack, tree: Path, script: str) -> None:
    completed, out, err = inside(on, f"set -e; {script}", writable(tree / "app", "/app"), variant="build")
    assert completed.status == 0, out + err


def test_a_shell_script_boots_where_no_language_is(bare: Stack, tree: Path) -> None:
    (tree / "app/web").write_text(f"#!/bin/sh\nfor l in {' '.join(LANGUAGES)}; do command -v $l; done; id -un; pwd\n")
    (tree / "app/web").chmod(0o755)
    completed, out, err = inside(bare, "./web; touch written", overlay(tree / "app", "/app"))
    assert (completed.status, out, err) == (0, "dyno\n/app", "")
    assert not (tree / "app/written").exists()


def test_the_build_variant_compiles_what_the_run_variant_boots(bare: Stack, tree: Path) -> None:
    source = '#include <stdio.h>\n#include <sqlite3.h>\nint main(){printf("%d\\n", sqlite3_libversion_number()>0);}\n'
    (tree / "app/a.c").write_text(source)
    compiled(bare, tree, "cc -o web a.c -lsqlite3; python3 -c 'import ssl, sqlite3'; git --version; zstd --version")
    assert inside(bare, "./web", overlay(tree / "app", "/app"))[1] == "1"
    assert (elf_needs(tree / "app/web") or pytest.fail("no ELF file")).needed == ("libsqlite3.so.0", "libc.so.6")
    compatible.check(replace(bare.record, digest="another"), bare, tree)


def test_a_library_that_the_stack_has_not_is_named_before_anything_boots(bare: Stack, tree: Path) -> None:
    compiled(
        bare,
        tree,
        "echo 'int f(){return 0;}' > f.c; echo 'int f(); int main(){return f();}' > m.c;"
        "cc -shared -fPIC -Wl,-soname,libnowhere.so.9 -o libnowhere.so f.c; cc -o web m.c -L. -lnowhere;"
        "rm libnowhere.so",
    )
    with pytest.raises(StackUnfit) as caught:
        compatible.check(replace(bare.record, name="other", digest="another"), bare, tree)
    assert caught.value.lacks == ("libnowhere.so.9, needed by app/web",)
    assert "libnowhere.so.9" in caught.value.detail


def test_a_build_has_the_callers_resolver_and_certificates(
    bare: Stack, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "company-ca.pem"
    bundle.write_text("certificates of the company\n")
    monkeypatch.setenv("CURL_CA_BUNDLE", str(bundle))
    script = "cat /etc/resolv.conf $CURL_CA_BUNDLE; echo $CURL_CA_BUNDLE"
    _, out, _ = inside(bare, script, writable(tree / "app", "/app"), variant="build")
    assert out.startswith(Path("/etc/resolv.conf").read_text())
    assert "certificates of the company" in out
    assert str(tmp_path) not in out


def test_without_walls_it_is_refused_rather_than_mixed_with_this_systems_files(bare: Stack, tmp_path: Path) -> None:
    spec = SandboxSpec(argv=("true",), cwd="/", env={}, mounts=bare.mounts("run"))
    with pytest.raises(StackNeedsIsolation):
        Unisolated(scratch=tmp_path).command(spec)


def test_nothing_of_it_can_be_written(bare: Stack, tree: Path) -> None:
    script = "for f in /usr/x /etc/x /var/x /lib/x /root/x /x; do echo x > $f; done"
    _, _, err = inside(bare, script, overlay(tree / "app", "/app"))
    assert err.count("Read-only file system") == 6
