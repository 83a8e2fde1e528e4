"""What may be a config var, and what a change of several amounts to. Pure.

Names follow heroku-compatible rules: letters, digits and underscores, no digit first, no double underscore
first (names with one inside, such as AIRFLOW__CORE__FERNET_KEY, are in wide use), no prefix of the platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from slugc.errors.ledger import (
    ConfigTooLarge,
    InvalidConfigName,
    InvalidConfigPair,
    InvalidConfigValue,
)
from slugc.model.variable import NAME

VALUE_LIMIT = 65_536
"""Bytes of one value. The hosted platform bounds the sum to this; here only the kernel's own bound is near,
at 128 KiB for one string of an environment."""
TOTAL_LIMIT = 524_288
RESERVED_PREFIXES = ("HEROKU_", "SLUGC_", "__")
RESERVED = frozenset({"DYNO", "PORT"})
MASK = "********"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChange:
    """What a request really changes; empty where every value was there already."""

    set: Mapping[str, str]
    unset: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.set or self.unset)


def name_problem(name: str) -> str | None:
    if not NAME.fullmatch(name):
        return "A name has letters, digits and underscores only, and does not start with a digit."
    for prefix in RESERVED_PREFIXES:
        if name.startswith(prefix):
            return f"Names that start with {prefix} are the platform's own."
    if name in RESERVED:
        return f"The platform sets {name} for every dyno."
    return None


def value_problem(value: str) -> str | None:
    if "\0" in value:
        return "It has a NUL byte, which no environment can carry."
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return "It is not UTF-8 text."
    return None


def parse_pair(text: str) -> tuple[str, str]:
    """`A=1` to (A, 1); the value may hold anything, `=` included. Raises InvalidConfigPair, InvalidConfigName."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidConfigPair(given=text)
    check_name(name)
    return name, value


def check_name(name: str) -> None:
    reason = name_problem(name)
    if reason:
        raise InvalidConfigName(name=name, reason=reason)


def check(config_vars: Mapping[str, str]) -> None:
    """Raises InvalidConfigName, InvalidConfigValue, ConfigTooLarge."""
    total = 0
    for name, value in config_vars.items():
        check_name(name)
        reason = value_problem(value)
        if reason:
            raise InvalidConfigValue(name=name, reason=reason)
        size = len(value.encode())
        if size > VALUE_LIMIT:
            raise ConfigTooLarge(name=name, size=size, limit=VALUE_LIMIT)
        total += size + len(name)
    if total > TOTAL_LIMIT:
        raise ConfigTooLarge(name=None, size=total, limit=TOTAL_LIMIT)


def difference(current: Mapping[str, str], wanted: Mapping[str, str | None]) -> ConfigChange:
    """What `wanted` (None: unset) changes in `current`."""
    return ConfigChange(
        set={name: value for name, value in wanted.items() if value is not None and current.get(name) != value},
        unset=tuple(name for name, value in wanted.items() if value is None and name in current),
    )


def masked(config_vars: Mapping[str, str]) -> dict[str, str]:
    """For listings that go to logs: names, and that there is a value."""
    return {name: MASK if value else "" for name, value in config_vars.items()}
