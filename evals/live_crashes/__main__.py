"""`python -P -m segue.evals.live_crashes`: kill the service and stop PostgreSQL while a real SDK sends events.

Segment's own client for Python sends from two processes, and tries again whatever is cut off. Meanwhile labels
change, and what that sets off is told to a fake Slack, CRM and receiver of webhooks. Exit code 1 when an event
that was answered with 2xx is not stored exactly once, a trait or a label is not what the stored events give, a
consequence is lost, doubled or told under two ids or in two wordings, or anything is left undone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console

from segue.evals.live_crashes.report import as_json, lines
from segue.evals.live_crashes.trials import Plan, run


def main(arguments: Sequence[str]) -> int:
    """Carry the plan out, print what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -P -m segue.evals.live_crashes", description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="kill -9 of the service (40)")
    parser.add_argument("--stops", type=int, default=10, help="immediate stops of PostgreSQL (10)")
    parser.add_argument("--accounts", type=int, default=400)
    parser.add_argument("--pace", type=float, default=60.0, help="events a second (60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keep the data and the service's log there")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(options.kills, options.stops, options.accounts, options.pace, seed=options.seed)
    found = run(plan, options.folder)
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        Console(highlight=False).print("\n".join(lines(found)), markup=False)
    return 0 if found.kept else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
