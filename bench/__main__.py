"""`python -m bench [NAME...]`: hold the named benches, or all of them."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from bench import machine, report
from bench.contest import Outcome
from bench.running import Rules, hold
from bench.trees import Trees
from bench.world import World

SUITES = Path(__file__).resolve().parent / "suites"


def names() -> list[str]:
    return sorted(path.stem for path in SUITES.glob("*.py") if path.stem != "__init__")


def main(argv: list[str]) -> int:
    options = _options(argv)
    wanted = options.names or names()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"no such bench: {', '.join(unknown)}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # what it made is removed, gigabytes
    options.out.mkdir(parents=True, exist_ok=True)
    facts = machine.description()
    rules = Rules(
        rounds=options.rounds,
        patience=options.patience,
        attempts=1 if options.keep_disturbed else options.attempts,
        keep_disturbed=options.keep_disturbed,
    )
    statuses = [_apart(lambda name=name: _one(name, rules, options, facts)) for name in wanted]  # type: ignore[misc]
    return 1 if any(statuses) and options.strict else 0


def _one(name: str, rules: Rules, options: argparse.Namespace, facts: dict[str, str]) -> int:
    """Hold a bench, and keep and tell what came out. 1 where a target was missed."""
    outcomes = _held(name, rules, options)
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    report.write_json(options.out / f"{name}.json", outcomes, machine=facts, date=date)
    _apart(lambda: _draw(options.out / f"{name}.png", name, outcomes))
    missed = [sentence for outcome in outcomes for sentence in outcome.missed()]
    for sentence in missed:
        print(f"target missed: {sentence}")
    return 1 if missed else 0


def _draw(path: Path, name: str, outcomes: list[Outcome]) -> int:
    note = report.draw(path, name, outcomes)
    if note:
        print(note, file=sys.stderr)
    return 0


def _apart(work: Callable[[], int]) -> int:
    """In a process of its own: what one holds counts as the peak memory of every child that it starts. 1 where it
    failed."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        status = 1
        try:
            status = work()
        except Exception:  # noqa: BLE001 - the other benches are still to be held
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    # Ctrl-C reaches the child by itself; what it has made, it removes.
    before = (
        signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM)),
    )
    try:
        return int(os.waitpid(child, 0)[1] != 0)
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def _held(name: str, rules: Rules, options: argparse.Namespace) -> list[Outcome]:
    outcomes = []
    memory = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else options.cache
    options.cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="slugc-bench-", dir=memory))
    disk = Path(tempfile.mkdtemp(prefix="disk-", dir=options.cache))
    try:
        world = World(trees=Trees(options.cache), scratch=scratch, disk=disk, growth=options.growth)
        for number, contest in enumerate(import_module(f"bench.suites.{name}").suite(world)):
            if options.only and options.only not in contest.title:
                continue
            print(f"{contest.title}", file=sys.stderr, flush=True)
            runs = scratch / f"runs-{number}"
            outcome = hold(contest, rules, runs, lambda text: print(text, file=sys.stderr, flush=True))
            shutil.rmtree(runs, ignore_errors=True)
            outcomes.append(outcome)
            print("\n".join(report.table(outcome)), flush=True)
    except KeyboardInterrupt:
        print(f"{name} was stopped: what it has measured is kept", file=sys.stderr)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(disk, ignore_errors=True)
    return outcomes


def _options(argv: list[str]) -> argparse.Namespace:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(names())}")
    parser.add_argument("--rounds", type=int, default=5, help="clean runs of each contestant (default 5)")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for an idle machine")
    parser.add_argument("--attempts", type=int, default=2, help="times `rounds` that a run may be tried (default 2)")
    parser.add_argument("--keep-disturbed", action="store_true", help="count every run: to try a bench out")
    parser.add_argument("--growth", action="store_true", help="also the contests over growing sizes")
    parser.add_argument("--only", default="", help="only contests whose title has this text")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a target was missed")
    parser.add_argument("--out", type=Path, default=Path("bench-results"), help="where JSON and charts go")
    parser.add_argument("--cache", type=Path, default=Path(cache) / "slugc-bench", help="where trees are kept")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
