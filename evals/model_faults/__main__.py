"""`python -P -m segue.evals.model_faults`: every fault of a model, and what decisions are then.

Each fault is played by a real server on loopback, for situations of the packs that ship. Exit code
1 when a decision is outside policy or gives another reason, when the slowest of a hundred is more
than 50 ms over its budget, or when the circuit breaker counts wrong. Times hold on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from segue.evals.model_faults.trials import FaultResult, run_all

_WIDTH = 118  # what the table takes


def show(found: Sequence[FaultResult]) -> Table:
    """Return the results as a table. Times are milliseconds over the budget: below 0 is inside it."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("\nthe model gives", no_wrap=True)
    for heading in ("\ncalls", "outside\npolicy", "other\nreason", "p50\nover", "p99\nover"):
        table.add_column(heading, justify="right")
    for heading in ("breaker:\ncalls", "\nwell", "\nfailed", "held\nback", "\nopens", "\nprobes"):
        table.add_column(heading, justify="right")
    table.add_column("\nright")
    for each in found:
        breaker = each.breaker
        counted = (
            breaker.calls, breaker.successes, breaker.failures.total(), breaker.refused, breaker.opens,
            breaker.probes,
        )  # fmt: skip
        table.add_row(
            each.name, str(each.calls), str(each.outside), str(each.unexplained),
            f"{each.percentile(0.5):.0f}", f"{each.percentile(0.99):.0f}",
            *(str(number) for number in counted), "yes" if each.breaker_right else "NO",
        )  # fmt: skip
    return table


def main(arguments: Sequence[str]) -> int:
    """Play every fault, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -P -m segue.evals.model_faults", description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="decisions for each fault")
    parser.add_argument("--budget", type=float, default=300, help="milliseconds for each decision")
    options = parser.parse_args(arguments)
    found = asyncio.run(run_all(options.calls, options.budget))
    console = Console(highlight=False, width=max(_WIDTH, Console().width))
    console.print(show(found))
    console.print(
        f"[dim]{sum(each.calls for each in found)} decisions within {options.budget:g} ms each: "
        f"{sum(each.outside for each in found)} outside policy, "
        f"{sum(each.kept for each in found)} of {len(found)} faults as promised[/dim]"
    )
    return 0 if all(each.kept for each in found) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
