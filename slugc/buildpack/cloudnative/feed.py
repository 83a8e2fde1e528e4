"""PURE: the buildpack plan during the build: what each buildpack is given, and what it leaves for the next."""

from collections.abc import Sequence
from dataclasses import dataclass

from slugc.model.cloudnative import Descriptor, Kind, PlanEntry, Require


class UnmetUnknown(ValueError):
    """build.toml names an entry that was not in this buildpack's plan."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFeed:
    """The entries that nobody has met yet."""

    entries: tuple[PlanEntry, ...] = ()

    def given_to(self, descriptor: Descriptor) -> tuple[Require, ...]:
        """All requirements of every entry that this buildpack provides."""
        return tuple(r for entry in self.entries if _provides(entry, descriptor) for r in entry.requires)

    def after(self, descriptor: Descriptor, unmet: Sequence[str]) -> "PlanFeed":
        """Without what this buildpack met. Raises UnmetUnknown."""
        given = [entry.name for entry in self.entries if _provides(entry, descriptor)]
        for name in unmet:
            if name not in given:
                raise UnmetUnknown(name)
        met = set(given) - set(unmet)
        return PlanFeed(entries=tuple(entry for entry in self.entries if entry.name not in met))

    def without_extensions(self) -> "PlanFeed":
        """Extensions always meet what they provide, before the first buildpack builds."""
        return PlanFeed(entries=tuple(e for e in self.entries if not _met_by_extension(e)))


def _provides(entry: PlanEntry, descriptor: Descriptor) -> bool:
    return any(p.id == descriptor.id and p.version == descriptor.version for p in entry.providers)


def _met_by_extension(entry: PlanEntry) -> bool:
    return any(provider.kind is Kind.EXTENSION for provider in entry.providers)
