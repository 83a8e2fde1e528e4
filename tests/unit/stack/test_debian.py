"""How mmdebstrap is asked."""

from pathlib import Path

from slugc.stack.debian import BUILD, RUN, arguments, mirrors_of

SOURCES = """\
# a mirror of one's own
deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main
deb https://cloud.example/apt cloud-sdk-bookworm main

Types: deb
# comment
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://node.example/node
Suites: nodistro
"""


def test_the_systems_own_mirrors_serve_another_suite_too() -> None:
    assert mirrors_of(SOURCES, "trixie") == [
        "deb http://mirror.example/debian trixie main",
        "deb http://mirror.example/debian trixie-updates main",
        "deb http://security.example/debian-security trixie-security main",
    ]


def test_without_a_known_suite_or_source_the_tool_chooses() -> None:
    assert mirrors_of(SOURCES, "woody") == []
    assert mirrors_of("", "bookworm") == []


def test_the_run_variant_has_libraries_only_and_the_build_variant_has_them_too() -> None:
    assert not [name for name in RUN if name.endswith("-dev") or name.startswith(("python", "gcc", "git"))]
    assert set(RUN) < set(BUILD)
    assert {"git", "python3", "build-essential", "zstd", "curl", "jq"} <= set(BUILD)


def test_the_words_end_with_suite_target_and_mirrors() -> None:
    words = arguments("bookworm", Path("/w/run.tar"), "run", ["deb x bookworm main"])
    assert words[-3:] == ["bookworm", "/w/run.tar", "deb x bookworm main"]
    assert "--variant=minbase" in words
