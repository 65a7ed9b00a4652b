"""`python -m segue.evals.bench`: Segue's speed, each figure as a ratio to a peer in the same run.

Exit code 0, or 1 when a competitor's results differ from Segue's. Ratios hold on an idle machine only.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from segue.evals.bench.conversation import measure_conversation
from segue.evals.bench.files import measure_import, measure_labelling
from segue.evals.bench.intake import measure_intake
from segue.evals.bench.labels import measure_decision, measure_label
from segue.evals.bench.large_account import measure_large_account
from segue.evals.bench.measure import Measurement
from segue.evals.bench.page import measure_page
from segue.evals.bench.relabelling import measure_relabelling
from segue.evals.bench.service import measure_service


def versions() -> dict[str, str]:
    """Return the versions that a figure depends on."""
    found = {"python": platform.python_version()}
    return found | {name: version(name) for name in ("segue", "duckdb", "fastapi", "uvicorn", "zen-engine")}


def measure_all(folder: Path, *, quick: bool, rows: int) -> Iterator[Measurement]:
    """Yield every measurement; `folder` is for files of the bench's own."""
    yield measure_label(500 if quick else 20_000, 2 if quick else 9)
    yield measure_decision(100 if quick else 3_000, 1 if quick else 5)
    yield measure_conversation(3 if quick else 100)
    yield from measure_labelling(folder, rows, 1 if quick else 5)
    yield measure_import(folder, 1_000 if quick else 20_000, 1 if quick else 3)
    yield from measure_intake(folder, 1 if quick else 5, 4 if quick else 60)
    yield measure_large_account(folder, 2_000 if quick else 100_000, 1 if quick else 9)
    yield from measure_relabelling(folder, 1_000 if quick else 5_000_000)
    yield from measure_service(
        folder, (100,) if quick else (1_000, 100_000, 1_000_000), 0.2 if quick else 5,
        workers=1 if quick else 2,
    )  # fmt: skip
    yield from measure_page(folder, 1 if quick else 15)


def show(found: Sequence[Measurement]) -> Table:
    """Return the measurements as a table."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("measured", "against", "segue", "peer", "ratio", "bound", "stretch", "reached", "same"):
        table.add_column(heading, overflow="fold")
    for each in found:
        peer = "" if each.theirs is None else f"{each.theirs:.3g} {each.unit}"
        ratio = (
            ""
            if each.ratio is None
            else f"{each.ratio:.2f}{'x faster' if each.faster and each.ratio > 1 else 'x'}"
        )
        limits = ["" if limit is None else f"{limit:g}" for limit in (each.bound, each.stretch)]
        table.add_row(
            each.name, each.peer, f"{each.ours:.3g} {each.unit}", peer, ratio, *limits, each.reached,
            "yes" if each.same else "NO",
        )  # fmt: skip
    return table


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m segue.evals.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and rounds: to try the bench out")
    parser.add_argument("--rows", type=int, help="rows of the labelled file; 5,000,000 if left out")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    options = parser.parse_args(arguments)
    rows = options.rows or (20_000 if options.quick else 5_000_000)
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        found = []
        for each in measure_all(Path(folder), quick=options.quick, rows=rows):
            found.append(each)
            if not options.json:
                console.print(f"[dim]{each.name}: {each.note}[/dim]")
    if options.json:
        document = {"versions": versions(), "measurements": [each.to_json() for each in found]}
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        console.print()
        console.print(show(found))
        console.print("[dim]" + ", ".join(f"{name} {found}" for name, found in versions().items()) + "[/dim]")
    return 0 if all(each.same for each in found) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
