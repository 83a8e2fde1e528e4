"""What a dyno is told of its release, and what the interface tells of config vars."""

from pathlib import Path

from slugc.hosting import views
from slugc.hosting.metadata import bootable
from slugc.model.app import App
from slugc.model.process import ProcessType
from slugc.model.release import Release, ReleaseEntry, ReleaseStatus
from slugc.model.slug import SlugManifest, SourceRecord, StackRecord

RELEASE = Release(
    app="shop",
    version=42,
    slug="d",
    config_vars={"MODE": "mine", "SECRET": "hunter2"},
    description="Deploy 2c3a0b2",
    user="me",
    created_at="2015-04-02T18:00:42Z",
    commit="2c3a0b2",
)
MANIFEST = SlugManifest(
    digest="d",
    stack=StackRecord(name="host"),
    isolation="bubblewrap",
    source=SourceRecord(kind="folder", digest="x"),
    buildpacks=(),
    process_types=(ProcessType(name="web", command="run"),),
    config_vars={"MODE": "default", "LANG": "C"},
)


def app(*features: str) -> App:
    return App(id=7, name="shop", owner="me", created_at="", features=frozenset(features))


def test_a_releases_own_config_wins_over_the_slugs_defaults() -> None:
    env = bootable(app(), RELEASE, MANIFEST, Path("/tree")).env
    assert (env["MODE"], env["LANG"]) == ("mine", "C")
    assert (env["SLUGC_RELEASE_VERSION"], env["SLUGC_APP_NAME"]) == ("v42", "shop")
    assert (env["SLUGC_BUILD_COMMIT"], env["SLUGC_SLUG_DESCRIPTION"]) == ("2c3a0b2", "Deploy 2c3a0b2")
    assert not [name for name in env if name.startswith("HEROKU_")]


def test_the_hosted_platforms_names_come_only_where_the_app_asks_for_them() -> None:
    env = bootable(app("heroku-env"), RELEASE, MANIFEST, Path("/tree")).env
    assert env["HEROKU_RELEASE_VERSION"] == env["SLUGC_RELEASE_VERSION"] == "v42"
    assert env["HEROKU_RELEASE_CREATED_AT"] == "2015-04-02T18:00:42Z"


def test_a_listing_of_releases_shows_no_value() -> None:
    entry = ReleaseEntry(release=RELEASE, status=ReleaseStatus.SUCCEEDED, current=True)
    assert "hunter2" not in str(views.release_row(entry))
    assert views.release_row(entry, reveal=True)["config_vars"]["SECRET"] == "hunter2"
