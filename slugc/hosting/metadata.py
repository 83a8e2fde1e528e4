"""A release and its slug as dynos need them. Pure."""

from pathlib import Path

from slugc.model.app import App
from slugc.model.dyno import Bootable
from slugc.model.release import Release
from slugc.model.slug import SlugManifest


def bootable(app: App, release: Release, manifest: SlugManifest, tree: Path) -> Bootable:
    """The slug's default config vars under the release's own, then what the platform says of itself."""
    return Bootable(
        app=app.name,
        version=release.version,
        tree=tree,
        processes=manifest.process_types,
        env={**manifest.config_vars, **release.config_vars, **metadata(app, release)},
    )


def metadata(app: App, release: Release) -> dict[str, str]:
    """SLUGC_* of the running release; the same under the hosted platform's names where the app asks for it."""
    commit = release.commit or ""
    facts = {
        "APP_ID": str(app.id),
        "APP_NAME": app.name,
        "APP_DEFAULT_DOMAIN_NAME": f"{app.name}.localhost",
        "RELEASE_CREATED_AT": release.created_at,
        "RELEASE_VERSION": f"v{release.version}",
        "SLUG_COMMIT": commit,
        "SLUG_DESCRIPTION": release.description,
        "BUILD_COMMIT": commit,
        "BUILD_DESCRIPTION": release.description,
    }
    names = [f"SLUGC_{name}" for name in facts]
    found = dict(zip(names, facts.values(), strict=True))
    if "heroku-env" in app.features:
        found.update({f"HEROKU_{name}": value for name, value in facts.items()})
    return found
