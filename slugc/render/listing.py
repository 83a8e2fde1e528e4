"""The platform's listings for people: dynos, releases, config vars, add-ons. Pure; rows are the interface's JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two blanks between them; nothing at all without rows."""
    if not rows:
        return ""
    widths = [max(len(line[n]) for line in (headings, *rows)) for n in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def aligned(pairs: Mapping[str, str]) -> str:
    """`A:    1`, values in one column."""
    width = max((len(name) for name in pairs), default=0) + 1
    return "\n".join(f"{name + ':':<{width}} {value}" for name, value in pairs.items())


def size_name(name: str) -> str:
    """`standard-1x` as the hosted platform writes it: `Standard-1X`."""
    return "-".join(part.upper() if part[:1].isdigit() else part.capitalize() for part in name.split("-"))


def moment(text: str, now: datetime) -> str:
    """An RFC 3339 time as `2013/01/31 12:15:35 +0000 (~ 15s ago)`; after a day without the age."""
    at = datetime.fromisoformat(text).astimezone(UTC)
    shown = at.strftime("%Y/%m/%d %H:%M:%S %z")
    age = int((now - at).total_seconds())
    if not 0 <= age < 25 * 3600:
        return shown
    if age < 60:
        return f"{shown} (~ {age}s ago)"
    return f"{shown} (~ {age // 60}m ago)" if age < 3600 else f"{shown} (~ {age // 3600}h ago)"


def dynos(rows: Sequence[Row], now: datetime) -> str:
    """Process types with their dynos, one-off dynos last."""
    parts = []
    types = list(dict.fromkeys(row["type"] for row in rows))
    one_off = [name for name in types if name in ("run", "release", "scheduler")]
    for name in [*(name for name in types if name not in one_off), *one_off]:
        mine = [row for row in rows if row["type"] == name]
        if name in one_off:
            lines = [f"=== {name}: one-off processes"]
            lines += [f"{row['name']} ({size_name(row['size'])}): {_since(row, now)}: {row['command']}" for row in mine]
        else:
            lines = [f"=== {name} ({size_name(mine[0]['size'])}): {mine[0]['command']} ({len(mine)})"]
            lines += [f"{row['name']}: {_since(row, now)}" for row in mine]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _since(row: Row, now: datetime) -> str:
    return f"{row['state']} {moment(row['updated_at'], now)}"


def formation(rows: Sequence[Row]) -> str:
    """`web=3:Standard-2X worker=1:Standard-1X`."""
    return " ".join(f"{row['type']}={row['quantity']}:{size_name(row['size'])}" for row in rows)


def scaled(rows: Sequence[Row]) -> str:
    """`web at 3:Standard-2X, worker at 1:Standard-1X`."""
    return ", ".join(f"{row['type']} at {row['quantity']}:{size_name(row['size'])}" for row in rows)


def releases(app: str, rows: Sequence[Row], now: datetime) -> str:
    current = next((row["version"] for row in rows if row["current"]), None)
    title = f"=== {app} Releases" + (f" - Current: v{current}" if current else "")
    cells = [(f"v{row['version']}", _described(row), row["user"], moment(row["created_at"], now)) for row in rows]
    widths = [max((len(line[n]) for line in cells), default=0) for n in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([title, *lines])


def _described(row: Row) -> str:
    match row["status"]:
        case "failed":
            return f"{row['description']} (release command failed)"
        case "pending":
            return f"{row['description']} (release command executing)"
        case _:
            return str(row["description"])


def release(row: Row, now: datetime) -> str:
    facts = {
        "By": str(row["user"]),
        "Change": str(row["description"]),
        "When": moment(row["created_at"], now),
        "Status": str(row["status"]) + (" (current)" if row["current"] else ""),
        "Slug": str(row["slug"] or "none"),
        "Commit": str(row["commit"] or "none"),
        "Add-ons": ", ".join(addon["addon"] for addon in row["addons"]) or "none",
        "Digest": str(row["digest"]),
    }
    if row["note"]:
        facts["Note"] = str(row["note"])
    config = aligned(row["config_vars"])
    return f"=== Release v{row['version']}\n{aligned(facts)}\n\n=== v{row['version']} Config vars\n{config}".rstrip()


def addons(rows: Sequence[Row]) -> str:
    cells = [
        (
            row["name"],
            row["service"],
            row["state"],
            ", ".join(f"{a['name']} on {a['app']}" for a in row["attachments"]) or "not attached",
        )
        for row in rows
    ]
    return table(("Add-on", "Service", "State", "Attached as"), cells)
