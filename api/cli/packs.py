"""`segue packs`, `init`, `check`, `sql` and `schemas`: the policy files themselves."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from segue.api.cli.console import OUT, fail, print_json
from segue.api.cli.options import JsonOption, NowOption
from segue.core.errors import InputError
from segue.policies.files import SHIPPED, find_pack, shipped_packs
from segue.policies.load import load_pack

PackArgument = Annotated[str, typer.Argument(help="A pack by name or folder.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("packs")(list_packs)
    app.command()(init)
    app.command()(check)
    app.command()(sql)
    app.command()(schemas)


def list_packs(as_json: JsonOption = False) -> None:
    """List the packs that ship with Segue."""
    found = [load_pack(name) for name in shipped_packs()]
    if as_json:
        print_json(
            [{"pack": each.name, "title": each.file.title, "revision": each.revision} for each in found]
        )
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("pack", "decides", "segments", "plays", "proof points"):
        table.add_column(heading)
    for each in found:
        counts = (str(len(each.segments)), str(len(each.plays)), str(len(each.proof)))
        table.add_row(f"[label]{each.name}[/label]", each.file.decision or "", *counts)
    OUT.print(table)


def init(
    pack: PackArgument,
    folder: Annotated[Path | None, typer.Argument(help="Where to; ./<pack> if left out.")] = None,
) -> None:
    """Copy a pack, with the JSON Schemas that its files name, as the start of your own."""
    source = find_pack(pack)
    target = folder or Path(source.name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} exists and is not an empty folder")
    schema = SHIPPED.parent / "schema"
    staging = target.parent / f".{target.name}.partial"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(source, staging, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    shutil.copytree(schema, staging / ".schema", ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    for file in staging.rglob("*.yaml"):
        up = "../" * (len(file.relative_to(staging).parts) - 1)
        lines = file.read_text("utf-8").split("\n")
        if lines[0].startswith("# yaml-language-server:"):
            lines[0] = f"# yaml-language-server: $schema={up}.schema/{lines[0].rpartition('/')[2]}"
            file.write_text("\n".join(lines), "utf-8")
    if target.exists():
        target.rmdir()
    staging.rename(target)
    OUT.print(f"[good]✓[/good] {target}: {load_pack(target).file.title}")
    OUT.print(f"[dim]next:[/dim] segue check {target}")


def check(
    pack: Annotated[list[str], typer.Argument(help="Packs by name or folder.")],
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day to check against.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Let warnings fail the check too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load packs, type-check them, lint them and run the tests beside their policies."""
    from segue.evals.checking import check_packs

    day = (today or datetime.now(UTC)).date()
    reports = check_packs(pack, day)
    if as_json:
        print_json([report.to_json() for report in reports])
    else:
        for report in reports:
            OUT.print(report.renderable())
    if any(report.failed(strict=strict) for report in reports):
        raise typer.Exit(1)


def sql(
    pack: PackArgument,
    dialect: Annotated[
        str, typer.Option(help="duckdb, postgres, spark, snowflake, bigquery, databricks or redshift.")
    ],
    table: Annotated[str, typer.Option(help="The table of accounts, one column a trait.")] = "accounts",
    now: NowOption = None,
) -> None:
    """Print a pack as one SQL query that labels every row of a table."""
    from segue.policies.program import label_query

    text = label_query(load_pack(pack), table, dialect, now.replace(tzinfo=UTC) if now else None)
    typer.echo(text)


def schemas(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to write them; the shipped folder if left out.")
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Only say whether the files are up to date.")
    ] = False,
) -> None:
    """Write the JSON Schemas of every pack file, generated from the models."""
    from segue.policies.schemas import schemas as generate

    target = folder or SHIPPED.parent / "schema"
    stale = [
        name
        for name, text in generate().items()
        if not (target / name).is_file() or (target / name).read_text("utf-8") != text
    ]
    if check_only:
        if stale:
            fail(f"out of date in {target}: {', '.join(stale)}")
        OUT.print(f"[good]✓[/good] {len(generate())} schemas are up to date")
        return
    target.mkdir(parents=True, exist_ok=True)
    for name, text in generate().items():
        (target / name).write_text(text, "utf-8")
    OUT.print(f"[good]✓[/good] {len(generate())} schemas in {target}, {len(stale)} changed")
