"""`label_file`: every format labels as the classifier does, wrong values are named, and nothing is half-written."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from segue.accounts.book import AccountBook
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.known import as_known
from segue.accounts.label_statistics import parquet_extents
from segue.accounts.labelling import LabelSummary, label_file
from segue.core.errors import InputError
from segue.policies.classifier import Label, classify
from segue.policies.facts import take_facts
from segue.policies.load import load_pack
from segue.policies.pack import Pack

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
COLUMNS = {
    "account_id": "VARCHAR", "industry": "VARCHAR", "employees": "BIGINT", "country": "VARCHAR",
    "tech": "VARCHAR[]", "is_customer": "BOOLEAN", "intent": "DOUBLE", "tech__confidence": "DOUBLE",
    "note": "VARCHAR",
}  # fmt: skip

Row = dict[str, Any]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("saas_pipeline")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    random = Random(2)

    def maybe(value: Any) -> Any:
        return None if random.random() < 0.25 else value

    return [
        {
            "account_id": f"acc_{number}",
            "industry": maybe(random.choice(("saas", "retail", "healthcare"))),
            "employees": maybe(random.choice((49, 50, 199, 200, 5000, 5001))),
            "country": maybe(random.choice(("US", "DE", "IN"))),
            "tech": maybe(random.choice(([], ["salesforce"], ["hub; spot", "hubspot"], ["slack", 'a "b"']))),
            "is_customer": maybe(random.random() < 0.2),
            "intent": maybe(random.choice((59.999999, 60.0, 12.5, 99.0))),
            "tech__confidence": maybe(random.choice((0.49, 0.5, 1.0))),
            "note": "neither here; nor there",
        }
        for number in range(600)
    ]


def expected(pack: Pack, row: Row) -> Label:
    facts = {name: value for name, value in row.items() if name in pack.blank}
    belief = row.get("tech__confidence")
    return classify(pack, take_facts(pack, facts, NOW, believed={} if belief is None else {"tech": belief}))


def write_parquet(path: Path, rows: Sequence[Row]) -> Path:
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE made ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})"
        )
        marks = ", ".join("?" for _ in COLUMNS)
        connection.executemany(f"INSERT INTO made VALUES ({marks})", [list(row.values()) for row in rows])
        connection.execute(f"COPY made TO '{path}' (FORMAT parquet)")
    return path


def write_jsonl(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def write_csv(path: Path, rows: Sequence[Row], join: Callable[[list[str]], str] = json.dumps) -> Path:
    def cell(value: Any) -> str:
        text = "" if value is None else join(value) if isinstance(value, list) else str(value)
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text

    lines = [",".join(COLUMNS), *(",".join(cell(value) for value in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def read_labels(path: Path) -> list[tuple[str, str, str]]:
    scan = f"read_csv('{path}', all_varchar = true, header = true)" if path.suffix == ".csv" else f"'{path}'"
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT account_id, segment, status FROM {scan}").fetchall()


@pytest.mark.parametrize("target", ["labels.parquet", "labels.csv"])
@pytest.mark.parametrize("write", [write_parquet, write_jsonl, write_csv])
def test_every_format_is_labelled_in_its_order(
    tmp_path: Path, pack: Pack, rows: list[Row], write: Callable[[Path, Sequence[Row]], Path], target: str
) -> None:
    suffix = write.__name__.removeprefix("write_")
    source = write(tmp_path / f"accounts.{suffix}", rows)
    summary = label_file(pack, source, tmp_path / target, NOW)
    wanted = [
        (row["account_id"], expected(pack, row).segment, expected(pack, row).status.value) for row in rows
    ]
    assert read_labels(tmp_path / target) == wanted
    assert summary.rows == len(rows)
    found = {(segment, status) for segment, counts in summary.counts.items() for status in counts}
    assert found == {(segment, status) for _, segment, status in wanted}
    assert summary.counts["customer"]["matched"] == sum(segment == "customer" for _, segment, _ in wanted)
    assert list(summary.counts) == [each.name for each in pack.segments]
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([source.name, target])


def test_lists_are_texts_with_semicolons_too(tmp_path: Path, pack: Pack, rows: list[Row]) -> None:
    plain = [{**row, "tech": [part for part in row["tech"] or () if ";" not in part] or None} for row in rows]
    source = write_csv(tmp_path / "accounts.csv", plain, "; ".join)
    label_file(pack, source, tmp_path / "labels.parquet", NOW)
    assert [segment for _, segment, _ in read_labels(tmp_path / "labels.parquet")] == [
        expected(pack, row).segment for row in plain
    ]


@pytest.mark.parametrize("name", ["saas_pipeline", "security_maturity", "buying_motion"])
def test_missing_is_what_the_classifier_names(tmp_path: Path, name: str) -> None:
    """Over rows of unknown and known facts, some of them doubted."""
    pack, random = load_pack(name), Random(6)
    values: dict[str, list[Any]] = {
        "text": [None, "saas", "financial_services", "none", "oakfold", "US", "DE", "six_to_twelve_months"],
        "integer": [None, 3, 250, 80],
        "number": [None, 10.0, 75.0],
        "boolean": [None, True, False],
        "timestamp": [None, "2026-01-05T00:00:00+00:00", "2027-07-01T00:00:00+02:00"],
        "text[]": [None, [], ["siem", "edr", "core_hr", "salesforce"]],
    }
    needs = sorted({trait for each in pack.segments for trait in each.model.needs})
    stated = [trait for trait in pack.imported if pack.scopes[trait] == "account"]
    rows = []
    for number in range(500):
        row: Row = {"account_id": str(number)}
        row |= {trait: random.choice(values[pack.traits[trait].type]) for trait in stated}
        row |= {f"{trait}__confidence": random.choice((None, 0.3, 0.6, 1.0)) for trait in needs}
        rows.append(row)
    source = write_jsonl(tmp_path / "accounts.jsonl", rows)
    label_file(pack, source, tmp_path / "labels.parquet", NOW, missing=True)
    label_file(pack, source, tmp_path / "labels.csv", NOW, missing=True)
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{tmp_path / 'labels.parquet'}'").fetchall()
        texts = connection.execute(f"SELECT missing FROM read_csv('{tmp_path / 'labels.csv'}')").fetchall()
    met = set()
    for row, (_, segment, status, missing), (text,) in zip(rows, found, texts, strict=True):
        believed = {
            trait: row[f"{trait}__confidence"] for trait in needs if row[f"{trait}__confidence"] is not None
        }
        label = classify(
            pack, take_facts(pack, {trait: row[trait] for trait in stated}, NOW, believed=believed)
        )
        wanted = list(label.missing) if label.status == "provisional" else []
        assert (segment, status, missing) == (label.segment, label.status, wanted), row
        assert (text or "") == ";".join(wanted)
        met.add(tuple(missing))
    assert len(met) > 5


WRONG = [
    ("employees", "12.5", "row 3: employees: expected a whole number within ±9007199254740991, found '12.5'"),
    ("employees", "9007199254740992", "row 3: employees: expected a whole number"),
    ("employees", "many", "row 3: employees: expected a whole number within ±9007199254740991, found 'many'"),
    (
        "intent",
        "nan",
        "row 3: intent: expected a finite number, 0 or between 1e-15 and 1e+15 in magnitude, found 'nan'",
    ),
    ("intent", "inf", "row 3: intent: expected a finite number"),
    ("intent", "-1e16", "row 3: intent: expected a finite number"),
    ("intent", "1e-16", "row 3: intent: expected a finite number"),
    ("is_customer", "perhaps", "row 3: is_customer: expected true or false, found 'perhaps'"),
    ("industry", "x" * 10_001, "row 3: industry: expected a text of at most 10,000 characters"),
    ("tech", '"[1, ""a"""', "row 3: tech: expected texts, as a list, a JSON array or separated by ;"),
    ("tech", '"[null]"', "row 3: tech: expected texts"),
]


