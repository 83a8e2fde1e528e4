"""A dyno's plan as a sandbox specification. Pure: it decides what one dyno sees, and starts nothing."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.dynos import exec_d
from slugc.model.dyno import DynoName, DynoPlan
from slugc.model.mount import data_file, link
from slugc.sandbox.spec import Limits, Mount, MountKind, SandboxSpec

if TYPE_CHECKING:
    from slugc.dynos.launch_layers import LaunchLayers

APP = "/app"
LAYERS = "/layers"
LONGEST_HOSTNAME = 64
PATH = "/usr/local/bin:/usr/bin:/bin"
"""What a Heroku dyno starts from; profile scripts put their own folders before it."""
QUOTA = "/sys/fs/cgroup/memory/memory.limit_in_bytes"
QUOTA_AGAIN = "/sys/fs/cgroup/memory.max"
"""Where profile scripts read the quota: control groups of version 1, and of version 2."""

# Sourced at the top level and not in a function: `declare` in a profile script would be local to the function.
# The command is kept in an array, so that a script's `set --` or `shift` cannot change it.
_PROFILE = r"""
__slugc=("$@"); set --
for __file in /etc/profile.d/*.sh "$HOME"/.profile.d/*.sh; do
  if [ -f "$__file" ] && [ -r "$__file" ]; then . "$__file"; fi
done
if [ -s "$HOME/.profile" ] && [ -r "$HOME/.profile" ]; then . "$HOME/.profile"; fi
unset __file
set -- "${__slugc[@]}"; unset __slugc
"""
_EXEC = _PROFILE + 'exec bash -c "$@"\n'
# On a terminal the command leads a foreground process group of its own: Ctrl-C then reaches it alone, and not
# the sandbox's own process, whose end would be the end of everything. A stopped job has nobody else to go on.
_FOREGROUND = (
    _PROFILE
    + r"""
set -m
bash -c "$@"
__status=$?
while [ -n "$(jobs -ps)" ]; do fg %% >/dev/null; __status=$?; done
exit "$__status"
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is executed inside, before limits and mounts come to it."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str = APP


def sandbox_spec(
    plan: DynoPlan,
    *,
    mounts: Sequence[Mount],
    path: str = PATH,
    layers: Path | None = None,
    launch: "LaunchLayers | None" = None,
    upper: Path | None = None,
    profiles: bool = True,
    bounded: bool = False,
    terminal: bool = False,
) -> SandboxSpec:
    """Everything the dyno of `plan` sees.

    mounts: the stack's run variant, private /tmp included. path: the stack's PATH. layers: the slug's Cloud Native
    launch layers, where it has some; launch: what they say about this process. upper: a folder for what the dyno
    writes under /app; None keeps it in memory. profiles: whether there may be profile scripts.
    bounded: a control group counts its processes already. terminal: the child's stdio is a terminal made for it.
    """
    entry = entry_of(plan, path=path, launch=launch, profiles=profiles, terminal=terminal)
    return SandboxSpec(
        argv=entry.argv,
        cwd=entry.cwd,
        env=entry.env,
        mounts=(*mounts, *_mounts(plan, layers=layers, upper=upper)),
        network=plan.network,
        limits=Limits() if bounded else Limits(processes=plan.size.max_processes),
        hostname=_hostname(plan.name),
        terminal=terminal,
    )


def entry_of(
    plan: DynoPlan, *, path: str, launch: "LaunchLayers | None" = None, profiles: bool = True, terminal: bool
) -> Entry:
    """The argument vector and environment of a dyno's first process.

    A direct process is executed as it stands; shell text goes through bash, after the profile scripts. The
    command and its arguments are data in both cases: arguments of the launcher, never part of its text.
    """
    env = environment(plan, path=path)
    if launch is not None:
        from slugc.buildpack.cloudnative.modifications import for_launch

        env = for_launch(env, launch.environments, process_type(plan), strict=launch.strict)
        if launch.programs or (launch.profiles and not plan.process.direct):
            return _staged(plan, launch, env, terminal=terminal)
    cwd = _working_dir(plan)
    if not isinstance(plan.process.command, str):
        return Entry(argv=(*plan.process.command, *(plan.args or plan.process.args)), env=env, cwd=cwd)
    words = shell_words(plan.process.command, plan.args)
    if not (profiles or terminal or plan.env.keys() & {"HOME", "PATH"}):
        # The shell of the profile scripts would only be followed by this one, and takes as long to start.
        return Entry(argv=("/bin/bash", "-c", *words), env=env, cwd=cwd)
    return Entry(argv=("/bin/bash", "-c", _FOREGROUND if terminal else _EXEC, "bash", *words), env=env, cwd=cwd)


def process_type(plan: DynoPlan) -> str | None:
    """The process type that starts; None for a user's own command, which has no settings of its own in layers."""
    return None if plan.process.owner == "run" else plan.process.name


def _working_dir(plan: DynoPlan) -> str:
    """A relative one is meant from the app: the reference launcher has gone there before."""
    return posixpath.join(APP, plan.process.working_dir or "").rstrip("/") or "/"


def _staged(plan: DynoPlan, launch: "LaunchLayers", env: Mapping[str, str], *, terminal: bool) -> Entry:
    """A launch with a first stage in bash: exec.d programs, layers' profile scripts, then the process itself."""
    profiles = () if plan.process.direct else launch.profiles
    stages = (str(len(launch.programs)), *launch.programs, str(len(profiles)), *profiles)
    working_dir = _working_dir(plan)
    if isinstance(plan.process.command, str):
        words = shell_words(plan.process.command, plan.args)
        script = exec_d.PRELUDE + exec_d.CHANGE_DIRECTORY + (_FOREGROUND if terminal else _EXEC)
    else:
        words = (*plan.process.command, *(plan.args or plan.process.args))
        script = exec_d.PRELUDE + (exec_d.DIRECT_ON_TERMINAL if terminal else exec_d.DIRECT)
    return Entry(argv=("/bin/bash", "-c", script, "bash", *stages, working_dir, *words), env=env)


def shell_words(command: str, args: Sequence[str]) -> tuple[str, ...]:
    """The words after `bash -c`: shell text, and a user's own arguments as positional parameters.

    Arguments are appended as `"$@"`, so that they arrive as they were typed; without any text they are the
    command itself.
    """
    if not args:
        return (command,)
    text = f'{command} "$@"' if command.strip() else 'exec "$@"'
    return (text, "bash", *args)


def environment(plan: DynoPlan, *, path: str) -> dict[str, str]:
    """PATH and HOME, which config vars may replace; the config vars; then DYNO and PORT, which they may not: many
    a .env file says PORT=3000, and a web dyno that listens there would never be found."""
    env = {"PATH": path, "HOME": APP, **plan.env, "DYNO": str(plan.name)}
    return env if plan.port is None else {**env, "PORT": str(plan.port)}


def _hostname(name: DynoName) -> str:
    """As the kernel takes it; a process type may have twice as many letters."""
    number = f".{name.index}"
    return name.type[: LONGEST_HOSTNAME - len(number)] + number


def _mounts(plan: DynoPlan, *, layers: Path | None, upper: Path | None) -> tuple[Mount, ...]:
    quota = str(plan.size.memory << 20).encode() + b"\n"
    return (
        Mount(kind=MountKind.OVERLAY, target=APP, source=plan.tree / "app", upper=upper),
        *((Mount(kind=MountKind.READ_ONLY, target=LAYERS, source=layers),) if layers else ()),
        Mount(kind=MountKind.SCRATCH, target="/dev/shm"),
        data_file(quota, QUOTA),
        link("memory/memory.limit_in_bytes", QUOTA_AGAIN),
    )
