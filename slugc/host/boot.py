"""Which run of the machine this is."""

from pathlib import Path


def boot_id() -> str:
    """Changes with every start of the machine: what was written without fsync in an earlier one may be lost."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
