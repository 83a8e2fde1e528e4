"""Where buildpacks come from, and which place that names them wins."""

import base64
import contextlib
import functools
import hashlib
import http.server
import json
import os
import subprocess
import tarfile
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from slugc.errors.source import (
    BuildpackInvalid,
    BuildpackNotFound,
    BuildpackUnfetchable,
    BuildpackUnreadable,
    ConfigurationInvalid,
)
from slugc.events import Step, Warned

ENV = {
    **os.environ,
    "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.com", "GIT_CONFIG_GLOBAL": "/dev/null",
}  # fmt: skip


def git(*words, cwd):
    argv = ["git", "-c", "init.defaultBranch=main", *words]
    return subprocess.run(argv, cwd=cwd, env=ENV, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def pack(tmp_path):
    """Writes a buildpack that says its words; in a git repository of its own."""

    def write(words, name="heroku-buildpack-sayer"):
        root = tmp_path / name
        fresh = not root.exists()
        (root / "bin").mkdir(parents=True, exist_ok=True)
        (root / "bin" / "detect").write_text("#!/bin/sh\necho Sayer\n")
        (root / "bin" / "compile").write_text(f"#!/bin/sh\necho '{words}'\n")
        if fresh:
            git("init", "-q", cwd=root)
        git("add", "-A", cwd=root)
        git("commit", "-qm", words, cwd=root)
        return root

    return write


class Handler(http.server.SimpleHTTPRequestHandler):
    """Knows Last-Modified already; a file `NAME.etag` beside a file is its ETag. Keeps what it answered."""

    answered: ClassVar[list[int]] = []

    def do_GET(self):
        etag = Path(f"{self.translate_path(self.path)}.etag")
        if etag.is_file() and self.headers["If-None-Match"] == etag.read_text():
            self.send_response(304)
            self.end_headers()
            return
        super().do_GET()

    def end_headers(self):
        etag = Path(f"{self.translate_path(self.path)}.etag")
        if etag.is_file():
            self.send_header("ETag", etag.read_text())
        super().end_headers()

    def log_request(self, code="-", size="-"):
        del size
        self.answered.append(int(code))


def _command_lines() -> bytes:
    found = b""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found += (process / "cmdline").read_bytes()
    return found


class Locked(Handler):
    """Wants a login, and looks at what every user of the machine can see meanwhile."""

    wanted: ClassVar[str] = "Basic " + base64.b64encode(b"me:p@ss word").decode()
    seen: ClassVar[list[bytes]] = []

    def do_GET(self):
        self.seen.append(_command_lines())
        if self.headers["Authorization"] != self.wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()


@pytest.fixture
def server(tmp_path):
    yield from _serving(tmp_path, Handler)


@pytest.fixture
def locked(tmp_path):
    Locked.seen.clear()
    yield from _serving(tmp_path, Locked)


def _serving(tmp_path, kind):
    Handler.answered.clear()
    folder = tmp_path / "www"
    folder.mkdir()
    handler = functools.partial(kind, directory=folder)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def test_a_git_branch_is_followed_and_a_commit_is_pinned(builder, app, pack):
    source = app({"a": "b"})
    root = pack("version one")
    first = git("rev-parse", "HEAD", cwd=root)
    url = f"file://{root}"
    builder.build(source, url)
    assert "version one" in builder.transcript
    record = builder.build(source, url).slug.manifest.buildpacks[0]
    assert (record.id, record.uri) == ("sayer", f"git+file://{root}#{first}")
    pack("version two")
    builder.build(source, url)
    assert "version two" in builder.transcript
    assert f"the buildpack {url} has changed" in builder.transcript
    builder.build(source, f"{url}#{first}")
    assert "version one" in builder.transcript
    git("tag", "v1", first, cwd=root)
    builder.build(source, f"{url}#v1", rebuild=True)
    assert "version one" in builder.transcript


def test_what_was_fetched_once_is_not_fetched_again(builder, app, pack):
    source, url = app({"a": "b"}), f"file://{pack('hi')}"
    builder.build(source, url)
    assert any(isinstance(e, Step) and e.text.startswith("Fetching buildpack") for e in builder.seen)
    builder.build(source, url, rebuild=True)
    assert not any(isinstance(e, Step) and e.text.startswith("Fetching buildpack") for e in builder.seen)


def test_without_the_origin_the_old_copy_is_used_and_said_so(builder, app, pack, tmp_path):
    source, root = app({"a": "b"}), pack("kept")
    url = f"file://{root}"
    builder.build(source, url)
    root.rename(tmp_path / "gone")
    builder.build(source, url, rebuild=True)
    assert "kept" in builder.transcript
    assert any(isinstance(e, Warned) and e.text.startswith(f"Using the copy of buildpack {url}") for e in builder.seen)


def test_a_repository_that_cannot_be_reached_names_url_reason_and_next_step(builder, app):
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), "https://127.0.0.1:9/buildpack.git#main")
    assert caught.value.url == "https://127.0.0.1:9/buildpack.git"
    assert "onnect" in caught.value.detail
    assert "git ls-remote https://127.0.0.1:9/buildpack.git" in caught.value.hint


