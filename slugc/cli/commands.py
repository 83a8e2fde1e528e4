"""Every command of slugc: where it lives and its one line of help.

A literal table, so that `slugc --help` imports no command and one command imports no other.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    module: str
    """A module of slugc.cli with a `typer.Typer` named `app`: one command, or a topic of several."""
    help: str
    section: str
    topic: bool = False
    """True where `app` is a topic: `slugc ps scale` and `slugc ps:scale`."""


COMMANDS: dict[str, CommandEntry] = {
    "build": CommandEntry(module="build", section="Build", help="Turn a source tree into a slug."),
    "why": CommandEntry(module="why", section="Build", help="Say what has changed since the last slug."),
    "detect": CommandEntry(module="detect", section="Build", help="Try buildpacks on source trees and show why."),
    "cache": CommandEntry(
        module="cache", section="Build", help="List and clear build caches; carry one between CI runs.", topic=True
    ),
    "buildpacks": CommandEntry(
        module="buildpacks",
        section="Build",
        help="Look at buildpacks: inspect REF, list. Test them on fixtures.",
        topic=True,
    ),
    "inspect": CommandEntry(module="inspect", section="Slugs", help="Show a slug's manifest."),
    "ls": CommandEntry(module="ls", section="Slugs", help="List the files of a slug."),
    "cat": CommandEntry(module="cat", section="Slugs", help="Print one file of a slug."),
    "extract": CommandEntry(module="extract", section="Slugs", help="Unpack a slug into a folder."),
    "verify": CommandEntry(
        module="verify", section="Slugs", help="Check a slug's digests, or that a second build gives it again."
    ),
    "export": CommandEntry(module="export", section="Slugs", help="Write a slug in another platform's format."),
    "slugs": CommandEntry(module="slugs", section="Slugs", help="List the stored slugs."),
    "gc": CommandEntry(module="gc", section="Slugs", help="Keep the stored slugs within a budget."),
    "run": CommandEntry(module="run", help="Run a command in a one-off dyno.", section="Run"),
    "start": CommandEntry(module="start", help="Boot an app in the foreground and serve it.", section="Run"),
    "release": CommandEntry(
        module="release", help="Write a slug and its config vars as a release manifest.", section="Run"
    ),
    "doctor": CommandEntry(
        module="doctor",
        help="Say what this machine offers, and what to install for more.",
        section="This machine",
    ),
    "stack": CommandEntry(
        module="stack",
        help="Make, import and remove the root file systems under builds and dynos.",
        section="This machine",
        topic=True,
    ),
    "platform": CommandEntry(
        module="platform", help="Run the platform: start, stop, status.", section="Platform", topic=True
    ),
    "apps": CommandEntry(module="apps", help="Create, list and destroy apps.", section="Platform", topic=True),
    "deploy": CommandEntry(module="deploy", help="Build if needed, release, restart.", section="Platform"),
    "releases": CommandEntry(module="releases", help="The releases of an app.", section="Platform", topic=True),
    "rollback": CommandEntry(module="rollback", help="Go back to an earlier release.", section="Platform"),
    "config": CommandEntry(module="config", help="Config vars: set, unset, edit.", section="Platform", topic=True),
    "addons": CommandEntry(
        module="addons", help="PostgreSQL, Redis and addresses of other services.", section="Platform", topic=True
    ),
    "ps": CommandEntry(module="ps", help="Dynos: list, scale, restart, stop.", section="Platform", topic=True),
    "logs": CommandEntry(module="logs", help="The log of an app: dynos, router, platform.", section="Platform"),
    "drains": CommandEntry(
        module="drains", help="Send an app's log lines to other places as well.", section="Platform", topic=True
    ),
    "console": CommandEntry(module="console", help="The app's console in a one-off dyno.", section="Platform"),
    "features": CommandEntry(
        module="features", help="Switch features of an app on and off.", section="Platform", topic=True
    ),
    "maintenance": CommandEntry(
        module="maintenance", help="Show a maintenance page instead of the app.", section="Platform", topic=True
    ),
    "schedule": CommandEntry(module="schedule", help="Run commands by the clock.", section="Platform", topic=True),
}
SECTIONS = ("Build", "Slugs", "Run", "Platform", "This machine")
