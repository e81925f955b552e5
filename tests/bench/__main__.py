"""Run every ``bench_*.py`` beside this file, in order of name, and print the lines that its ``run()`` returns.

Names given as arguments choose: ``python -m tests.bench accept`` runs ``bench_accept.py`` alone.
"""

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

Benchmark = Callable[[], list[str]]


def benchmarks(chosen: Sequence[str]) -> Iterator[Benchmark]:
    """The benchmarks of these names, all of them without names. Raises SystemExit for a name that is not there."""
    names = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    if unknown := set(chosen) - set(names):
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    for name in chosen or names:
        run: Benchmark = importlib.import_module(f"tests.bench.bench_{name}").run
        yield run


def main() -> None:
    for run in benchmarks(sys.argv[1:]):
        for line in run():
            print(line, flush=True)


if __name__ == "__main__":
    main()
