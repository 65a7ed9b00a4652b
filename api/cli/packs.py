"""`segue packs`, `check`, `sql` and `schemas`: the policy files themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from segue.api.cli.console import OUT, print_json, print_lines
from segue.api.cli.options import JsonOption, NowOption, read_day
from segue.core.counted import counted
from segue.core.errors import InputError, Place
from segue.policies.documents import read_document
from segue.policies.files import SHIPPED, read_files, revision_of, shipped_packs


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("packs")(list_packs)
    app.command()(check)
    app.command()(sql)
    app.command()(schemas)


def list_packs(as_json: JsonOption = False) -> None:
    """List the packs that ship with Segue."""
    found = [_listed(name) for name in shipped_packs()]
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("pack", "decides"):
        table.add_column(heading)
    for heading in ("segments", "plays", "proof points"):
        table.add_column(heading, justify="right")
    for each in found:
        counts = (str(each[key]) for key in ("segments", "plays", "proof_points"))
        table.add_row(Text(each["pack"], "label"), each["decision"], *counts)
    OUT.print(table)
    OUT.print(Text("next: segue init PACK my_pack", "dim"))


def _listed(name: str) -> dict[str, Any]:
    """Return what a shipped pack says of itself, read and not compiled: its tests hold it whole."""
    files = read_files(SHIPPED / name)
    head = read_document(files["pack.yaml"], f"{name}/pack.yaml").data
    return {
        "pack": name,
        "title": head["title"],
        "decision": head["decision"],
        "revision": revision_of(files),
        "segments": len(head["segments"]),
        "plays": sum(path.startswith("plays/") for path in files),
        "proof_points": sum(path.startswith("proof/") for path in files),
    }


def check(
    pack: Annotated[list[str], typer.Argument(help="Packs by name or folder.")],
    today: Annotated[
        date | None,
        typer.Option(parser=read_day, metavar="DAY", help="The day to check against. Today if left out."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load packs, type-check them, lint them and run the tests beside their policies."""
    from segue.evals.checking import check_packs

    reports = check_packs(pack, today or datetime.now(UTC).date())
    if as_json:
        print_json([report.to_json() for report in reports])
    for report in () if as_json else reports:
        print_lines(report.as_text())
    if any(report.failed(strict=strict) for report in reports):
        raise typer.Exit(1)


def sql(
    pack: Annotated[str, typer.Argument(help="A pack by name or folder.")],
    dialect: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="duckdb, postgres, spark, snowflake, bigquery, databricks or redshift."
        ),
    ],
    table: Annotated[
        str, typer.Option(metavar="TABLE", help="The table of accounts, one column a trait.")
    ] = "accounts",
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a pack as one SQL query that labels every row of a table."""
    from segue.policies.load import load_pack
    from segue.policies.program import label_query

    loaded = load_pack(pack)
    query = label_query(loaded, table, dialect, now)
    if as_json:
        print_json({"pack": loaded.name, "revision": loaded.revision, "dialect": dialect, "sql": query})
    else:
        typer.echo(query)


def schemas(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to write them; the shipped folder if left out.")
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Only say whether the files are up to date.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the JSON Schemas of every pack file, generated from the models."""
    from segue.policies.schemas import schemas as generate

    target = folder or SHIPPED.parent / "schema"
    texts = generate()
    stale = [
        name
        for name, text in texts.items()
        if not (target / name).is_file() or (target / name).read_text("utf-8") != text
    ]
    if check_only and stale:
        raise InputError(f"out of date: {', '.join(stale)}", Place(str(target)))
    if not check_only:
        target.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (target / name).write_text(texts[name], "utf-8")
    if as_json:
        print_json({"folder": str(target), "schemas": sorted(texts), "written": sorted(stale)})
        return
    what = "are up to date" if check_only else f"in {target}, {len(stale)} changed"
    OUT.print(Text.assemble(("✓ ", "good"), f"{counted(len(texts), 'schema')} {what}"))
