"""`segue eval`: tests, suites, laws and mutation for a pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segue.api.cli.console import ERR, OUT
from segue.api.cli.loading import load_packs
from segue.api.cli.options import JsonOption
from segue.core.errors import InputError, Place


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
    for target, ending in ((junit, ".xml"), (html, ".html")):
        _check_writable(target, ending)
    packs = load_packs(pack)  # before the evals are imported, which takes longer than to find a mistyped name
    from segue.evals.report import json_text, print_report, write_report
    from segue.evals.run import evaluate as run
    from segue.evals.run import suites_for

    reports = []
    for number, each in enumerate(packs):
        chosen = suites_for(each, suite)
        with ERR.status(f"evaluating {each.name}"):
            report = run(
                each, chosen, earlier=packs[:number], laws=laws, seed=seed, mutation=mutation,
                least_score=least,
            )  # fmt: skip
        reports.append(report)
        if not as_json:
            print_report(report, OUT)
    for target in (junit, html):
        if target is not None:
            write_report(reports, target)
    if as_json:
        typer.echo(json_text(reports), nl=False)
    if any(report.exit_status for report in reports):
        raise typer.Exit(1)


def _check_writable(target: Path | None, ending: str) -> None:
    """Refuse a report that could not be written before the minutes that it takes."""
    if target is None:
        return
    if target.suffix != ending:
        raise InputError(f"expected a name that ends in {ending}", Place(str(target)))
    if not target.parent.is_dir():
        raise InputError("there is no such folder to write to", Place(str(target.parent)))
