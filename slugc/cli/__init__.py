"""The command line. `main` is the only place of slugc that ends the process."""

import os
import signal
import sys
from typing import NoReturn

from slugc.errors import SlugcError


def main(argv: list[str]) -> NoReturn:
    """Run one command line and exit with its code: 0, a command's own, or an error's (docs/reference/errors.md)."""
    sys.exit(run(argv))


def run(argv: list[str]) -> int:
    from slugc.cli.app import app

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
        # `slugc ls x.slug | head`: the reader has gone; Python must not complain about it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        from slugc.cli.refusals import in_home
        from slugc.host.home import Home

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


class Terminated(BaseException):
    """SIGTERM, or a terminal that was closed: every `finally` on the way out removes its scratch and its children."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _terminated(number: int, _frame: object) -> NoReturn:
    raise Terminated(number)
