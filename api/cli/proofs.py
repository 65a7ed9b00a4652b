"""`segue eval`: suites, laws and mutation for a pack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segue.api.cli.console import OUT, print_json
from segue.api.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("eval")(evaluate)


def evaluate(
    pack: Annotated[list[str], typer.Argument(help="Packs by name or folder.")],
    suite: Annotated[list[Path], typer.Option(help="More suites: YAML files or folders.")] = [],  # noqa: B006
    laws: Annotated[int, typer.Option(help="Random situations for each law; 0 leaves the laws out.")] = 300,
    mutation: Annotated[
        bool, typer.Option(help="Change the policies and see whether the tests notice.")
    ] = True,
    least: Annotated[float, typer.Option(help="The least mutation score, 0 to 1.")] = 0.9,
    seed: Annotated[int, typer.Option(help="The seed of the laws.")] = 7,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a pack's decisions: its own tests, eval suites, laws that hold for any pack, and mutation."""
    from segue.evals.run import evaluate as run

    report = run(pack, suites=suite, laws=laws, mutation=mutation, least=least, seed=seed)
    if junit is not None:
        junit.write_text(report.junit(), "utf-8")
    if html is not None:
        html.write_text(report.html(), "utf-8")
    if as_json:
        print_json(report.to_json())
    else:
        OUT.print(report.renderable())
    if report.failed:
        raise typer.Exit(1)
