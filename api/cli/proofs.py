"""`segue eval`: tests, suites, laws and mutation for a pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group

from segue.api.cli.console import ERR, OUT
from segue.api.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("eval")(evaluate)


def evaluate(
    pack: Annotated[list[str], typer.Argument(help="Packs by name or folder.")],
    suite: Annotated[
        list[Path], typer.Option(help="Suites in place of those that ship: YAML files or folders.")
    ] = [],  # noqa: B006
    laws: Annotated[
        int, typer.Option(help="Random situations for each law; 0 leaves the laws out.", min=0)
    ] = 200,
    mutation: Annotated[
        bool, typer.Option(help="Change the policies and see whether the tests notice.")
    ] = True,
    least: Annotated[float, typer.Option(help="The least mutation score.", min=0, max=1)] = 0.9,
    seed: Annotated[int, typer.Option(help="The seed of the laws.")] = 7,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a pack's decisions: its own tests, eval suites, laws that hold for any pack, and mutation."""
    from segue.evals.report import json_text, render_report, write_report
    from segue.evals.run import evaluate as run
    from segue.evals.run import suites_for
    from segue.policies.load import load_pack

    reports = []
    for name in pack:
        loaded = load_pack(name)
        chosen = suites_for(loaded, suite)
        with ERR.status(f"evaluating {loaded.name}"):
            reports.append(run(loaded, chosen, laws=laws, seed=seed, mutation=mutation, least_score=least))
        if not as_json:
            OUT.print(Group(*render_report(reports[-1])))
    for target in (junit, html):
        if target is not None:
            write_report(reports, target)
    if as_json:
        typer.echo(json_text(reports))
    if any(report.exit_status for report in reports):
        raise typer.Exit(1)