@pytest.mark.parametrize(("trait", "value", "message"), WRONG)
def test_a_wrong_value_is_named_with_its_row(
    tmp_path: Path, pack: Pack, trait: str, value: str, message: str
) -> None:
    source, target = tmp_path / "accounts.csv", tmp_path / "labels.parquet"
    source.write_text(f"account_id,{trait}\na,\nb,{value}\nc,\n", "utf-8")
    target.write_bytes(b"what was there before")
    with pytest.raises(InputError) as error:
        label_file(pack, source, target, NOW)
    assert str(error.value).startswith(f"{source}: {message}")
    assert target.read_bytes() == b"what was there before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["accounts.csv", "labels.parquet"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("'NaN'::DOUBLE AS intent", "row 2: intent: expected a finite number"),
        ("1e16 AS intent", "row 2: intent: expected a finite number"),
        ("9007199254740992 AS employees", "row 2: employees: expected a whole number"),
        ("0.5::DOUBLE AS employees", "row 2: employees: expected a whole number"),
        ("1e19::DOUBLE AS employees", "row 2: employees: expected a whole number"),
        ("'NaN'::DOUBLE AS employees", "row 2: employees: expected a whole number"),
        ("['a', NULL] AS tech", "row 2: tech: expected texts"),
        ("'12.5' AS employees", "row 2: employees: expected a whole number"),
    ],
)
def test_a_wrong_value_in_parquet_is_named_with_its_row(
    tmp_path: Path, pack: Pack, sql: str, message: str
) -> None:
    source = tmp_path / "accounts.parquet"
    name = sql.rpartition(" ")[2]
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT CASE WHEN i = 1 THEN {name} END AS {name} FROM range(3) t(i), (SELECT {sql})) TO '{source}'"
        )
    with pytest.raises(InputError, match=f"^{source}: {message}"):
        label_file(pack, source, tmp_path / "labels.csv", NOW)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_the_statistics_leave_out_is_found(tmp_path: Path, pack: Pack, number: float) -> None:
    """Most writers of Parquet leave NaN out of the least and the greatest of a column."""
    source, plain = tmp_path / "accounts.parquet", 1234.5678
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT CASE WHEN i = 4 THEN {plain} ELSE i END::DOUBLE AS intent FROM range(3000) t(i))"
            f" TO '{source}' (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1)"
        )
    content = source.read_bytes()
    assert content.count(struct.pack("<d", plain)) == 1
    source.write_bytes(content.replace(struct.pack("<d", plain), struct.pack("<d", number)))
    with pytest.raises(InputError, match=rf"row 5: intent: expected a finite number.*, found '{number}'"):
        label_file(pack, source, tmp_path / "labels.csv", NOW)


