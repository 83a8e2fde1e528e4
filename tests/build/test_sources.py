"""Where a build's tree comes from: folders, commits and tarballs, with whatever people leave in them."""

import io
import os
import socket
import subprocess
import tarfile
from pathlib import Path

import pytest

from slugc.errors.source import NotACommit, SourceNotFound, SubmoduleUnreachable, UnsafeArchive
from slugc.events import Output, Warned
from slugc.source import locate, snapshot
from slugc.source.snapshot import EPOCH
from tests.support.command_line import slugc

ENV = {
    **os.environ,
    "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com", "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.com", "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_DATE": "1700000000 +0000", "GIT_CONFIG_GLOBAL": "/dev/null",
}  # fmt: skip


def git(*words: str, cwd: Path) -> str:
    argv = ["git", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *words]
    return subprocess.run(argv, cwd=cwd, env=ENV, check=True, capture_output=True, text=True).stdout.strip()


def repository(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git("init", "-q", cwd=folder)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    git("add", "-A", cwd=folder)
    git("commit", "-qm", "first", cwd=folder)
    return folder


@pytest.fixture
def take(tmp_path):
    """Snapshots a source; the events are in take.seen."""
    count = 0

    def run(text, environ=None):
        nonlocal count
        count += 1
        run.seen = []
        into = tmp_path / f"build-{count}" / "app"
        into.parent.mkdir()
        place = locate(str(text), cwd=tmp_path)
        scratch = into.parent / "scratch"
        return snapshot(place, into, scratch=scratch, environ=environ or {}, emit=run.seen.append)

    run.seen = []
    return run


def names(tree) -> list[str]:
    return sorted(str(path.relative_to(tree.root)) for path in tree.root.rglob("*"))


def test_slugignore_is_applied_and_litter_stays_out(take, app):
    source = app(
        {
            ".slugignore": "*.psd\n/spec/\n!keep.psd\n",
            "a.psd": "x", "keep.psd": "x", "spec/deep/x": "x", "sub/spec/x": "x", "main.py": "x",
            ".git/HEAD-not-a-repository": "x", ".DS_Store": "x", "sub/.DS_Store": "x", ".svn/entries": "x",
        }
    )  # fmt: skip
    (source / ".git").rename(source / ".hg")
    tree = take(source)
    assert names(tree) == [".slugignore", "main.py", "sub", "sub/spec", "sub/spec/x"]
    warned = [event for event in take.seen if isinstance(event, Warned)]
    assert [(event.file, event.line) for event in warned] == [(".slugignore", 3)]
    assert any(
        "3 files and folders matching .slugignore left out" in e.text for e in take.seen if isinstance(e, Output)
    )


def test_links_stay_links_and_are_never_followed(take, app, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("k")
    source = app({"a": "x"})
    (source / "out").symlink_to(secret)
    (source / "absolute").symlink_to("/etc/passwd")
    (source / "dangling").symlink_to("nowhere")
    (source / "loop").symlink_to("loop")
    tree = take(source)
    assert names(tree) == ["a", "absolute", "dangling", "loop", "out"]
    assert os.readlink(tree.root / "absolute") == "/etc/passwd"
    assert os.readlink(tree.root / "out") == str(secret)


def test_sockets_and_pipes_are_left_out_with_a_note(take, app):
    source = app({"a": "x"})
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(source / "sock"))
        tree = take(source)
    assert names(tree) == ["a"]
    assert [note.split(" ")[0] for note in tree.notes] == ["pipe", "sock"]


def test_hostile_names_survive(take, app):
    source = app({"a": "x"})
    odd = [b"new\nline", b"\xff\xfe not utf-8", b"-rf", b" space ", b"quote'\"$(x)", b"n" * 255]
    for name in odd:
        with open(os.path.join(os.fsencode(source), name), "wb") as file:
            file.write(name)
    tree = take(source)
    assert sorted(os.listdir(os.fsencode(tree.root))) == sorted([b"a", *odd])


def test_a_copy_is_never_the_users_own_file(take, app):
    source = app({"a": "original", "b/c": "original"})
    tree = take(source)
    for name in ("a", "b/c"):
        assert (source / name).stat().st_ino != (tree.root / name).stat().st_ino
        with (tree.root / name).open("r+") as file:
            file.write("changed!")
        assert (source / name).read_text() == "original"


def test_modes_and_times_do_not_depend_on_the_checkout(take, app):
    one, two = app({"x": "1", "run": "2"}, "one"), app({"x": "1", "run": "2"}, "two")
    (one / "run").chmod(0o755)
    (two / "run").chmod(0o700)
    (one / "x").chmod(0o600)
    first, second = take(one), take(two)
    assert first.record.digest == second.record.digest
    assert (first.root / "x").stat().st_mode & 0o777 == 0o644
    assert (first.root / "x").stat().st_mtime == EPOCH == first.mtime


def test_source_date_epoch_wins(take, app):
    assert take(app({"a": "b"}), {"SOURCE_DATE_EPOCH": "1234567890"}).mtime == 1234567890


def test_a_work_tree_records_its_commit_and_whether_it_is_dirty(take, tmp_path):
    source = repository(tmp_path / "repo", {"a": "1", ".gitignore": "*.log\nnode_modules/\n.env\n"})
    commit = git("rev-parse", "HEAD", cwd=source)
    tree = take(source)
    assert (tree.record.kind, tree.record.commit, tree.record.dirty) == ("folder", commit, False)
    assert tree.mtime == 1700000000
    (source / "new").write_text("x")
    (source / "x.log").write_text("x")
    (source / ".env").write_text("SECRET=1")
    (source / "node_modules" / "left-pad").mkdir(parents=True)
    (source / "node_modules" / "left-pad" / "index.js").write_text("x")
    dirty = take(source)
    assert dirty.record.dirty
    assert names(dirty) == [".gitignore", "a", "new"]
    assert any("that git ignores left out" in note for note in dirty.notes)


def test_a_folder_inside_a_repository_is_a_plain_folder(take, tmp_path):
    source = repository(tmp_path / "repo", {"app/a": "1", ".gitignore": "a\n"})
    tree = take(source / "app")
    assert (tree.record.commit, names(tree)) == (None, ["a"])


def test_a_commit_is_built_as_it_was_whatever_the_work_tree_holds(take, tmp_path):
    source = repository(tmp_path / "repo", {"a": "1", "x.psd": "1", ".slugignore": "*.psd\n", "l/m": "1"})
    (source / ".gitattributes").write_text("a export-ignore\n")
    git("add", "-A", cwd=source)
    git("commit", "-qm", "attributes", cwd=source)
    commit = git("rev-parse", "HEAD", cwd=source)
    (source / "a").write_text("changed")
    status = git("status", "--porcelain", cwd=source)
    for text in (f"{source}#main", f"{source}#{commit[:10]}", f"repo#{commit}"):
        tree = take(text)
        assert (tree.record.kind, tree.record.commit, tree.record.dirty) == ("git", commit, False)
        assert (tree.root / "a").read_text() == "1"
        assert names(tree) == [".gitattributes", ".slugignore", "a", "l", "l/m"]
    assert git("status", "--porcelain", cwd=source) == status


def test_an_unknown_commit_is_named(take, tmp_path):
    source = repository(tmp_path / "repo", {"a": "1"})
    with pytest.raises(NotACommit) as caught:
        take(f"{source}#no-such-branch")
    assert caught.value.reference == "no-such-branch"


def test_submodules_are_checked_out(take, tmp_path, monkeypatch):
    inner = repository(tmp_path / "inner", {"deep": "1"})
    middle = repository(tmp_path / "middle", {"lib": "1"})
    git("submodule", "add", "-q", str(inner), "inner", cwd=middle)
    git("commit", "-qm", "inner", cwd=middle)
    outer = repository(tmp_path / "outer", {"main": "1"})
    git("submodule", "add", "-q", "../middle", "vendor/middle", cwd=outer)
    git("commit", "-qm", "middle", cwd=outer)
    expected = [
        "main",
        "vendor",
        "vendor/middle",
        "vendor/middle/inner",
        "vendor/middle/inner/deep",
        "vendor/middle/lib",
    ]
    assert names(take(f"{outer}#main")) == expected
    clone = tmp_path / "clone"
    git("clone", "-q", str(outer), str(clone), cwd=tmp_path)
    assert names(take(clone)) == expected


def test_a_submodule_at_a_path_that_is_not_utf8_is_checked_out(take, tmp_path):
    inner = repository(tmp_path / "inner", {"deep": "1"})
    outer = repository(tmp_path / "outer", {"main": "1"})
    odd = os.fsdecode(b"caf\xe9")
    git("submodule", "add", "-q", str(inner), odd, cwd=outer)
    git("commit", "-qm", "inner", cwd=outer)
    clone = tmp_path / "clone"
    git("clone", "-q", str(outer), str(clone), cwd=tmp_path)
    assert names(take(f"{clone}#main")) == [odd, f"{odd}/deep", "main"]


def test_an_unreachable_submodule_fails_the_build(take, tmp_path):
    middle = repository(tmp_path / "middle", {"lib": "1"})
    outer = repository(tmp_path / "outer", {"main": "1"})
    git("submodule", "add", "-q", str(middle), "lib", cwd=outer)
    git("commit", "-qm", "lib", cwd=outer)
    clone = tmp_path / "clone"
    git("clone", "-q", str(outer), str(clone), cwd=tmp_path)
    middle.rename(tmp_path / "gone")
    with pytest.raises(SubmoduleUnreachable) as caught:
        take(f"{clone}#main")
    assert (caught.value.path, caught.value.url) == ("lib", str(middle))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", pytest.param("zst", marks=pytest.mark.needs("zstd")), ""])
def test_tarballs_of_every_compression_are_read(take, app, tmp_path, kind):
    source = app({"top/a": "1", "top/sub/b": "2"})
    plain = tmp_path / "app.tar"
    with tarfile.open(plain, "w") as tar:
        tar.add(source / "top", arcname="top")
    if kind == "zst":
        subprocess.run(["zstd", "-q", "--rm", plain], check=True)
    elif kind:
        with tarfile.open(f"{plain}.{kind}", f"w:{kind}") as tar:
            tar.add(source / "top", arcname="top")
    tree = take(f"{plain}.{kind}" if kind else plain)
    assert names(tree) == ["a", "sub", "sub/b"]
    assert tree.record.kind == "tarball"


def test_git_archive_tells_the_commit(take, tmp_path):
    source = repository(tmp_path / "repo", {"a": "1"})
    git("archive", "--format=tar.gz", "--prefix=app-1/", "-o", str(tmp_path / "a.tgz"), "HEAD", cwd=source)
    tree = take(tmp_path / "a.tgz")
    assert tree.record.commit == git("rev-parse", "HEAD", cwd=source)
    assert names(tree) == ["a"]


def hostile(kind: str) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:

        def add(name, **fields):
            member = tarfile.TarInfo(name)
            data = fields.pop("data", b"")
            for key, value in fields.items():
                setattr(member, key, value)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))

        match kind:
            case "dot-dot":
                add("a/../../escaped", data=b"x")
            case "absolute":
                add("/tmp/escaped", data=b"x")
            case "through-link":
                add("link", type=tarfile.SYMTYPE, linkname="..")
                add("link/escaped", data=b"x")
            case "hard-link-out":
                add("h", type=tarfile.LNKTYPE, linkname="../../etc/passwd")
            case "hard-link-nowhere":
                add("h", type=tarfile.LNKTYPE, linkname="missing")
            case "file-is-folder":
                add("a/b", data=b"x")
                add("a", data=b"x")
    return raw.getvalue()


