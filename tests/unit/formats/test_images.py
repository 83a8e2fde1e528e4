"""Image references, manifests and SBOM names as text."""

import json

import pytest

from slugc.buildpack.cloudnative.sbom import found, problem
from slugc.formats import oci
from slugc.formats.image_reference import names_a_host, parse
from slugc.formats.source_filter import left_out

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag", "digest", "scheme"),
    [
        ("docker://host.example/ns/name:1", "host.example", "ns/name", "1", "", "https"),
        ("127.0.0.1:5000/name", "127.0.0.1:5000", "name", "latest", "", "http"),
        ("localhost:5000/a/b@" + DIGEST, "localhost:5000", "a/b", "latest", DIGEST, "http"),
        ("host.example:1/a:t@" + DIGEST, "host.example:1", "a", "t", DIGEST, "https"),
        ("ns/name:2", "", "ns/name", "2", "", "https"),
    ],
)
def test_references(text: str, host: str, repository: str, tag: str, digest: str, scheme: str) -> None:
    image = parse(text)
    assert image is not None
    assert (image.host, image.repository, image.tag, image.digest) == (host, repository, tag, digest)
    assert image.scheme == scheme


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_answers_under_another_name_and_keeps_single_names_in_a_library(host: str) -> None:
    image, official = parse(f"docker://{host}/ns/name:1"), parse(f"{host}/debian")
    assert image is not None
    assert official is not None
    assert (image.host, image.server, image.repository) == ("docker.io", "registry-1.docker.io", "ns/name")
    assert official.text == "docker.io/library/debian:latest"


def test_any_other_registry_answers_under_its_own_name() -> None:
    image = parse("host.example:5000/name")
    assert image is not None
    assert (image.server, image.repository) == ("host.example:5000", "name")


@pytest.mark.parametrize("text", ["", "Upper/Case", "host.example/", "a b", "host.example/a@sha256:short", "a:b:c"])
def test_what_is_no_reference(text: str) -> None:
    assert parse(text) is None


def test_only_a_name_with_a_host_is_taken_for_an_image_by_itself() -> None:
    assert names_a_host("host.example/ns/name")
    assert not names_a_host("ns/name")
    assert not names_a_host("python")


def blob(**more: object) -> dict[str, object]:
    return {"digest": DIGEST, "size": 3, **more}


def test_an_index_gives_the_manifest_for_a_machine() -> None:
    entries = [blob(platform={"os": "linux", "architecture": name}) for name in ("arm64", "amd64")]
    index = oci.parse_manifest(json.dumps({"manifests": entries}).encode())
    assert isinstance(index, oci.Index)
    assert oci.for_machine(index, os="linux", arch="amd64") == index.manifests[1]
    assert oci.for_machine(index, os="windows", arch="amd64") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"manifests": 1}',
        b'{"manifests": [{"digest": "md5:x"}]}',
        b'{"config": {"digest": 1}, "layers": []}',
        b"[" * 100_000,
    ],
)
def test_documents_that_are_no_manifest_are_refused(data: bytes) -> None:
    with pytest.raises(oci.OciProblem):
        oci.parse_manifest(data)


def test_labels_are_json() -> None:
    config = oci.parse_config(json.dumps({"config": {"Labels": {"a": '{"b": 1}', "c": "{"}}}).encode())
    assert config.label("a") == {"b": 1}
    assert config.label("none") is None
    with pytest.raises(oci.OciProblem):
        config.label("c")


def test_sbom_files_are_told_by_name_and_checked_by_media_type() -> None:
    files = found(["x.sbom.cdx.json", "launch.sbom.syft.json", "other.json", "y.sbom.what.json"])
    assert [(file.owner, file.format) for file in files] == [("launch", "syft"), ("x", "cdx"), ("y", "what")]
    declared = ["application/vnd.cyclonedx+json;version=1.4"]
    assert [problem(file, declared) is None for file in files] == [False, True, False]


def test_include_and_exclude() -> None:
    paths = ["a.md", "src/b.py", "src/deep/c.md"]
    assert left_out(paths, include=[], exclude=[]) == []
    assert left_out(paths, include=[], exclude=["*.md"]) == ["a.md", "src/deep/c.md"]
    assert left_out(paths, include=["src/"], exclude=[]) == ["a.md"]
    assert left_out(paths, include=[], exclude=["/src/*", "!/src/b.py"]) == ["src/deep/c.md"]
