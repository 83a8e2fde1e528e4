"""The command line's own parser, without running the command."""

from typing import Any

from typer.main import get_command

from slugc.cli.app import root


def parsed(words: list[str]) -> Any:
    """The command that `words` (what follows `slugc`) mean; raises what the user would be told."""
    command: Any = get_command(root)
    context = command.make_context("slugc", list(words))
    while hasattr(command, "commands"):
        command.parse_args(context, list(words))
        rest = [*context._protected_args, *context.args]
        if not rest and command.invoke_without_command:
            return command
        name, command, words = command.resolve_command(context, rest)
        context = type(context)(command, info_name=name, parent=context)
    command.make_context(command.name, list(words))
    return command
