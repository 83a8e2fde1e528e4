"""What a dyno's plan becomes: nothing of it is text that a shell could read differently."""

import posixpath
from dataclasses import replace
from pathlib import Path

import pytest

from slugc.dynos.launch import QUOTA, QUOTA_AGAIN, entry_of, sandbox_spec, shell_words
from slugc.dynos.world import Ground, has_profiles
from slugc.errors.sandbox import StackNeedsIsolation
from slugc.host.processes import Command
from slugc.model.dyno import SIZES, DynoName, DynoPlan
from slugc.model.process import ProcessType
from slugc.sandbox.cgroups import Offer
from slugc.sandbox.spec import Mount, MountKind, SandboxSpec

PLAN = DynoPlan(
    name=DynoName("web", 1),
    process=ProcessType(name="web", command="gunicorn app:app"),
    tree=Path("/store/tree"),
    env={"SECRET": "s3cr3t; $(id)"},
    port=5001,
)
STACK = (Mount(kind=MountKind.READ_ONLY, target="/usr", source=Path("/usr")),)


def test_config_vars_are_environment_and_never_part_of_the_argument_vector() -> None:
    spec = sandbox_spec(PLAN, mounts=STACK)
    assert spec.env["SECRET"] == "s3cr3t; $(id)"
    assert not any("s3cr3t" in word for word in spec.argv)


def test_a_dyno_knows_its_name_its_port_and_its_home() -> None:
    env = sandbox_spec(PLAN, mounts=STACK).env
    assert (env["DYNO"], env["PORT"], env["HOME"]) == ("web.1", "5001", "/app")


def test_config_vars_win_over_path_and_home_but_not_over_what_routing_needs() -> None:
    mine = {"PATH": "/opt/bin", "HOME": "/tmp", "PORT": "3000", "DYNO": "mine"}
    env = sandbox_spec(replace(PLAN, env=mine), mounts=STACK).env
    assert (env["PATH"], env["HOME"], env["PORT"], env["DYNO"]) == ("/opt/bin", "/tmp", "5001", "web.1")


def test_a_dyno_that_its_engine_refuses_leaves_no_control_group(tmp_path: Path) -> None:
    made = []

    class Refusing:
        name = "none"

        def command(self, spec: SandboxSpec) -> Command:
            made.extend(tmp_path.iterdir())
            raise StackNeedsIsolation(target="/usr", source="/stacks/x/usr")

        def outside(self, spec: SandboxSpec, path: str) -> str:
            return path

    ground = Ground(engine=Refusing(), mounts=STACK, offer=Offer(version=1, parents={"cpu": tmp_path}))
    with pytest.raises(StackNeedsIsolation):
        ground.place(PLAN)
    assert len(made) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_worker_without_a_port_has_no_port_variable() -> None:
    assert "PORT" not in sandbox_spec(replace(PLAN, port=None), mounts=STACK).env


def test_shell_text_is_an_argument_of_the_launcher_and_not_part_of_its_text() -> None:
    argv = entry_of(PLAN, path="/bin", terminal=False).argv
    assert argv[-1] == "gunicorn app:app"
    assert "gunicorn" not in argv[2]


def test_a_users_own_arguments_reach_shell_text_as_positional_parameters() -> None:
    assert shell_words("rake", ("db:migrate", "a b; c")) == ('rake "$@"', "bash", "db:migrate", "a b; c")


def test_a_dyno_without_profile_scripts_starts_one_shell_and_not_two() -> None:
    alone = entry_of(PLAN, path="/bin", profiles=False, terminal=False)
    assert alone.argv == ("/bin/bash", "-c", "gunicorn app:app")
    assert alone.env == entry_of(PLAN, path="/bin", terminal=False).env


def test_a_home_or_path_of_ones_own_may_have_profile_scripts_that_nobody_has_seen() -> None:
    for name in ("HOME", "PATH"):
        mine = replace(PLAN, env={name: "/tmp"})
        assert entry_of(mine, path="/bin", profiles=False, terminal=False) == entry_of(
            mine, path="/bin", terminal=False
        )
    on_terminal = entry_of(PLAN, path="/bin", profiles=False, terminal=True)
    assert on_terminal == entry_of(PLAN, path="/bin", terminal=True)


def test_profile_scripts_are_looked_for_in_the_app_and_in_the_stack(tmp_path: Path) -> None:
    app, etc, root = (tmp_path / name for name in ("app", "etc", "root"))
    for folder in (app, etc, root / "etc"):
        folder.mkdir(parents=True)
    gathered = Mount(kind=MountKind.READ_ONLY, target="/etc", source=etc)
    whole = Mount(kind=MountKind.READ_ONLY, target="/", source=root)
    assert not has_profiles(app, (*STACK, gathered, whole))
    (root / "etc" / "profile.d").mkdir()
    assert has_profiles(app, (*STACK, whole))
    assert not has_profiles(app, (*STACK, gathered))
    (etc / "profile.d").mkdir()
    assert has_profiles(app, (*STACK, gathered))
    script = Mount(kind=MountKind.READ_ONLY, target="/etc/profile.d/x.sh", source=tmp_path / "x.sh")
    assert has_profiles(app, (*STACK, script))
    (app / ".profile").symlink_to("nowhere")
    assert has_profiles(app, STACK)


def test_several_words_without_shell_text_are_executed_as_they_are() -> None:
    assert shell_words("", ("sh", "-c", "exit 7")) == ('exec "$@"', "bash", "sh", "-c", "exit 7")


def test_a_direct_process_gets_no_shell_and_a_users_arguments_replace_its_own() -> None:
    direct = replace(PLAN, process=ProcessType(name="web", command=("node", "x y.js"), args=("--default",)))
    assert entry_of(direct, path="/bin", terminal=False).argv == ("node", "x y.js", "--default")
    asked = replace(direct, args=("--mine",))
    assert entry_of(asked, path="/bin", terminal=False).argv == ("node", "x y.js", "--mine")


def test_the_slug_lies_under_a_throw_away_layer_and_the_stack_comes_first() -> None:
    spec = sandbox_spec(PLAN, mounts=STACK)
    assert spec.mounts[0] == STACK[0]
    app = next(mount for mount in spec.mounts if mount.target == "/app")
    assert (app.kind, app.source, app.upper) == (MountKind.OVERLAY, Path("/store/tree/app"), None)
    assert all(mount.target != "/layers" for mount in spec.mounts)


def test_launch_layers_are_read_only_where_the_slug_has_some() -> None:
    spec = sandbox_spec(PLAN, mounts=STACK, layers=Path("/store/tree/layers"))
    layers = next(mount for mount in spec.mounts if mount.target == "/layers")
    assert layers.kind is MountKind.READ_ONLY


def test_profile_scripts_read_the_quota_of_the_dynos_size() -> None:
    spec = sandbox_spec(replace(PLAN, size=SIZES["standard-2x"]), mounts=STACK)
    found = {mount.target: mount for mount in spec.mounts}
    assert found[QUOTA].data == b"1073741824\n"
    assert posixpath.join(posixpath.dirname(QUOTA_AGAIN), found[QUOTA_AGAIN].data.decode()) == QUOTA
    assert spec.limits.processes == 512
