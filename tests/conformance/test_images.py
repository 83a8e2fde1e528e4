"""Buildpackages and builders as images: .cnb files, OCI layouts, and a real registry on this machine."""

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from slugc.errors.cloudnative import ImageUnfetchable

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
REGISTRY = shutil.which("docker-registry")
needs_registry = pytest.mark.skipif(REGISTRY is None, reason="Debian's docker-registry is not installed")


def sha(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def layer_of(folders: dict[str, Path], *, slash: bool) -> bytes:
    """A layer's tar: names from the root, with or without the first slash, as packagers write them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for place, folder in folders.items():
            for path in sorted(folder.rglob("*")):
                info = tar.gettarinfo(path)
                info.name = ("/" if slash else "") + f"{place}/{path.relative_to(folder)}"
                with path.open("rb") if path.is_file() else io.BytesIO() as content:
                    tar.addfile(info, content if path.is_file() else None)
    return out.getvalue()


class Image:
    """An image in hand: its blobs, its manifest, and what to call it."""

    def __init__(self, layers: list[bytes], labels: dict[str, object], *, compress: bool = True) -> None:
        self.blobs: dict[str, bytes] = {}
        descriptors = [self._add(gzip.compress(layer, mtime=0) if compress else layer) for layer in layers]
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {name: json.dumps(value) for name, value in labels.items()}},
            "rootfs": {"type": "layers", "diff_ids": [sha(layer) for layer in layers]},
        }
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": self._add(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
                "layers": descriptors,
            }
        ).encode()

    def _add(self, data: bytes, kind: str = "application/vnd.oci.image.layer.v1.tar+gzip") -> dict[str, object]:
        self.blobs[sha(data)] = data
        return {"mediaType": kind, "digest": sha(data), "size": len(data)}

    def layout(self, folder: Path) -> Path:
        blobs = folder / "blobs/sha256"
        blobs.mkdir(parents=True)
        for digest, data in {**self.blobs, sha(self.manifest): self.manifest}.items():
            (blobs / digest.removeprefix("sha256:")).write_bytes(data)
        entry = {"mediaType": MANIFEST, "digest": sha(self.manifest), "size": len(self.manifest)}
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return folder

    def push(self, host: str, name: str, tag: str = "1", auth: tuple[str, str] | None = None) -> str:
        with httpx.Client(base_url=f"http://{host}/v2/{name}", auth=auth, timeout=60) as client:
            for digest, data in self.blobs.items():
                place = client.post("/blobs/uploads/").raise_for_status().headers["location"]
                put = httpx.URL(place).copy_add_param("digest", digest)
                client.put(put, content=data).raise_for_status()
            client.put(
                f"/manifests/{tag}", content=self.manifest, headers={"Content-Type": MANIFEST}
            ).raise_for_status()
        return f"{host}/{name}:{tag}"


def package(lab, name: str = "acme/one", build: str = "echo built", *, slash: bool = True) -> Image:
    layer = layer_of({f"cnb/buildpacks/{name.replace('/', '_')}/1.0.0": lab.pack(name, build)}, slash=slash)
    noise = layer_of({"etc": lab.write(lab.root / "noise", {"passwd": "root"})}, slash=False)
    layers = {name: {"1.0.0": {"api": "0.10", "layerDiffID": sha(layer)}}}
    labels = {
        "io.buildpacks.buildpackage.metadata": {"id": name, "version": "1.0.0"},
        "io.buildpacks.buildpack.layers": layers,
    }
    return Image([noise, layer], labels)


def builder(lab) -> Image:
    """One that has two buildpacks, of which the order takes the second."""
    folders = {
        f"cnb/buildpacks/{n}/1.0.0": lab.pack(n, f"echo built {n}", detect=d) for n, d in (("a", "exit 100"), ("b", ""))
    }
    order = [{"group": [{"id": "a", "version": "1.0.0"}]}, {"group": [{"id": "b"}, {"id": "a", "optional": True}]}]
    labels = {"io.buildpacks.builder.metadata": {"description": ""}, "io.buildpacks.buildpack.order": order}
    return Image([layer_of({place: folder}, slash=False) for place, folder in folders.items()], labels)


def serve(folder: Path, *, password_file: Path | None = None) -> Iterator[str]:
    """A registry on a free port of the loopback interface."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    auth = f"auth:\n  htpasswd:\n    realm: test\n    path: {password_file}\n" if password_file else ""
    config = folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {folder}/data\n"
        f"http:\n  addr: 127.0.0.1:{port}\n{auth}"
    )
    assert REGISTRY is not None
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([REGISTRY, "serve", str(config)], stdout=log, stderr=log, env={"PATH": os.defpath})
        try:
            for _ in range(200):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/v2/")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield f"127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[str]:
    yield from serve(tmp_path_factory.mktemp("registry"))


