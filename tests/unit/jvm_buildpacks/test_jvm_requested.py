import pytest

from slugc_buildpack.problems import Problem
from slugc_jvm import properties, requested, tooling, trust


@pytest.mark.parametrize(
    ("text", "admitted", "refused"),
    [
        ("17", "17.0.15", "21.0.1"),
        ("17.0.15", "17.0.15", "17.0.14"),
        ("1.8", "8.0.392", "11.0.1"),
        ("1.8.0_392", "8.0.392", "8.0.391"),
        ("openjdk-21", "21.0.1", "17.0.1"),
    ],
)
def test_system_properties_asks_for_a_series_or_a_version(tmp_path, text, admitted, refused):
    (tmp_path / "system.properties").write_text(f"# what we run on\njava.runtime.version = {text}\n")
    request = requested.java(tmp_path, last="11.0.2")
    assert (request.origin, request.line) == ("system.properties", 2)
    assert request.spec.admits(admitted)
    assert not request.spec.admits(refused)


@pytest.mark.parametrize(
    ("text", "code"),
    [("seventeen", "java.version-malformed"), ("", "java.version-malformed"), ("7", "java.version-unknown")],
)
def test_what_is_no_version_is_refused_with_its_line(tmp_path, text, code):
    (tmp_path / "system.properties").write_text(f"java.runtime.version={text}\n")
    with pytest.raises(Problem) as caught:
        requested.java(tmp_path, last=None)
    assert caught.value.code == code
    assert caught.value.place == "system.properties:1"


def test_without_a_word_the_series_of_the_last_build_stays(tmp_path):
    request = requested.java(tmp_path, last="17.0.15")
    assert request.sticky
    assert request.spec.admits("17.0.16")
    assert not request.spec.admits("21.0.1")


def test_a_new_app_gets_a_series_in_long_term_support(tmp_path):
    spec = requested.java(tmp_path, last=None).spec
    assert [spec.admits(version) for version in ("17.0.1", "25.0.1", "24.0.1")] == [True, True, False]


def test_properties_take_both_signs_comments_and_escapes():
    text = "# a\n! b\na=1\nb : two words\nurl=https\\://x/y.zip\na = 3\n"
    assert properties.parse(text) == {"a": ("3", 6), "b": ("two words", 4), "url": ("https://x/y.zip", 5)}


def test_proxies_become_the_properties_of_a_jvm():
    environ = {"https_proxy": "http://user@proxy.example:3128", "no_proxy": "localhost,.example.org"}
    assert tooling.proxies(environ) == [
        "-Dhttps.proxyHost=proxy.example",
        "-Dhttps.proxyPort=3128",
        "-Dhttp.nonProxyHosts=localhost|*.example.org",
    ]
    assert tooling.proxies({"no_proxy": "localhost"}) == []


PEM = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n"


def test_the_same_certificates_give_the_same_store_in_any_order():
    one, two = b"one certificate", b"another"
    assert trust.store([one, two, one]) == trust.store([two, one])
    assert trust.store([one]).startswith(b"\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01")


def test_certificates_are_found_between_other_texts():
    assert (
        trust.decode(f"# comment\n{PEM}junk\n{PEM}-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----\n")
        == [b"\x00\x01\x02"] * 2
    )


def test_no_certificates_make_no_store(tmp_path):
    assert not trust.write(tmp_path / "cacerts", [])
    assert not (tmp_path / "cacerts").exists()