@pytest.mark.parametrize(
    ("trait", "kind", "wrong"),
    [
        ("intent", "DOUBLE", "1.1e15"),
        ("intent", "DOUBLE", "-1.1e15"),
        ("intent", "DOUBLE", "9e-16"),
        ("intent", "DOUBLE", "-9e-16"),
        ("employees", "BIGINT", "9007199254740992"),
        ("employees", "BIGINT", "-9007199254740992"),
        ("employees", "UBIGINT", "18446744073709551615"),
        ("employees", "HUGEINT", "9223372036854775808"),
    ],
)
def test_a_wrong_number_in_any_row_group_is_found(
    tmp_path: Path, pack: Pack, trait: str, kind: str, wrong: str
) -> None:
    """Whatever the statistics of the others prove."""
    source = tmp_path / "accounts.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT CASE WHEN i = 4999 THEN {wrong} ELSE 1 + i % 90 END::{kind} AS {trait}"
            f" FROM range(9000) t(i)) TO '{source}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
        )
    with pytest.raises(InputError, match=f"row 5000: {trait}: expected a "):
        label_file(pack, source, tmp_path / "labels.csv", NOW)


def test_numbers_at_their_bounds_are_read(tmp_path: Path, pack: Pack) -> None:
    source = tmp_path / "accounts.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT unnest([1e15, -1e15, 1e-15, -1e-15, 0, '-0.0', NULL]::DOUBLE[]) AS intent,"
            " unnest([9007199254740991, -9007199254740991]) AS employees,"
            f" unnest([2147483647, -2147483648]::INTEGER[]) AS intent__confidence) TO '{source}'"
        )
    assert label_file(pack, source, tmp_path / "labels.csv", NOW).rows == 7


def test_statistics_bound_only_what_every_row_group_states(tmp_path: Path) -> None:
    source = tmp_path / "accounts.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT i - 5 AS whole, i / 4 AS part, CASE WHEN i < 3000 THEN i END AS ends, 'NaN'::DOUBLE AS nan,"
            " i::VARCHAR AS word, [i] AS listed, i::INTEGER AS small"
            f" FROM range(5000) t(i)) TO '{source}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
        )
        assert parquet_extents(connection, source) == {
            "whole": (-5, 4994),
            "part": (0, 1249.75),
            "listed, list, element": (0, 4999),
        }


def test_a_column_of_another_type_is_refused(tmp_path: Path, pack: Pack) -> None:
    source = tmp_path / "accounts.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT true AS employees) TO '{source}'")
    with pytest.raises(InputError, match="the column 'employees' is of type BOOLEAN, expected integer"):
        label_file(pack, source, tmp_path / "labels.csv", NOW)


def test_a_file_without_any_trait_is_refused(tmp_path: Path, pack: Pack) -> None:
    source = tmp_path / "accounts.csv"
    source.write_text("Account ID,Industry Name\n1,Software\n")
    with pytest.raises(
        InputError, match="no column is named as a trait that decides a label of saas_pipeline"
    ):
        label_file(pack, source, tmp_path / "labels.csv", NOW)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("nowhere.csv", "labels.csv", "there is no such file"),
        ("accounts.xlsx", "labels.csv", "cannot tell the format by the name"),
        ("accounts.csv", "labels.xlsx", "cannot tell the format by the name"),
        ("accounts.csv", "no/labels.csv", "there is no such folder"),
        ("broken.parquet", "labels.csv", "cannot be read"),
        ("broken.jsonl", "labels.csv", "cannot be"),
    ],
)
def test_files_that_cannot_be_read_or_written(
    tmp_path: Path, pack: Pack, source: str, target: str, message: str
) -> None:
    for name in ("accounts.csv", "accounts.xlsx"):
        (tmp_path / name).write_text("account_id,intent\n1,2\n")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "broken.jsonl").write_text('{"account_id": "1", "intent": 5}\n{"account_id": \n')
    with pytest.raises(InputError, match=message):
        label_file(pack, tmp_path / source, tmp_path / target, NOW)
    assert not (tmp_path / target).exists()