@pytest.mark.spec("distribution.md: Buildpackage (.cnb)")
@pytest.mark.parametrize("slash", [True, False])
def test_a_cnb_file_is_a_buildpack(lab, slash: bool) -> None:
    layout = package(lab, slash=slash).layout(lab.root / "layout")
    file = lab.root / "one.cnb"
    with tarfile.open(file, "w") as tar:
        for item in sorted(layout.iterdir()):
            tar.add(item, item.name)
    built = lab.build(file)
    assert built.output("acme/one") == "built"
    assert built.manifest.buildpacks[0].id == "acme/one"


@pytest.mark.spec("distribution.md: OCI layout")
def test_a_layout_folder_is_a_buildpack(lab) -> None:
    assert lab.build(package(lab).layout(lab.root / "layout")).output("acme/one") == "built"


@pytest.mark.spec("distribution.md: OCI layout")
def test_a_blob_that_is_not_what_its_name_says_is_refused(lab) -> None:
    layout = package(lab).layout(lab.root / "layout")
    for blob in (layout / "blobs/sha256").iterdir():
        blob.write_bytes(blob.read_bytes() + b" ")
    with pytest.raises(ImageUnfetchable, match="cannot be used"):
        lab.build(layout)


@pytest.mark.spec("distribution.md: Builder")
def test_a_builders_order_is_the_order(lab) -> None:
    built = lab.build(builder(lab).layout(lab.root / "layout"))
    assert [record.id for record in built.manifest.buildpacks] == ["b"]
    assert built.output("b") == "built b"


@pytest.mark.spec("distribution.md: Buildpackage")
def test_a_layer_cannot_write_outside_of_its_place(lab) -> None:
    evil = io.BytesIO()
    with tarfile.open(fileobj=evil, mode="w") as tar:
        for name in ("cnb/../../../../escaped", "/cnb/buildpacks/x/../../../../escaped"):
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
    image = Image([evil.getvalue()], {"io.buildpacks.buildpackage.metadata": {"id": "x", "version": "1.0.0"}})
    with pytest.raises(ImageUnfetchable):
        lab.build(image.layout(lab.root / "layout"))
    assert not list(lab.root.rglob("escaped"))


@pytest.mark.spec("distribution.md: Buildpackage")
def test_a_label_cannot_name_a_folder_outside_of_the_image(lab) -> None:
    outside = lab.pack("outside", "echo outside")
    up = "/".join([".."] * 30) + str(outside)
    inside = [layer_of({f"cnb/buildpacks/{n}/1.0.0": lab.pack(n, "true")}, slash=False) for n in ("a", "b")]
    image = Image(inside, {"io.buildpacks.buildpackage.metadata": {"id": "a", "version": f"1.0.0/{up}"}})
    with pytest.raises(ImageUnfetchable) as caught:
        lab.build(image.layout(lab.root / "layout"))
    assert "does not hold the buildpack" in caught.value.detail


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
@pytest.mark.parametrize("scheme", ["docker://", ""])
def test_a_buildpackage_is_pulled_from_a_registry(lab, host: str, scheme: str) -> None:
    image = package(lab).push(host, "acme/one")
    built = lab.build(scheme + image, network=True)
    assert built.output("acme/one") == "built"
    assert "@sha256:" in built.manifest.buildpacks[0].uri


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
def test_a_digest_names_exactly_one_image(lab, host: str) -> None:
    image = package(lab)
    image.push(host, "acme/exact")
    assert lab.build(f"docker://{host}/acme/exact@{sha(image.manifest)}", network=True).output("acme/one") == "built"
    with pytest.raises(ImageUnfetchable):
        lab.build(f"docker://{host}/acme/exact@sha256:{'0' * 64}", network=True)


