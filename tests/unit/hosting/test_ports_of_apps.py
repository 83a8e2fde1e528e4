"""Which port of its own a new app gets."""

from types import SimpleNamespace
from typing import Any

import pytest

from slugc.hosting import fleet


def test_no_app_gets_the_port_of_another_or_of_an_add_on_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    free = iter([5001, 5002, 5003, 5003, 5004])
    monkeypatch.setattr(fleet, "free_port", lambda: next(free))
    ledger = SimpleNamespace(
        addons=lambda: (SimpleNamespace(details={"port": "5001"}), SimpleNamespace(details={"url": "http://x"})),
        apps=lambda: (SimpleNamespace(settings={"port": "5002"}), SimpleNamespace(settings={})),
    )
    world: Any = SimpleNamespace(ledger=ledger)
    apps = fleet.Fleet(world)
    assert [apps._own_port(), apps._own_port()] == [5003, 5004]
