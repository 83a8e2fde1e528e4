"""PURE: a project's include and exclude patterns (project descriptor: "[io.buildpacks] include, exclude")."""

from collections.abc import Iterable, Sequence


def left_out(paths: Iterable[str], *, include: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """The files and links that are no source. `paths` are relative and hold no folders; patterns are gitignore's."""
    if not include and not exclude:
        return []
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(include or exclude)
    return [path for path in paths if spec.match_file(path) is not bool(include)]
