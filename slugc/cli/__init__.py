"""The command line. `main` is the only place of slugc that ends the process."""

import signal
import sys
from typing import NoReturn

from slugc.cli import streams
from slugc.errors import SlugcError
from slugc.host import garbage


def main(argv: list[str]) -> NoReturn:
    """Run one command line and exit with its code: 0, a command's own, or an error's (docs/reference/errors.md)."""
    garbage.short_lived()
    streams.prepare()
    try:
        code = run(argv)
    except streams.StreamRefused as refused:
        streams.silence(refused.stream)
        code = _refused(refused)
    sys.exit(code)


def run(argv: list[str]) -> int:
    from slugc.cli.app import app

    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminated)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # not under nohup
        signal.signal(signal.SIGHUP, _terminated)
    try:
        code = app(argv)
    except SlugcError as error:
        return _failed(error, argv)
    except KeyboardInterrupt:
        return 130
    except Terminated as ended:
        return 128 + ended.number
    except BrokenPipeError:
        streams.silence("stdout", "stderr")  # `slugc ls x.slug | head`: the reader has gone
        return 141
    except OSError as error:
        from slugc.host.home import Home
        from slugc.host.refusals import in_home

        refused = in_home(error, Home.of_this_user())
        if refused is None:
            raise
        return _failed(refused, argv)
    return code


def _failed(error: SlugcError, argv: list[str]) -> int:
    # Imported here: the renderers of failures cost `slugc --help` a fifth of its time.
    from slugc.cli.failure import report

    report(error, argv)
    return error.exit_code


def _refused(refused: streams.StreamRefused) -> int:
    """Said on stderr whatever form was asked for: stdout is what failed, or nothing can be said at all."""
    from slugc.errors.usage import OutputRefused

    return _failed(OutputRefused(stream=refused.stream, reason=refused.reason), [])


class Terminated(BaseException):
    """SIGTERM, or a terminal that was closed: every `finally` on the way out removes its scratch and its children."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _terminated(number: int, _frame: object) -> NoReturn:
    raise Terminated(number)
