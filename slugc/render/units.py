"""Numbers for people: sizes, counts, times."""


def size(count: int) -> str:
    """Bytes in decimal units with three digits, as `du --si` has them: `12.3 MB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def amount(count: int, unit: str) -> str:
    return size(count) if unit == "bytes" else f"{count} {unit}"


def seconds(value: float) -> str:
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60)} s"


def listed(names: tuple[str, ...], *, none: str = "(none)") -> str:
    return ", ".join(names) or none
