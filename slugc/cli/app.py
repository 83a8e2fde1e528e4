"""The root of the command line: finds a command in the table, imports it, runs it."""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from slugc.cli import examples
from slugc.cli.commands import COMMANDS, SECTIONS
from slugc.errors import UsageError
from slugc.errors.usage import BadArguments, UnknownCommand

_WRITTEN_OUT = {"run:detached": ("run", "--detach"), "create": ("apps", "create")}
"""Names that people bring along, where the thing is another command or an option here."""


def options_with_value(command: Any) -> set[str]:
    """The options of a command that take the next word."""
    return {name for param in command.params for name in param.opts if not getattr(param, "is_flag", True)}


class TopicGroup(TyperGroup):
    """A topic's commands; says what was probably meant when a name is not one of them.

    A topic that lists by itself (`slugc ps`) also listens to `slugc ps list`, `slugc ps:list` and `slugc ps -a shop
    list`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if "list" not in self.commands and self.invoke_without_command:
            at = self._first_word(args)
            if at is not None and args[at] == "list":
                args = [*args[:at], *args[at + 1 :]]
        return super().parse_args(ctx, args)

    def _first_word(self, args: list[str]) -> int | None:
        """Where the first word stands that is neither an option nor an option's value."""
        with_value, skip = options_with_value(self), False
        for at, word in enumerate(args):
            if skip or (word.startswith("-") and word != "-"):
                skip = not skip and word in with_value
            else:
                return at
        return None

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            command.epilog = command.epilog or examples.shown(f"{ctx.info_name} {cmd_name}")
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # A shell that completes a word wants no error on its prompt.
        if args and not args[0].startswith("-") and args[0] not in self.commands and not ctx.resilient_parsing:
            raise UnknownCommand(given=args[0], known=sorted(self.commands), topic=ctx.command_path)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The first sentence of each command, whole: the parser's own way is to cut it at the width of the page."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_sentence(command.help)) for name, command in found])


class RootGroup(TyperGroup):
    """Reads `ps:scale` as `ps scale`, so both spellings reach the same topic.

    Commands *named* `ps:scale` were turned down: bash splits words at the colon and completes none of them.
    """

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = get_command(import_module(f"slugc.cli.{entry.module}").app)
        command.name = cmd_name
        command.epilog = examples.shown(cmd_name)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        topic, colon, verb = args[0].partition(":")
        if colon and verb and topic in COMMANDS and COMMANDS[topic].topic:
            args = [topic, verb, *args[1:]]
        args = [*_WRITTEN_OUT.get(args[0], (args[0],)), *args[1:]]
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            raise UnknownCommand(given=args[0], known=list(COMMANDS), verbs=self._verbs(ctx, args[0]))
        return super().resolve_command(ctx, args)

    def _verbs(self, ctx: Any, given: str) -> list[str]:
        """`ps scale` for `scale`: the commands of topics that have that name."""
        topics = [name for name, entry in COMMANDS.items() if entry.topic]
        return [f"{topic} {given}" for topic in topics if given in self.get_command(ctx, topic).commands]

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        for section in SECTIONS:
            rows = [(name, entry.help) for name, entry in COMMANDS.items() if entry.section == section]
            if rows:
                with formatter.section(section):
                    formatter.write_dl(rows)


def _first_sentence(text: str | None) -> str:
    paragraph = " ".join((text or "").partition("\n\n")[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return sentence + stop.rstrip()


root = typer.Typer(
    cls=RootGroup,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Build an app into one reproducible slug with ordered buildpacks, and boot the same bytes.",
)


@root.callback(invoke_without_command=True)
def slugc(
    ctx: typer.Context,
    *,
    version: bool = typer.Option(False, "--version", "-V", help="Print the version and exit.", is_eager=True),
) -> None:
    if version:
        from slugc import __version__

        typer.echo(f"slugc {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def app(argv: list[str]) -> int:
    """Run one command line; the exit code that the command chose. Errors of use come back as UsageError."""
    command = get_command(root)
    if argv[:1] == ["help"]:
        argv = [*argv[1:], "--help"]
    elif argv == ["version"]:
        argv = ["--version"]
    try:
        code = command.main(args=argv, prog_name="slugc", standalone_mode=False)
    except typer.Exit as chosen:
        return chosen.exit_code
    except typer.Abort:
        return 130
    except SystemExit as left:  # what the parser makes of a reader that has gone: 1, which would be a bug of slugc
        if isinstance(left.__context__, BrokenPipeError):
            raise left.__context__ from None
        raise
    except Exception as error:
        usage = _usage_of(error)
        if usage is None:
            raise
        raise usage from error
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _usage_of(error: Exception) -> UsageError | None:
    """The parser's own complaints have `format_message`; typer keeps their classes private, so look by shape."""
    format_message = getattr(error, "format_message", None)
    if format_message is None:
        return None
    context = getattr(error, "ctx", None)
    return BadArguments(message=" ".join(str(format_message()).split()), usage=context.get_usage() if context else "")
