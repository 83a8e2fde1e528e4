"""Names of files, which may be any bytes, as text that every encoding can carry."""


def spelled(name: str) -> str:
    """`name`, as Python holds it, with `\\xff` for each byte that is not UTF-8. Nothing else is escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def printable(name: str) -> str:
    """`name` in one line that no terminal obeys: line ends and controls are escaped, too."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in spelled(name))
