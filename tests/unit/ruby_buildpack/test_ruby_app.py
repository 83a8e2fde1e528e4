"""What the files of a Ruby app decide, and what Bundler's words mean, without running anything."""

import pytest

from slugc_buildpack.children import ChildFailed
from slugc_buildpack.problems import Problem
from slugc_buildpack.stack import Stack
from slugc_ruby import checks, complaints, detection, lockfile, processes, requested
from slugc_ruby.lockfile import Lock

LOCK = """\
PATH
  remote: engines/billing
  specs:
    billing (0.1.0)

GEM
  remote: https://gems.example/
  specs:
    nokogiri (1.15.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.6.0)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  nokogiri

RUBY VERSION
   ruby 3.1.2p20

BUNDLED WITH
   2.3.27
"""
STACK = Stack(name="host", distro="debian", version="12", suite="bookworm", glibc="2.36", arch="x86_64")


def app_of(folder, gemfile="", **files):
    (folder / "Gemfile").write_text(gemfile)
    for name, text in files.items():
        (folder / name.replace("DOT", ".").replace("DASH", "-")).write_text(text)
    return folder


def test_a_gemfile_makes_a_ruby_app(tmp_path):
    assert isinstance(detection.decide(tmp_path), list)
    assert detection.decide(app_of(tmp_path)) == "Ruby"


def test_a_lock_file_tells_gems_archives_platforms_and_ruby():
    lock = lockfile.parse(LOCK)
    assert lock.gems == {"billing": "0.1.0", "nokogiri": "1.15.0", "racc": "1.6.0"}
    assert lock.files == ("nokogiri-1.15.0-x86_64-linux", "racc-1.6.0")
    assert (lock.platforms, lock.ruby, lock.bundler, lock.local) == (("x86_64-linux",), "3.1.2", "2.3.27", True)


def test_a_lock_file_of_jruby_says_so():
    assert lockfile.parse("RUBY VERSION\n   ruby 2.6.8p0 (jruby 9.3.9.0)\n").engine == "jruby 9.3.9.0"


@pytest.mark.parametrize(
    ("gemfile", "files", "text", "origin", "admitted", "refused"),
    [
        ("ruby '3.1.2'", {}, "3.1.2", "Gemfile", "3.1.2", "3.1.3"),
        ("ruby '~> 3.1.2'", {}, "~> 3.1.2", "Gemfile", "3.1.9", "3.2.0"),
        ("ruby '~> 3.1'", {}, "~> 3.1", "Gemfile", "3.9.0", "4.0.0"),
        ("ruby '>= 3.1', '< 3.4' # both", {}, ">= 3.1, < 3.4", "Gemfile", "3.3.9", "3.4.0"),
        ("ruby file: '.ruby-version'", {"DOTrubyDASHversion": "3.2.1\n"}, "3.2.1", ".ruby-version", "3.2.1", "3.2.2"),
        ("", {"DOTrubyDASHversion": "ruby-3.2\n"}, "3.2", ".ruby-version", "3.2.7", "3.3.0"),
    ],
)
def test_the_version_comes_from_the_first_file_that_names_one(
    tmp_path, gemfile, files, text, origin, admitted, refused
):
    request = requested.ruby(app_of(tmp_path, gemfile, **files), Lock())
    assert (request.spec.text, request.origin) == (text, origin)
    assert request.spec.admits(admitted)
    assert not request.spec.admits(refused)


def test_the_lock_file_is_asked_before_gemfile(tmp_path):
    request = requested.ruby(app_of(tmp_path, "ruby '>= 3.0'"), Lock(ruby="3.1.2"))
    assert (request.spec.text, request.origin) == ("3.1.2", "Gemfile.lock")


def test_an_app_that_names_no_version_keeps_the_series_of_its_last_build(tmp_path):
    request = requested.ruby(app_of(tmp_path), Lock(), last="3.1.2")
    assert (request.spec.text, request.origin) == ("3.1", None)


@pytest.mark.parametrize("text", ["latest", "", "3.1.2\n3.2.0", "three"])
def test_a_version_file_that_names_no_version_is_refused(tmp_path, text):
    with pytest.raises(Problem) as caught:
        requested.ruby(app_of(tmp_path, DOTrubyDASHversion=text), Lock())
    assert (caught.value.code, caught.value.place) == ("ruby.bad-version", ".ruby-version:1")


@pytest.mark.parametrize(("platforms", "fits"), [((), True), (("ruby",), True), (("arm64-darwin",), False)])
def test_a_lock_file_must_have_something_for_this_stack(platforms, fits):
    if fits:
        checks.platform(Lock(platforms=platforms), STACK)
        return
    with pytest.raises(Problem, match="not made for Linux"):
        checks.platform(Lock(platforms=platforms), STACK)


