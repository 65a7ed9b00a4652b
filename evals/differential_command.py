"""What the commands of differential runs share: their engines, their options, and how they end."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from typing import Protocol, TypeVar

from segue.core.errors import nearest
from segue.evals.differential_engines import EngineMissing

T = TypeVar("T")


class AnyReport(Protocol):
    """What an engine's run is reported by."""

    @property
    def differences(self) -> Sized:
        """Where the engine and Python differ."""
        ...

    def lines(self, shown: int) -> Iterator[str]:
        """Give the report's lines, with so many differences at most."""
        ...


def engine_of(name: str, engines: Mapping[str, T]) -> T:
    """Return the engine of a name.

    Raises:
        EngineMissing: there is none.
    """
    if name not in engines:
        raise EngineMissing(
            f"there is no engine {name!r}: expected {', '.join(engines)}{nearest(name, engines)}"
        )
    return engines[name]


def run_command(
    program: str,
    description: str,
    numbers: Mapping[str, tuple[int, str]],
    engines: Mapping[str, object],
    run: Callable[[argparse.Namespace, Sequence[str]], Sequence[AnyReport]],
    arguments: Sequence[str] | None,
) -> int:
    """Run a differential command and return its exit code: 0, 1 where engines differ, 2 where one is missing.

    `numbers` are its own options, each with its default and what it says of itself. `run` gets the options,
    `seed` among them, and the names of the engines.
    """
    parser = argparse.ArgumentParser(prog=f"python -m segue.evals.{program}", description=description)
    for name, (default, says) in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{says} ({default})")
    parser.add_argument("--engines", default="duckdb,postgres", help=f"of {', '.join(engines)}")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=5, help="how many differences to print (5)")
    options = parser.parse_args(arguments)
    try:
        reports = run(options, options.engines.split(","))
    except EngineMissing as missing:
        print(f"{program}: {missing}", file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    for report in reports:
        print(*report.lines(options.show), sep="\n")  # noqa: T201
    return 1 if any(len(report.differences) for report in reports) else 0


def end_on_sigterm() -> None:
    """Let SIGTERM end the process as an exception does: a private server outlives its parent otherwise."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
