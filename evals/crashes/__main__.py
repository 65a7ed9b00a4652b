"""`python -P -m segue.evals.crashes`: kill the server and its PostgreSQL under load, and count what is lost.

Eight callers ask without a pause, each call for an account and with an Idempotency-Key of its own; three
of four try again when they are cut off. Exit code 1 when a received decision is not in the log exactly
once, a repeated call gets other bytes, any answer is neither 200 nor a proper 503, or a process is left.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from segue.evals.crashes.trials import CrashResult, kill_database, kill_server

_WIDTH = 118  # what the table takes


def show(found: Sequence[CrashResult]) -> Table:
    """Return the results as a table, times in seconds."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("\nkilled", no_wrap=True)
    for heading in (
        "\nkills", "\nrequests", "\nreceived", "cut or\nrefused", "\nlost", "stored\ntwice", "\nrepeated",
        "other\nbytes", "other\nanswers", "answers again\np50", "\nmax",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    table.add_column("nothing\nleft")
    for each in found:
        seen, back = each.observed, each.back_after or (0.0,)
        table.add_row(
            each.killed, f"{each.kills:,}", f"{seen.requests:,}", f"{len(seen.received):,}",
            f"{seen.cut + seen.refused:,}", f"{each.evidence.lost:,}", f"{each.evidence.twice:,}",
            f"{seen.asked_again:,}", f"{seen.other_bytes:,}", f"{seen.others.total():,}",
            f"{statistics.median(back):.1f}", f"{max(back):.1f}", "yes" if each.ended else "NO",
        )  # fmt: skip
    return table


def main(arguments: Sequence[str]) -> int:
    """Kill, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -P -m segue.evals.crashes", description=__doc__)
    parser.add_argument("--server", type=int, default=50, help="kills of the server")
    parser.add_argument("--database", type=int, default=20, help="kills of PostgreSQL")
    options = parser.parse_args(arguments)
    found = [
        kill(count)
        for kill, count in ((kill_server, options.server), (kill_database, options.database))
        if count > 0
    ]
    console = Console(highlight=False, width=max(_WIDTH, Console().width))
    console.print(show(found))
    for each in found:
        for answer, count in each.observed.others.items():
            console.print(f"{each.killed}: {count} times {answer}", markup=False)
        if each.defects:
            console.print(f"{each.killed}: the service's log tells of {each.defects} defects")
    return 0 if all(each.kept for each in found) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