def test_a_branch_that_is_not_there_is_named(builder, app, pack):
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), f"file://{pack('x')}#nope")
    assert "no branch, tag or commit nope" in caught.value.detail


@pytest.mark.parametrize("top", [".", "sayer-1.0"])
def test_a_tarball_is_fetched_with_or_without_a_folder_around_it(builder, app, pack, server, top):
    folder, url = server
    with tarfile.open(folder / "pack.tgz", "w:gz") as tar:
        tar.add(pack("from a tarball") / "bin", arcname=f"{top}/bin")
    result = builder.build(app({"a": "b"}), f"{url}/pack.tgz")
    assert "from a tarball" in builder.transcript
    assert result.slug.manifest.buildpacks[0].uri == f"{url}/pack.tgz"


@pytest.fixture
def publish(pack, server):
    """Puts a buildpack that says its words at the server, and gives its address and the tarball's digest."""

    def put(words, etag=None):
        file = server[0] / "pack.tgz"
        with tarfile.open(file, "w:gz") as tar:
            tar.add(pack(words) / "bin", arcname="bin")
        if etag:
            file.with_name("pack.tgz.etag").write_text(etag)
        return f"{server[1]}/pack.tgz", hashlib.sha256(file.read_bytes()).hexdigest()

    return put


def test_a_tarball_is_fetched_again_only_when_its_tag_is_another(builder, app, publish):
    source, (url, _) = app({"a": "b"}), publish("one", etag='"1"')
    for _ in range(2):
        builder.build(source, url, rebuild=True)
        assert "one" in builder.transcript
    assert "Fetching buildpack" not in builder.transcript
    publish("two", etag='"2"')
    builder.build(source, url)
    assert "two" in builder.transcript
    assert Handler.answered == [200, 304, 200]


def test_a_tarball_without_a_tag_is_asked_for_by_its_date(builder, app, publish):
    url, _ = publish("dated")
    for _ in range(2):
        builder.build(app({"a": "b"}), url, rebuild=True)
    assert Handler.answered == [200, 304]


def test_a_tarball_with_its_digest_is_fetched_once_and_needs_no_network_then(builder, app, publish):
    url, digest = publish("pinned")
    result = builder.build(app({"a": "b"}), f"{url}#sha256={digest}")
    assert result.slug.manifest.buildpacks[0].uri == url
    builder.build(app({"a": "b"}), f"{url}#sha256={digest}", rebuild=True, network=False)
    assert "pinned" in builder.transcript
    assert Handler.answered == [200]


def test_a_tarball_that_is_not_what_its_digest_says_is_refused(builder, app, publish):
    url, digest = publish("other")
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), f"{url}#sha256={'0' * 64}")
    assert f"sha256 is {digest}, expected {'0' * 64}" in caught.value.detail


def test_a_login_in_an_address_is_used_and_nowhere_seen(builder, app, publish):
    url, _ = publish("private", etag='"1"')
    secret = url.replace("http://", "http://me:s3cret@") + "?token=s3cret"
    result = builder.build(app({"a": "b"}), secret)
    assert "private" in builder.transcript
    assert result.slug.manifest.buildpacks[0].uri == f"{url}?..."
    (builder.home.root / "login-of-the-test").write_text("s3cret")
    found = [path.name for path in builder.home.root.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
    assert found == ["login-of-the-test"]
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), secret.replace("pack.tgz", "none.tgz"))
    assert "s3cret" not in f"{caught.value}{caught.value.detail}{caught.value.hint}{builder.transcript}"


