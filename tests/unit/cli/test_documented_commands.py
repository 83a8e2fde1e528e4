"""Every command line that a page shows is one that the command line takes: names, options, numbers of arguments."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from tests.support.parsing import parsed

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("how-to/*.md")),
    *sorted((ROOT / "docs").glob("explanation/*.md")),
    *sorted((ROOT / "docs").glob("reference/*.md")),
    *sorted((ROOT / "buildpacks").glob("*/README.md")),
]
FENCED = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def commands(page: Path) -> Iterator[list[str]]:
    """The words behind `slugc` in fenced and indented blocks, and in code within sentences."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
    lines += re.findall(r"^ {4}(.*)$", text, re.MULTILINE)
    lines += re.findall(r"`(slugc [^`]+)`", FENCED.sub("", text))
    for line in lines:
        if not re.match(r"(?:\$ |- (?:run: )?|[A-Z_]+=\S+ |[^#]* (?:&&|\|\|?) )?slugc ", line.strip()):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
        ours = list(takewhile(lambda word: word not in {"|", "||", "&&", ">"}, words[words.index("slugc") + 1 :]))
        if ours[0] not in {"--install-completion", "help"}:  # the parser itself would obey them
            yield ours


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_only_command_lines_that_are_understood(page: Path) -> None:
    wrong = []
    for words in commands(page):
        try:
            parsed(words)
        except Exception as error:
            # Sentences speak of `slugc stack import`, and of `slugc start --grace`.
            named = "requires an argument" in str(error) or ("Missing" in str(error) and len(words) <= 2)
            if not named:
                wrong.append(f"slugc {shlex.join(words)}: {error or type(error).__name__}")
    assert wrong == []


def test_the_search_finds_what_pages_show() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 120
