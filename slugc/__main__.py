"""`slugc` and `python -m slugc`. The version is answered before anything heavy is imported."""

import sys


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):
        from slugc import __version__

        try:
            sys.stdout.write(f"slugc {__version__}\n")
            sys.stdout.flush()
        except (OSError, AttributeError):  # full or closed: the command line knows what to say
            pass
        else:
            return
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Nothing has been begun while modules load: Ctrl-C there ends slugc without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from slugc.cli import main as cli

    cli(sys.argv[1:])


if __name__ == "__main__":
    main()