@needs_registry
@pytest.mark.spec("extensions/buildpack-registry.md: Registry Index")
def test_a_buildpack_is_pulled_by_its_name_in_a_registrys_index(lab, host: str, monkeypatch) -> None:
    image = package(lab)
    image.push(host, "acme/named")
    entry = {"ns": "acme", "name": "one", "version": "1.0.0", "addr": f"{host}/acme/named@{sha(image.manifest)}"}
    index = lab.write(lab.root / "index", {"3/on/acme_one": json.dumps(entry)})
    monkeypatch.setenv("SLUGC_REGISTRY_INDEX", str(index))
    built = lab.build("urn:cnb:registry:acme/one@1.0.0", network=True)
    assert built.output("acme/one") == "built"
    assert built.manifest.buildpacks[0].uri.endswith(f"/acme/named@{sha(image.manifest)}")


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
def test_an_index_leads_to_the_image_for_this_machine(lab, host: str) -> None:
    image = package(lab)
    image.push(host, "acme/many", tag="inner")
    own = {"mediaType": MANIFEST, "digest": sha(image.manifest), "size": len(image.manifest)}
    arch = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{**own, "platform": {"os": "linux", "architecture": arch}}],
    }
    kind = {"Content-Type": index["mediaType"]}
    httpx.put(f"http://{host}/v2/acme/many/manifests/all", json=index, headers=kind).raise_for_status()
    assert lab.build(f"docker://{host}/acme/many:all", network=True).output("acme/one") == "built"


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
def test_an_image_that_is_not_there_is_named(lab, host: str) -> None:
    with pytest.raises(ImageUnfetchable) as caught:
        lab.build(f"docker://{host}/no/such:1", network=True)
    assert caught.value.exit_code == 36
    assert "404" in caught.value.detail


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
def test_without_a_network_the_last_pulled_image_is_used(lab, host: str) -> None:
    image = package(lab).push(host, "acme/offline")
    lab.build(image, network=True)
    assert lab.build(image, rebuild=True).output("acme/one") == "built"


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
def test_a_builder_image_is_pulled_and_its_order_used(lab, host: str) -> None:
    image = builder(lab).push(host, "acme/builder")
    project = f'[_]\nschema-version = "0.2"\n[io.buildpacks]\nbuilder = "{image}"\n'
    built = lab.build(app=lab.app({"project.toml": project}), network=True)
    assert [record.id for record in built.manifest.buildpacks] == ["b"]


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
def test_a_package_brings_the_packages_that_it_depends_on(lab, host: str) -> None:
    image = package(lab, "acme/dep", "echo from the registry").push(host, "acme/dep")
    folder = lab.composite("meta", "acme/dep")
    (folder / "package.toml").write_text(f'[buildpack]\nuri = "."\n[[dependencies]]\nimage = "{image}"\n')
    assert lab.build(folder, network=True).output("acme/dep") == "from the registry"


