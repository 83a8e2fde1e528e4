"""Names of files are bytes: what no UTF-8 can spell is shown all the same."""

import json
import os
from pathlib import Path

from slugc.events import BuildStarted
from slugc.model.names import spelled
from slugc.render.json import document, render

ODD = os.fsdecode(b"app \xff \xc3\xbc")


def test_a_name_that_is_not_utf8_is_spelled_in_an_event_and_in_a_document() -> None:
    event = json.loads(render(BuildStarted(source=ODD, stack="host", isolation="none")))
    assert event["source"] == "app \\xff \u00fc"
    assert json.loads(document({ODD: [Path(ODD), 1, None]})) == {"app \\xff \u00fc": ["app \\xff \u00fc", 1, None]}


def test_a_name_that_is_utf8_stays_as_it_is() -> None:
    assert spelled("app \u00fc\n") == "app \u00fc\n"