def test_an_account_file_is_read_as_a_decision_reads_it(tmp_path: Path, pack: Pack) -> None:
    """What is stale is unknown, and values are believed as far as their source."""
    random, lines = (
        Random(4),
        ["Account ID,Account Name,Website,Employees,Industry,Billing Country,Last Modified Date"],
    )
    for number in range(200):
        size = random.choice(("", "300", "40"))
        kind = random.choice(("", "Software", "Retail"))
        lines.append(
            f"001{number:015},Firm {number},firm{number}.example.com,{size},{kind},Germany,2026-10-01"
        )
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n")
    target = tmp_path / "accounts.parquet"
    import_accounts(
        tmp_path / "export.csv", target, pack.traits, ImportOptions(source_name="enrichment", imported_at=NOW)
    )
    instant = datetime(2028, 1, 1, tzinfo=UTC)
    for now in (NOW, instant):
        label_file(pack, target, tmp_path / "labels.parquet", now)
        with AccountBook(target) as book:
            wanted = []
            for record in book:
                known = as_known(record, pack, book.info.source_name, now)
                label = classify(pack, take_facts(pack, known.values, now, believed=known.believed))
                wanted.append((record.id, label.segment, label.status.value))
        assert read_labels(tmp_path / "labels.parquet") == wanted


def test_without_a_key_rows_are_numbered(tmp_path: Path, pack: Pack) -> None:
    source, target = tmp_path / "accounts.csv", tmp_path / "labels.csv"
    source.write_text("intent,employees\n70,\n,\n")
    label_file(pack, source, target, NOW)
    assert target.read_text() == "row,segment,status\n1,needs_data,provisional\n2,needs_data,provisional\n"


def test_progress_rises_to_the_whole(tmp_path: Path, pack: Pack) -> None:
    source = tmp_path / "accounts.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT i AS employees, i % 100 AS intent FROM range(2000000) t(i)) TO '{source}'"
        )
    told: list[float] = []
    summary = label_file(pack, source, tmp_path / "labels.parquet", NOW, progress=told.append)
    assert summary.rows == 2_000_000
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert all(0 <= each <= 1 for each in told)


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, pack: Pack) -> None:
    source, target = tmp_path / "accounts.parquet", tmp_path / "labels.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT i AS employees, i % 100 AS intent FROM range(5000000) t(i)) TO '{source}'"
        )

    def stop(done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label_file(pack, source, target, NOW, progress=stop)
    assert [each.name for each in tmp_path.iterdir()] == ["accounts.parquet"]


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A CSV several times the limit streams; the growth of the process is what counts."""
    source = tmp_path / "accounts.csv"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'acc_' || i AS account_id, 'saas' AS industry, i % 9000 AS employees, i % 100 AS intent,"
            f" repeat('some words ', 60) AS note FROM range(600000) t(i)) TO '{source}'"
        )
    assert source.stat().st_size > 400_000_000
    code = (
        "import resource, sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from segue.accounts.labelling import label_file; from segue.policies.load import load_pack;"
        "pack = load_pack('saas_pipeline'); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "found = label_file(pack, sys.argv[1], sys.argv[2], datetime(2026, 11, 22, tzinfo=UTC), memory_limit='200MB');"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; print(found.rows, after - before)"
    )
    command = [sys.executable, "-P", "-c", code, str(source), str(tmp_path / "labels.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    count, grown = (int(each) for each in done.stdout.split())
    assert count == 600_000
    scale = 1 if sys.platform == "darwin" else 1024
    assert grown * scale < 400_000_000


def test_the_summary_holds_plain_numbers(tmp_path: Path, pack: Pack) -> None:
    source = tmp_path / "accounts.csv"
    source.write_text("account_id,is_customer\na,true\nb,no\n")
    summary = label_file(pack, source, tmp_path / "labels.csv", NOW)
    assert isinstance(summary, LabelSummary)
    assert summary.counts["customer"] == {"matched": 1}
    assert summary.counts["needs_data"] == {"provisional": 1}
    assert summary.counts["unpaid"] == {}
    assert summary.seconds > 0
