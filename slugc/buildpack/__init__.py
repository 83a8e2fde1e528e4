"""A buildpack as a thing: named, fetched, identified, and run."""

from slugc.buildpack.contract import Compiled, Driver, Exports, Facts, Job, Verdict, Workshop
from slugc.model.buildpack import Buildpack, BuildpackApi


def driver(buildpack: Buildpack) -> Driver:
    """What runs this buildpack's scripts. Imported here, for a build that finds nothing to do needs neither."""
    match buildpack.api:
        case BuildpackApi.CLASSIC:
            from slugc.buildpack.classic import Classic

            return Classic(buildpack=buildpack)
        case BuildpackApi.CLOUD_NATIVE:
            from slugc.buildpack.cloudnative.driver import CloudNative

            return CloudNative(buildpack=buildpack)


__all__ = ["Compiled", "Driver", "Exports", "Facts", "Job", "Verdict", "Workshop", "driver"]
