"""Whole files: labelling against the bare query, importing against a bare read."""

from __future__ import annotations

from pathlib import Path

import duckdb

from segue.accounts.importing import import_accounts
from segue.accounts.labelling import label_file
from segue.evals.bench.labels import NOW
from segue.evals.bench.measure import Measurement, interleaved
from segue.evals.bench.population import write_accounts
from segue.evals.bench.rules import BARE_PIPELINE, bare_query, measured_pack
from segue.policies.load import load_pack
from segue.policies.pack import Pack


def measure_labelling(folder: Path, rows: int, rounds: int) -> list[Measurement]:
    """Measure `segue label` with status against a hand-written query of the segment alone, Parquet to Parquet."""
    source = folder / "accounts.parquet"
    write_accounts(source, rows)
    scan = f"read_parquet('{source}')"
    return [
        _against(folder, source, measured_pack(), bare_query(scan), rows, rounds),
        _against(folder, source, load_pack("saas_pipeline"), BARE_PIPELINE.format(source=scan), rows, rounds),
    ]


def _against(folder: Path, source: Path, pack: Pack, bare: str, rows: int, rounds: int) -> Measurement:
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    with duckdb.connect() as connection:

        def run_bare() -> None:
            connection.execute(f"COPY ({bare}) TO '{theirs}' (FORMAT parquet)")

        def run_ours() -> None:
            label_file(pack, source, ours, NOW)

        run_bare()
        run_ours()
        # the bare query takes what is unknown for false: the two agree wherever the label is settled
        differing = connection.execute(
            f"SELECT count(*) FILTER (WHERE ours.status <> 'provisional' AND ours.segment <> theirs.segment), count(*)"  # noqa: S608
            f" FROM '{ours}' ours JOIN '{theirs}' theirs USING (account_id)"
        ).fetchone()
        times = interleaved({"ours": run_ours, "bare": run_bare}, rounds)
    return Measurement(
        f"label file, {pack.name}", "bare DuckDB query", "s", times["ours"], times["bare"], 1.5, 1.1,
        same=differing == (0, rows), note=f"{rows:,} rows, Parquet to Parquet, status included",
    )  # fmt: skip


def measure_import(folder: Path, rows: int, rounds: int) -> Measurement:
    """Measure `segue import` against DuckDB reading the same CSV into a table."""
    source = folder / "export.csv"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'acc_' || i AS id, 'company-' || i || '.com' AS domain, 'Company ' || i AS name,"  # noqa: S608
            " (hash(i) % 9000)::VARCHAR AS employees, 'Software' AS industry, 'Germany' AS country"
            f" FROM range({rows}) made(i)) TO '{source}' (HEADER)"
        )
        traits = load_pack("saas_pipeline").traits

        def run_bare() -> None:
            connection.execute(f"CREATE OR REPLACE TABLE bare AS FROM read_csv('{source}')")

        found = import_accounts(source, folder / "imported.parquet", traits)
        times = interleaved(
            {"ours": lambda: import_accounts(source, folder / "imported.parquet", traits), "bare": run_bare},
            rounds,
        )
    note = f"{rows / times['ours']:,.0f} rows/s typed and checked, {rows / times['bare']:,.0f} read"
    return Measurement(
        "import", "DuckDB read_csv", "s", times["ours"], times["bare"], None, None,
        same=found.rows_written == rows, note=note,
    )  # fmt: skip
