"""rlimits for a sandbox's children."""

from slugc.sandbox.spec import Limits, SandboxSpec


def limited(spec: SandboxSpec) -> tuple[str, ...]:
    """The spec's argv, begun by a shell that lowers the limits and then becomes it.

    Set inside, not by prlimit(1) round the engine: a limit on processes that is there when the user namespace
    is made would count all of the caller's other processes too.
    """
    settings = settings_of(spec.limits)
    if not settings:
        return spec.argv
    return ("/bin/sh", "-c", "; ".join((*settings, 'exec "$@"')), "sh", *spec.argv)


def settings_of(limits: Limits) -> list[str]:
    """ulimit commands; sh counts address space in KiB and files in blocks of 512 bytes."""
    out: list[str] = []
    if limits.processes is not None:
        # bash says -u, dash says -p.
        out.append(f"ulimit -u {limits.processes} 2>/dev/null || ulimit -p {limits.processes}")
    if limits.memory is not None:
        out.append(f"ulimit -v {limits.memory // 1024}")
    if limits.file_size is not None:
        out.append(f"ulimit -f {limits.file_size // 512}")
    if limits.open_files is not None:
        out.append(f"ulimit -n {limits.open_files}")
    return out
