"""The look of the transcript: `-----> step`, seven spaces of detail, ` !     ` for warnings and errors.

Everything goes to stdout: a runner reads two pipes in no promised order, and an error that stands above the
line that caused it misleads.
"""

import sys

from slugc_buildpack.problems import Problem


def step(text: str) -> None:
    _print(f"-----> {text}")


def detail(text: str) -> None:
    for line in text.splitlines() or [""]:
        _print(f"       {line}".rstrip())


def warn(text: str) -> None:
    """A warning block, with an empty line round it so that it is seen."""
    _print("")
    for line in ["Warning: " + text.splitlines()[0], *text.splitlines()[1:]]:
        _print(f" !     {line}".rstrip())
    _print("")


def fail(problem: Problem) -> None:
    _print("")
    for line in problem.lines():
        _print(f" !     {line}".rstrip())
    _print("")


def _print(line: str) -> None:
    # A file name of an app need not be UTF-8; a transcript that dies of it hides the real message.
    sys.stdout.buffer.write((line + "\n").encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