@pytest.mark.parametrize(
    "kind", ["dot-dot", "absolute", "through-link", "hard-link-out", "hard-link-nowhere", "file-is-folder"]
)
def test_a_hostile_tarball_is_refused_and_touches_nothing_outside(take, tmp_path, kind):
    (tmp_path / "evil.tar").write_bytes(hostile(kind))
    with pytest.raises(UnsafeArchive):
        take(tmp_path / "evil.tar")
    assert not [path for path in tmp_path.rglob("escaped") if "scratch/unpacked" not in str(path)]
    assert not Path("/tmp/escaped").exists()


def test_a_truncated_tarball_is_refused(take, app, tmp_path):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        tar.add(app({"a": os.urandom(50_000)}), arcname=".")
    data = (tmp_path / "a.tgz").read_bytes()
    (tmp_path / "a.tgz").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnsafeArchive):
        take(tmp_path / "a.tgz")


@pytest.mark.parametrize("time", [1e20, -1e20, -5])
def test_a_time_that_no_clock_shows_is_no_obstacle(take, tmp_path, time):
    member = tarfile.TarInfo("app/file")
    member.size, member.mtime = 1, time
    with tarfile.open(tmp_path / "odd.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member, io.BytesIO(b"x"))
    assert (take(tmp_path / "odd.tar").root / "file").read_bytes() == b"x"


@pytest.mark.parametrize("text", ["nowhere", "nowhere#main", "notes.txt"])
def test_what_is_no_source_is_refused(take, tmp_path, text):
    (tmp_path / "notes.txt").write_text("not an archive")
    with pytest.raises(SourceNotFound):
        take(text)


def test_a_folder_whose_name_is_no_utf8_is_built_remembered_and_released(tmp_path):
    app = tmp_path / os.fsdecode(b"od\xff")
    app.mkdir()
    (app / "hello.txt").write_text("hi\n")
    pack, home = Path(__file__).parents[1] / "packs/hello", tmp_path / "home"
    built = slugc(home, "build", app, "-b", pack, "-o", app / "a.slug", "--json")
    assert (built.returncode, built.stderr) == (0, "")
    assert "Nothing changed" in slugc(home, "why", app, "-b", pack).stdout
    assert "od\\\\xff" in slugc(home, "cache", "list", "--json").stdout
    made = slugc(home, "release", app / "a.slug", "-o", tmp_path / "release.json")
    assert (made.returncode, made.stderr) == (0, "")
    assert slugc(home, "run", tmp_path / "release.json", "cat hello.txt").stdout == "hi\n"