@needs_registry
@pytest.mark.spec("distribution.md: OCI registry")
def test_a_login_is_given_only_where_it_is_asked_for(lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    htpasswd = shutil.which("htpasswd")
    if htpasswd is None:
        pytest.skip("htpasswd (apache2-utils) is not installed")
    done = subprocess.run([htpasswd, "-Bbn", "me", "pass"], capture_output=True, check=True)
    (tmp_path / "passwords").write_bytes(done.stdout)
    for place in serve(tmp_path, password_file=tmp_path / "passwords"):
        image = package(lab).push(place, "acme/private", auth=("me", "pass"))
        with pytest.raises(ImageUnfetchable, match="cannot be used"):
            lab.build(image, network=True)
        monkeypatch.setenv("SLUGC_REGISTRY_AUTH", f"{place}=me:pass")
        assert lab.build(image, network=True).output("acme/one") == "built"


class TokenGate(BaseHTTPRequestHandler):
    """A registry that wants a token, in front of an image held in memory: Debian's package has no token server."""

    image: Image
    asked: list[str]

    def do_GET(self) -> None:
        if self.path.startswith("/token"):
            self.asked.append(self.path + " " + self.headers.get("Authorization", ""))
            self._send(200, b'{"token": "opened"}')
        elif self.headers.get("Authorization") != "Bearer opened":
            here = f"http://{self.headers['Host']}"
            self._send(401, b"", {"WWW-Authenticate": f'Bearer realm="{here}/token",service="test",scope="x"'})
        elif "/manifests/" in self.path:
            self._send(200, self.image.manifest, {"Content-Type": MANIFEST})
        else:
            self._send(200, self.image.blobs[self.path.rpartition("/")[2]])

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(f"{self.path} {form}")
        self._send(200, b'{"access_token": "opened"}')

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


def docker_keeps(
    config: dict[str, object], folder: Path, monkeypatch: pytest.MonkeyPatch, *, answer: dict[str, str]
) -> None:
    """Docker's config, and a real helper `small` that answers so for whatever it is asked."""
    (folder / "config.json").write_text(json.dumps(config))
    helper = folder / "docker-credential-small"
    helper.write_text(f"#!/bin/sh\ncat > '{folder}/asked'\necho '{json.dumps(answer)}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.spec("distribution.md: OCI registry (token)")
@pytest.mark.parametrize("login", ["", "variable", "docker", "helper"])
def test_a_token_is_fetched_where_the_registry_asks_for_one(
    lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    gate = type("Gate", (TokenGate,), {"image": package(lab), "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), gate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_address[1]}"
        if login == "variable":
            monkeypatch.setenv("SLUGC_REGISTRY_AUTH", f"other=x:y {place}=me:pass")
        written = {"docker": {"auths": {place: {"auth": b64encode(b"me:pass").decode()}}}}
        written["helper"] = {"credHelpers": {place: "small"}}
        docker_keeps(written.get(login, {}), tmp_path, monkeypatch, answer={"Username": "me", "Secret": "pass"})
        built = lab.build(f"docker://{place}/acme/one:1", network=True)
        server.shutdown()
    assert built.output("acme/one") == "built"
    (asked,) = gate.asked
    assert "scope=repository%3Aacme%2Fone%3Apull" in asked
    assert (b64encode(b"me:pass").decode() in asked) is bool(login)


@pytest.mark.spec("distribution.md: OCI registry (token)")
def test_an_identity_token_of_a_helper_is_posted(lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = type("Gate", (TokenGate,), {"image": package(lab), "asked": []})
    docker_keeps({"credsStore": "small"}, tmp_path, monkeypatch, answer={"Username": "<token>", "Secret": "a+b"})
    with ThreadingHTTPServer(("127.0.0.1", 0), gate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_address[1]}"
        built = lab.build(f"docker://{place}/acme/one:1", network=True)
        server.shutdown()
    assert built.output("acme/one") == "built"
    assert (tmp_path / "asked").read_text() == place
    (asked,) = gate.asked
    assert "grant_type=refresh_token" in asked
    assert "refresh_token=a%2Bb" in asked
    assert "scope=repository%3Aacme%2Fone%3Apull" in asked


@pytest.mark.spec("distribution.md: OCI registry")
def test_a_helper_that_failed_is_named_where_the_registry_refuses(
    lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(TokenGate):
        def do_GET(self) -> None:
            self._send(401, b"", {"WWW-Authenticate": 'Basic realm="test"'})

    docker_keeps({"credsStore": "absent"}, tmp_path, monkeypatch, answer={})
    with ThreadingHTTPServer(("127.0.0.1", 0), Closed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(ImageUnfetchable) as caught:
            lab.build(f"docker://127.0.0.1:{server.server_address[1]}/acme/one:1", network=True)
        server.shutdown()
    assert "wants a login" in caught.value.detail
    assert "docker-credential-absent" in caught.value.detail


@pytest.mark.spec("distribution.md: OCI registry")
def test_an_image_without_a_registry_says_what_to_write(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUGC_DEFAULT_REGISTRY", raising=False)
    with pytest.raises(ImageUnfetchable) as caught:
        lab.build("docker://acme/one", network=True)
    assert "HOST/acme/one" in caught.value.detail
