"""`.buildpacks`: one buildpack reference a line, in order."""


def parse(text: str) -> list[tuple[int, str]]:
    """(line number, reference) of every line that is neither blank nor a `#` comment; Windows line ends are read."""
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
    return [(number, line.strip()) for number, line in lines if line.strip() and not line.strip().startswith("#")]
