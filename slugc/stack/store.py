"""Stacks by name."""

from slugc.errors.stack import StackNotFound
from slugc.host.home import Home
from slugc.stack.host_stack import NAME as HOST
from slugc.stack.host_stack import host_stack
from slugc.stack.value import Stack


def find(name: str, *, home: Home) -> Stack:
    """The stack of that name. Raises StackNotFound, with the names there are."""
    if name == HOST:
        return host_stack()
    raise StackNotFound(name=name, known=known(home=home))


def known(*, home: Home) -> tuple[str, ...]:
    """`host`, then what lies under home.stacks."""
    made = sorted(path.name for path in home.stacks.glob("*") if (path / "stack.json").is_file())
    return (HOST, *made)
