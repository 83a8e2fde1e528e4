"""A buildpack as a thing: named, fetched, identified, and run."""

from collections.abc import Callable, Mapping

from slugc.buildpack.classic import Classic
from slugc.buildpack.cloudnative.driver import CloudNative
from slugc.buildpack.contract import Compiled, Driver, Exports, Facts, Job, Verdict, Workshop
from slugc.model.buildpack import Buildpack, BuildpackApi

DRIVERS: Mapping[BuildpackApi, Callable[..., Driver]] = {
    BuildpackApi.CLASSIC: Classic,
    BuildpackApi.CLOUD_NATIVE: CloudNative,
}


def driver(buildpack: Buildpack) -> Driver:
    """What runs this buildpack's scripts."""
    return DRIVERS[buildpack.api](buildpack=buildpack)


__all__ = ["Compiled", "Driver", "Exports", "Facts", "Job", "Verdict", "Workshop", "driver"]
