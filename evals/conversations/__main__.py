"""`python -P -m segue.evals.conversations`: the suite of conversations, and what a question is worth.

Each conversation is held eight times, with a model that is half hostile and nothing kept. Policy must hold in
every run; quality is the share of runs in which every turn was as expected. Exit code 1 when policy does not
hold, or the chosen question does not raise the share of rightly labelled accounts more than the others.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import set_switch
from segue.core.database import open_database
from segue.core.schema import migrate
from segue.evals.conversations.question_worth import POPULATIONS, simulate
from segue.evals.conversations.suite_run import PACKS, Conversed, interval, run
from segue.evals.differential_servers import postgres_server
from segue.policies.experiments import EXPERIMENTS


def main(arguments: Sequence[str]) -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -P -m segue.evals.conversations", description=__doc__)
    parser.add_argument("--times", type=int, default=8, help="runs of each conversation")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rules", action="store_true", help="without a model")
    parser.add_argument("--accounts", type=int, default=1_000, help="accounts of the simulated population")
    parser.add_argument("--only", choices=["suite", "question"], help="one of the two")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    good = True
    if options.only != "question":
        with postgres_server() as url:
            migrate(url)
            asyncio.run(_serve(url))
            found = run(url, options.times, options.seed, model=not options.rules)
        good = show_suite(console, found)
    if options.only != "suite":
        good = show_question(console, options.accounts, options.seed) and good
    return 0 if good else 1


async def _serve(url: str) -> None:
    async with open_database(url) as database:
        await LivePolicies(database).start(PACKS, [], "evals")
        async with database.connection() as connection:  # who is held out is not to be treated well
            await set_switch(connection, EXPERIMENTS, True, "the suite judges the treatment", "evals")


def show_suite(console: Console, found: Sequence[Conversed]) -> bool:
    """Print what the suite came to; True where policy held in every run."""
    for each in found:
        for missed, times in each.missed.items():
            console.print(f"[dim]{each.name}:[/dim] {missed} [dim]({times} of {len(each.quality)})[/dim]")
    runs = sum(len(each.quality) for each in found)
    times = len(found[0].quality)
    right = sum(sum(each.quality) for each in found)
    low, high = interval(right, runs)
    policy = sum(all(each.policy) for each in found) / len(found)
    quality = sum(all(each.quality) for each in found) / len(found)
    console.print(f"{len(found)} conversations, {times} times each, {runs} runs")
    console.print(f"policy   pass^{times} {policy:.3f}")
    console.print(
        f"quality  pass^{times} {quality:.3f}; a run {right / runs:.3f} (95%: {low:.3f} to {high:.3f})"
    )
    return policy == 1.0


def show_question(console: Console, accounts: int, seed: int) -> bool:
    """Print what asking is worth; True where the chosen question is worth the most of one question."""
    good = True
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("pack", "questions", "way of asking", "accounts", "rightly labelled", "asked"):
        table.add_column(heading, justify="left" if heading in ("pack", "way of asking") else "right")
    for pack in POPULATIONS:
        for questions in (1, 2):
            found = simulate(pack, accounts, questions, seed)
            for each in found:
                table.add_row(
                    pack, str(questions), each.name, str(len(each.right)), f"{each.share:.3f} ± {each.margin:.3f}",
                    str(each.questions),
                )  # fmt: skip
            chosen, others = found[-1], found[:3]
            if questions == 1:
                good = good and all(chosen.share > each.share for each in others)
    console.print(table)
    return good


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
