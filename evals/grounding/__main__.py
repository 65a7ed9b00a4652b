"""`python -P -m segue.evals.grounding`: how many ungrounded sentences slip through, and how many grounded are refused.

Exit code 1 when one slips through, or more than 30% of the grounded ones are refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from segue.evals.grounding.measure import judge_all, measured

MOST_REFUSED = 0.3
"""The share of grounded sentences that may be refused: each costs a connecting sentence, never a claim."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -P -m segue.evals.grounding", description=__doc__)
    parser.add_argument(
        "--show", choices=["none", "seen", "all"], default="none", help="list what was judged wrong"
    )
    options = parser.parse_args(arguments)
    judged = judge_all()
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("sentences", "ungrounded", "slipped through", "grounded", "refused"):
        table.add_column(heading, justify="left" if heading == "sentences" else "right")
    for name, chosen in (
        ("seen", [each for each in judged if not each.labelled.held_out]),
        ("held out", [each for each in judged if each.labelled.held_out]),
        ("all", judged),
    ):
        found = measured(chosen)
        table.add_row(
            name, str(found.ungrounded), f"{found.slipped} ({found.slipped / found.ungrounded:.1%})",
            str(found.grounded), f"{found.refused} ({found.refused / found.grounded:.1%})",
        )  # fmt: skip
    console.print(table)
    for each in judged:
        wrong = each.slips_through or each.wrongly_refused
        if wrong and options.show != "none" and (options.show == "all" or not each.labelled.held_out):
            told = "slips through" if each.slips_through else f"refused: {each.reason}"
            console.print(f"[dim]{told}[/dim] {each.labelled.text}", markup=True)
    found = measured(judged)
    return 0 if not found.slipped and found.refused <= MOST_REFUSED * found.grounded else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