def test_a_login_in_a_git_address_is_used_and_stands_in_no_command_line(builder, app, pack, locked):
    www, url = locked
    git("clone", "-q", "--bare", str(pack("hello from a private place")), str(www / "sayer.git"), cwd=www)
    git("update-server-info", cwd=www / "sayer.git")
    address = url.replace("://", "://me:p%40ss%20word@") + "/sayer.git"
    record = builder.build(app({"a": "b"}), address).slug.manifest.buildpacks[0]
    assert "hello from a private place" in builder.transcript
    assert record.uri.startswith(f"git+{url}/sayer.git#")
    assert b"remote-http" in b"".join(Locked.seen)
    assert b"ss%20word" not in b"".join(Locked.seen)


def test_a_wrong_login_in_a_git_address_is_refused_without_a_prompt(builder, app, locked):
    _, url = locked
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), url.replace("://", "://me:wrong@") + "/sayer.git")
    assert "wrong" not in str(caught.value)


def test_a_tarball_has_no_branch(builder, app, publish):
    with pytest.raises(BuildpackNotFound) as caught:
        builder.build(app({"a": "b"}), f"{publish('x')[0]}#main")
    assert "#main can only be #sha256=" in caught.value.detail


def test_a_missing_tarball_says_so(builder, app, server):
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), f"{server[1]}/none.tar.gz")
    assert "404" in caught.value.detail


def test_a_tarball_that_is_none_is_refused(builder, app, server):
    (server[0] / "bad.tgz").write_bytes(b"<html>")
    with pytest.raises(BuildpackInvalid):
        builder.build(app({"a": "b"}), f"{server[1]}/bad.tgz")


def test_with_the_network_off_only_what_is_here_is_used(builder, app, server):
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), f"{server[1]}/pack.tgz", network=False)
    assert "switched off" in caught.value.detail


@pytest.mark.parametrize("text", ["no-such-pack", "./nowhere", "urn:nope:x", "gopher://x/y"])
def test_an_unknown_name_lists_what_is_built_in(builder, app, text):
    with pytest.raises(BuildpackNotFound) as caught:
        builder.build(app({"a": "b"}), text)
    assert caught.value.reference == text


def test_a_folder_without_scripts_is_no_buildpack(builder, app, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BuildpackInvalid) as caught:
        builder.build(app({"a": "b"}), tmp_path / "empty")
    assert "bin/detect and bin/compile missing" in caught.value.detail


def test_the_first_place_that_names_buildpacks_decides(builder, app, packs, pack):
    def said(words, name):
        return str(pack(words, name))

    by_json, by_dots, by_project = (
        said("by app.json", "one"),
        said("by dot buildpacks", "two"),
        said("by project", "three"),
    )
    files = {
        "app.json": json.dumps({"buildpacks": [{"url": by_json}]}),
        ".buildpacks": f"# comment\r\n{by_dots}\r\n",
        "project.toml": f'[_]\nschema-version = "0.2"\n[[io.buildpacks.group]]\nuri = "{by_project}"\n',
    }
    source = app(files)
    builder.build(source, said("by option", "four"))
    assert "by option" in builder.transcript
    for file, words in (
        ("project.toml", "by project"),
        (".buildpacks", "by dot buildpacks"),
        ("app.json", "by app.json"),
    ):
        builder.build(source)
        assert words in builder.transcript
        (source / file).unlink()


def test_a_path_in_the_source_counts_from_the_source(builder, app):
    source = app({"pack/bin/detect": "#!/bin/sh\necho In\n", "pack/bin/compile": "#!/bin/sh\necho inner pack\n"})
    (source / ".buildpacks").write_text("./pack\n")
    builder.build(source)
    assert "inner pack" in builder.transcript


@pytest.mark.parametrize(("file", "text"), [("app.json", "{\n\nnope}"), ("project.toml", "[_\n")])
def test_a_broken_file_is_named_with_its_line(builder, app, file, text):
    with pytest.raises(ConfigurationInvalid) as caught:
        builder.build(app({file: text}))
    assert caught.value.file == file
    assert caught.value.line > 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("shut", ["data/key", "data"])
def test_a_folder_with_something_unreadable_names_it(builder, app, tmp_path, shut):
    pack = tmp_path / "pack"
    for name in ("bin/detect", "bin/compile", "data/key"):
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        (pack / name).write_text("#!/bin/sh\n")
    (pack / shut).chmod(0)
    try:
        with pytest.raises(BuildpackUnreadable) as caught:
            builder.build(app({"a": "b"}), pack)
    finally:
        (pack / shut).chmod(0o755)
    assert shut in caught.value.detail
