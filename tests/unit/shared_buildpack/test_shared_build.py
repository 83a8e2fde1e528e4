import json

import pytest

from slugc_buildpack import transcript
from slugc_buildpack.build import Build
from slugc_buildpack.configvars import ConfigVars
from slugc_buildpack.facts import Facts, RuntimeFact
from slugc_buildpack.problems import Problem


@pytest.fixture
def env_dir(tmp_path):
    folder = tmp_path / "env"
    folder.mkdir()
    for name, value in {"SECRET": "a\nb", "PATH": "/evil", "LD_PRELOAD": "x", "not a name": "y"}.items():
        (folder / name).write_text(value)
    return folder


def test_a_config_var_keeps_its_exact_bytes_and_is_remembered(env_dir):
    config = ConfigVars(env_dir)
    assert config.get("SECRET") == "a\nb"
    assert config.get("ABSENT", "no") == "no"
    assert config.reads == ("ABSENT", "SECRET")


def test_a_child_gets_the_config_vars_but_no_harmful_ones(env_dir):
    config = ConfigVars(env_dir)
    assert config.for_child({"PATH": "/usr/bin"}) == {"PATH": "/usr/bin", "SECRET": "a\nb"}
    assert config.reads == ("*",)


def test_a_config_var_named_like_a_path_is_not_followed(tmp_path, env_dir):
    (tmp_path / "outside").write_text("no")
    assert ConfigVars(env_dir).get("../outside") == ""


def test_a_child_does_not_inherit_what_is_not_on_the_list(tmp_path, monkeypatch):
    monkeypatch.setattr("slugc_buildpack.build._SYSTEM_TRUST", ())
    environ = {"AWS_SECRET_ACCESS_KEY": "k", "PATH": "/bin", "HTTPS_PROXY": "p", "CACHE_DIR": str(tmp_path / "c")}
    build = Build.from_arguments([str(tmp_path)], environ)
    assert build.child_env({"A": "1"}) == {
        "PATH": "/bin",
        "HTTPS_PROXY": "p",
        "CACHE_DIR": str(tmp_path / "c"),
        "LANG": "C.UTF-8",
        "A": "1",
    }


def test_a_child_trusts_what_the_system_trusts_unless_the_caller_named_certificates(tmp_path, monkeypatch):
    bundle = tmp_path / "bundle.crt"
    bundle.touch()
    monkeypatch.setattr("slugc_buildpack.build._SYSTEM_TRUST", (str(tmp_path / "gone.crt"), str(bundle)))

    def seen(**environ):
        build = Build.from_arguments([str(tmp_path / "app")], {"CACHE_DIR": str(tmp_path / "c"), **environ})
        return {name: value for name, value in build.child_env().items() if name.startswith(("SSL_", "NODE_"))}

    assert seen() == {"SSL_CERT_FILE": str(bundle), "NODE_EXTRA_CA_CERTS": str(bundle)}
    assert seen(SSL_CERT_FILE="/own.pem")["SSL_CERT_FILE"] == "/own.pem"
    assert "SSL_CERT_FILE" not in seen(SSL_CERT_DIR="/own")


def test_facts_are_one_json_document(tmp_path):
    facts = Facts(layers={".heroku/python": "runtime"})
    facts.runtimes.append(RuntimeFact(language="python", version="3.11.2", source="apt", uri="u", digest="sha256:1"))
    facts.write(tmp_path / "facts.json", reads=("A",))
    document = json.loads((tmp_path / "facts.json").read_text())
    assert document["runtimes"][0]["source"] == "apt"
    assert document["layers"] == {".heroku/python": "runtime"}
    assert document["reads"] == ["A"]


def test_a_problem_shows_file_evidence_and_next_step(capfd):
    transcript.fail(
        Problem(
            "That is no version",
            code="python.bad-version",
            file=".python-version",
            line=2,
            evidence="three",
            next_step="Write 3.12.",
        )
    )
    assert capfd.readouterr().out == (
        "\n !     Error: That is no version\n !\n !     In .python-version:2:\n !         three\n !\n"
        " !     Write 3.12.\n !\n !     (python.bad-version)\n\n"
    )


def test_a_name_that_is_not_utf8_does_not_break_the_transcript(capfdbinary):
    transcript.detail(b"f\xff".decode("utf-8", "surrogateescape"))
    assert capfdbinary.readouterr().out == b"       f\xff\n"