@pytest.mark.parametrize(
    ("gems", "files", "command"),
    [
        ({"railties": "7.1.0"}, {}, "bundle exec rails server -p ${PORT:-5000} -e $RAILS_ENV"),
        ({"rack": "2.2.4"}, {"configDOTru": ""}, "bundle exec rackup config.ru -p ${PORT:-5000}"),
        ({"rack": "3.0.1", "puma": "6.0.0"}, {"configDOTru": ""}, "bundle exec puma -p ${PORT:-5000}"),
        ({"rack": "3.0.1", "rackup": "2.1.0"}, {"configDOTru": ""}, "bundle exec rackup config.ru -p ${PORT:-5000}"),
        ({"sinatra": "3.0"}, {"webDOTrb": "require 'sinatra'"}, "bundle exec ruby web.rb -p ${PORT:-5000} -o 0.0.0.0"),
        ({"sinatra": "3.0"}, {"appDOTrb": "require 'sinatra/base'"}, None),
        ({}, {}, None),
    ],
)
def test_the_web_process_follows_from_gems_and_files(tmp_path, gems, files, command):
    assert processes.web(app_of(tmp_path, **files), Lock(gems=gems)) == command


def test_an_app_with_the_gem_pg_asks_for_a_database(tmp_path):
    lock = "GEM\n  remote: https://gems.example/\n  specs:\n    pg (1.5.4)\n\nPLATFORMS\n  ruby\n"
    assert processes.release(app_of(tmp_path, GemfileDOTlock=lock)) == {
        "default_process_types": {"rake": "bundle exec rake", "console": "bundle exec irb"},
        "addons": ["heroku-postgresql"],
    }


@pytest.mark.parametrize(
    ("said", "code", "evidence"),
    [
        (
            (
                "Your bundle is locked to rack (99.0.0) from rubygems repository\nhttps://gems.example/ or installed\n"
                "locally, but that version can no longer be\nfound in that source."
            ),
            "ruby.no-such-gem",
            "rack (99.0.0)",
        ),
        ("Could not find gem 'ghost (~> 1)' in rubygems repository", "ruby.no-such-gem", "ghost (~> 1)"),
        ("Could not reach host gems.example. Check your network", "ruby.source-unreachable", "gems.example"),
        ("Authentication is required for gems.example.\n", "ruby.source-authentication", "gems.example"),
        ("You have added to the Gemfile:\n* rack", "ruby.lock-outdated", "* rack"),
        ("Your Ruby version is 3.1.7, but your Gemfile specified ~> 3.3", "ruby.version-conflict", "3.3"),
        ("The path `/app/engines/x` does not exist.", "ruby.no-such-path", "/app/engines/x"),
        (
            (
                "foo.c:2:10: fatal error: libpq-fe.h: No such file\nmake failed, exit code 2\n"
                "An error occurred while installing pg (1.5.4), and Bundler cannot continue."
            ),
            "ruby.native-extension",
            "libpq-fe.h",
        ),
        ("[!] something nobody knows", "ruby.install-failed", "something nobody knows"),
    ],
)
def test_bundlers_words_become_a_file_evidence_and_a_next_step(said, code, evidence):
    problem = complaints.install_failed(ChildFailed(argv=("bundle",), status=1, tail=said.splitlines()))
    assert problem.code == code
    assert evidence in problem.evidence
    assert problem.file
    assert problem.next_step


def test_a_private_source_gets_the_name_of_its_config_var():
    said = ["Authentication is required for my-gems.example.com."]
    problem = complaints.install_failed(ChildFailed(argv=("bundle",), status=1, tail=said))
    assert "BUNDLE_MY___GEMS__EXAMPLE__COM" in problem.next_step


@pytest.mark.parametrize(
    "line",
    [
        "sh: 1: yarn: not found",
        "Errno::ENOENT: No such file or directory - yarn install",
        "ExecJS::RuntimeUnavailable: Could not find a JavaScript runtime.",
    ],
)
def test_assets_that_need_node_lead_to_both_buildpacks(line):
    problem = complaints.task_failed("assets:precompile", ChildFailed(argv=("rake",), status=1, tail=[line]))
    assert "--buildpack node --buildpack ruby" in problem.next_step


def test_a_task_that_fails_of_itself_says_nothing_of_node():
    tail = ["rake aborted!", "NoMethodError: undefined method 'node' for nil", "app/models/node.rb:3"]
    problem = complaints.task_failed("assets:precompile", ChildFailed(argv=("rake",), status=1, tail=tail))
    assert "--buildpack" not in problem.next_step
