"""How a failure reaches the user: text, an event line, or an annotation, by the form that was asked for."""

import sys
from dataclasses import replace

from slugc.cli.session import OutputForm, colour_wanted, form_of, github_renderer
from slugc.errors import SlugcError
from slugc.events import BuildFailed
from slugc.render import human, json


def report(error: SlugcError, argv: list[str]) -> None:
    event = BuildFailed(code=error.code, summary=error.summary, detail=error.detail, hint=error.hint)
    match form_of(argv):
        case OutputForm.JSON:
            sys.stdout.write(json.render(event) + "\n")
            sys.stdout.flush()
        case OutputForm.GITHUB:
            sys.stderr.write("".join(line + "\n" for line in github_renderer().render(event)))
        case OutputForm.HUMAN:
            shown = replace(event, detail="") if error.streamed else event
            sys.stderr.write("".join(line + "\n" for line in human.render(shown, colour=colour_wanted(sys.stderr))))
