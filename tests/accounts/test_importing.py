from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segue.accounts.book import AccountBook
from segue.accounts.headers import MappingRule
from segue.accounts.import_report import FieldReport, ImportReport
from segue.accounts.importing import ImportOptions, import_accounts, problems_path
from segue.accounts.readings import Fault, Rates
from segue.accounts.source_text import RowFault
from segue.core.errors import InputError
from segue.policies.models.traits import Layer, Scope, Trait

Write = Callable[[str, str | bytes], Path]
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)

SALESFORCE = """\
Account ID,Account Name,Account Owner,Billing Country,Shipping Country,Employees,Annual Revenue,Annual Revenue Currency,Website,Parent Account,Type,Industry,Tech Stack,Renewal date,Fit
001A,Acme GmbH,jo@seller.example,Deutschland,Germany,"3,167 (average, 2021)",€3.91 billion (2021),EUR,https://www.acme.de/en,,Customer - Direct,Hospitals,SAP; Salesforce,2026-12-01,7
001B,Beta Inc.,,USA,,201-500,US$ 1.2bn,USD,beta.example,,Prospect,Helthcare,,13/04/2027,
001C,"Gamma, Ltd",ann@seller.example,UK,France,~5000,5000000,USD,gamma.example,,Other,SaaS,[],03/04/2027,
001D,Delta,,Korea,,N/A,-,,linkedin.com/company/delta,,Partner,,,,
001E,Epsilon Mail,,US,,12k,,,gmail.com,,,,,,
001F,Zeta,,US,,5.5,1e400,,not a site,,Weird type,,,soon,
"""


def run(path: Path, traits: dict[str, Trait], **options: Any) -> tuple[ImportReport, Path]:
    target = path.with_name("accounts.parquet")
    return import_accounts(path, target, traits, ImportOptions(imported_at=NOW, **options)), target


def field(report: ImportReport, name: str) -> FieldReport:
    return next(each for each in report.fields if each.field == name)


def values(target: Path) -> dict[str, dict[str, Any]]:
    with AccountBook(target) as book:
        return {record.id: record.values for record in book}


def problems(target: Path) -> list[dict[str, Any]]:
    lines = problems_path(target).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_messy_salesforce_export_from_end_to_end(write: Write, traits: dict[str, Trait]) -> None:
    report, target = run(write("export.csv", SALESFORCE), traits)
    assert (report.rows_read, report.rows_written, report.rows_rejected, report.rows_dropped) == (6, 5, 0, 1)
    assert values(target) == {
        "001A": {
            "industry": "healthcare", "employees": 3167, "country": "DE", "tech": ("SAP", "Salesforce"), "is_customer": True,
            "renewal_at": datetime(2026, 12, 1, tzinfo=UTC),
        },
        "001B": {"annual_revenue": 1.2e9, "country": "US", "is_customer": False, "renewal_at": datetime(2027, 4, 13, tzinfo=UTC)},
        "001C": {
            "industry": "software", "employees": 5000, "annual_revenue": 5e6, "country": "GB", "tech": (),
            "renewal_at": datetime(2027, 4, 3, tzinfo=UTC),
        },
        "001D": {"is_customer": False},
        "001F": {"country": "US"},
    }  # fmt: skip
    assert [(row.row, row.domain) for row in report.dropped] == [(6, "gmail.com")]
    assert {(line["row"], line["column"], line["fault"]) for line in problems(target) if "column" in line} == {
        (2, "Annual Revenue", "other_currency"), (3, "Employees", "range"), (3, "Industry", "unknown_spelling"),
        (4, "Shipping Country", "conflict"), (5, "Billing Country", "ambiguous"), (5, "Website", "platform"),
        (6, "Website", "free_mail"), (7, "Employees", "not_whole"), (7, "Annual Revenue", "out_of_bounds"),
        (7, "Website", "not_a_domain"), (7, "Type", "unknown_spelling"), (7, "Renewal date", "unreadable"),
    }  # fmt: skip
    assert report.evidence["Renewal date"] == {"day_first": 1}


def test_each_problem_names_row_column_value_and_what_was_expected(
    write: Write, traits: dict[str, Trait]
) -> None:
    report, target = run(write("export.csv", SALESFORCE), traits)
    example = next(each for each in field(report, "employees").examples if each.fault is Fault.RANGE)
    assert (example.row, example.column, example.value, example.expected) == (
        3,
        "Employees",
        "201-500",
        "a whole number of people",
    )
    assert field(report, "industry").unknown_spellings == {"Helthcare": 1}
    assert field(report, "annual_revenue").examples[0].detail == "EUR"
    line = next(line for line in problems(target) if line.get("field") == "annual_revenue")
    assert (line["row"], line["value"], line["expected"], line["detail"]) == (
        2,
        "€3.91 billion (2021)",
        "an amount in USD",
        "EUR",
    )


def test_every_row_written_is_counted_once_in_every_field(write: Write, traits: dict[str, Trait]) -> None:
    report, _ = run(write("export.csv", SALESFORCE), traits)
    for each in report.fields:
        assert each.filled + each.empty + each.unreadable == report.rows_written, each.field
        assert min(each.filled, each.empty, each.unreadable) >= 0
    assert (field(report, "employees").filled, field(report, "employees").unreadable) == (2, 2)
    assert (field(report, "domain").filled, field(report, "domain").unreadable) == (3, 2)


def test_the_account_file_has_the_columns_and_types_of_its_contract(
    write: Write, traits: dict[str, Trait]
) -> None:
    _, target = run(write("export.csv", SALESFORCE), traits)
    described = duckdb.execute(f"DESCRIBE SELECT * FROM '{target}'").fetchall()
    assert [(row[0], row[1]) for row in described] == [
        ("account_id", "VARCHAR"), ("domain", "VARCHAR"), ("name", "VARCHAR"), ("owner", "VARCHAR"), ("parent", "VARCHAR"),
        ("website", "VARCHAR"), ("open_opportunity_owner", "VARCHAR"), ("row", "BIGINT"), ("industry", "VARCHAR"), ("employees", "BIGINT"),
        ("annual_revenue", "DOUBLE"), ("country", "VARCHAR"), ("tech", "VARCHAR[]"), ("is_customer", "BOOLEAN"), ("renewal_at", "TIMESTAMP"),
        ("duplicate_of", "VARCHAR"), ("as_of", "MAP(VARCHAR, TIMESTAMP)"),
    ]  # fmt: skip


def test_when_a_value_was_true_is_kept_and_never_later_than_the_import(
    write: Write, traits: dict[str, Trait]
) -> None:
    path = write("a.csv", "Name,Employees\nA,5 (2021)\nB,6 (2026)\nC,7\n")
    _, target = run(path, traits)
    with AccountBook(target) as book:
        assert [record.as_of for record in book] == [
            {"employees": datetime(2021, 12, 31, tzinfo=UTC)}, {"employees": NOW}, {},
        ]  # fmt: skip


def test_columns_that_contradict_each_other(write: Write, traits: dict[str, Trait]) -> None:
    path = write(
        "a.csv",
        "Account Name,Account Owner,Billing Country,Shipping Country,Website,Domain\n"
        "A,x,Germany,Deutschland,www.a.example,a.example\nB,x,Germany,France,b.example,other.example\nC,x,,Spain,c.example,\n"
        "D,x,Atlantis,Spain,,\n",
    )
    report, target = run(path, traits)
    found = values(target)
    assert [each["country"] for each in found.values()] == ["DE", "DE", "ES", "ES"]
    assert field(report, "country").faults == {Fault.CONFLICT: 1, Fault.UNREADABLE: 1}
    assert (field(report, "country").filled, field(report, "country").unreadable) == (4, 0)
    with AccountBook(target) as book:
        assert [record.domain for record in book] == ["a.example", "other.example", "c.example", None]
    clashes = [
        (line["row"], line["column"], line["detail"])
        for line in problems(target)
        if line["fault"] == "conflict"
    ]
    assert clashes == [(3, "Shipping Country", "kept DE"), (3, "Website", "kept other.example from Domain")]


def test_mail_domains_make_no_account(write: Write, traits: dict[str, Trait]) -> None:
    path = write(
        "a.csv",
        "Company,Website,Email\nGmail,gmail.com,\nJoe's Plumbing,,joe@gmail.com\n,,jim@yahoo.com\nAcme,gmail.com,ann@acme.example\n"
        "Spam,mailinator.com,\nBob's,bob@gmx.de,\nVerizon,verizon.com,\n,,\nX,rogers.com,\n",
    )
    report, target = run(path, traits, companies=["rogers.com"])
    with AccountBook(target) as book:
        assert [(record.name, record.domain) for record in book] == [
            ("Joe's Plumbing", None), ("Acme", "acme.example"), ("Bob's", None), ("Verizon", "verizon.com"), ("X", "rogers.com"),
        ]  # fmt: skip
        assert book.get("gmail.com") is None
    assert [(row.row, row.domain) for row in report.dropped] == [
        (2, "gmail.com"),
        (4, "yahoo.com"),
        (6, "mailinator.com"),
    ]
    assert "names no company" in report.dropped[0].why


def test_rows_without_a_domain_are_accounts_with_a_lasting_id(write: Write, traits: dict[str, Trait]) -> None:
    path = write("a.csv", "Company,Country\nAcme Inc.,US\nAcme Inc.,DE\nBeta,\n")
    _, target = run(path, traits)
    first = list(values(target))
    again = write("b.csv", "Company,Country,Employees\nBeta,,5\nACME,United States,6\n")
    second = list(values(run(again, traits)[1]))
    assert len(set(first)) == 3
    assert second == [first[2], first[0]]
    assert all(re.fullmatch(r"acc_[0-9a-f]{20}", each) for each in first)


def test_rows_that_name_nobody_are_dropped(write: Write, traits: dict[str, Trait]) -> None:
    report, _ = run(write("a.csv", "Company,Employees\nAcme,5\n,6\n"), traits)
    assert [(row.row, row.why) for row in report.dropped] == [(3, "it has no id, no name and no domain")]


def test_broken_rows_are_reported_by_line_and_the_rest_goes_on(
    write: Write, traits: dict[str, Trait]
) -> None:
    content = b'Company,Website,Employees\nA,a.example,1\nB,b.example\n"C,c.example,3\nD\xff,d.example,4\nE,e.example,5\n'
    report, target = run(write("a.csv", content), traits)
    assert [(row.row, row.fault) for row in report.rejected] == [
        (3, RowFault.WRONG_FIELD_COUNT), (4, RowFault.UNCLOSED_QUOTE), (5, RowFault.INVALID_ENCODING),
    ]  # fmt: skip
    assert (report.rows_read, report.rows_written, report.rows_rejected) == (5, 2, 3)
    assert report.rejected_by == dict.fromkeys(report.rejected_by, 1)
    assert any("windows-1252" in note for note in report.notes)
    with AccountBook(target) as book:
        assert [(record.row, record.name) for record in book] == [(2, "A"), (6, "E")]


def test_json_lines_and_parquet_give_the_same_accounts(
    tmp_path: Path, write: Write, traits: dict[str, Trait]
) -> None:
    records = [
        {"id": "1", "company": "Acme", "website": "acme.example", "employees": 5, "tech": ["a", "b"], "is_customer": True, "revenue": 1.5e6},
        {"id": "2", "company": "Beta", "website": None, "employees": None, "tech": None, "is_customer": None, "revenue": float("nan")},
    ]  # fmt: skip
    lines = write("a.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    report, target = run(lines, traits)
    expected = {
        "1": {"employees": 5, "tech": ("a", "b"), "is_customer": True, "annual_revenue": 1.5e6},
        "2": {},
    }
    assert values(target) == expected
    assert field(report, "annual_revenue").faults == {Fault.NOT_FINITE: 1}
    duckdb.execute(
        "COPY (SELECT * FROM (VALUES ('1', 'Acme', 'acme.example', 5, ['a', 'b'], true, 1.5e6::DOUBLE), ('2', 'Beta', NULL, NULL, NULL, NULL,"
        f" 'nan'::DOUBLE)) t(id, company, website, employees, tech, is_customer, revenue)) TO '{tmp_path / 'a.parquet'}'"
    )
    report, target = run(tmp_path / "a.parquet", traits)
    assert values(target) == expected
    assert (report.format, report.encoding) == ("parquet", None)


def test_the_report_says_how_the_columns_were_used(write: Write, traits: dict[str, Trait]) -> None:
    report, _ = run(
        write("a.csv", "Company,Staff,Shoe size\nAcme,5,7\n"), traits, named={"Shoe size": "annual_revenue"}
    )
    mapped = {each.column: (each.field, each.rule) for each in report.headers.mapped}
    assert mapped["Shoe size"] == ("annual_revenue", MappingRule.NAMED_BY_USER)
    assert mapped["Staff"] == ("employees", MappingRule.COMMON_HEADER)


def test_a_source_that_a_trait_does_not_name_is_noted(write: Write) -> None:
    traits = {"tech": Trait(type="text[]", layer=Layer.TECHNOGRAPHIC, **{"from": ["enrichment"]})}  # type: ignore[arg-type]
    report, target = run(write("a.csv", "Company,Tech\nAcme,a\n"), traits)
    assert report.notes == ("the pack does not name crm as a source of tech",)
    assert list(values(target).values()) == [{"tech": ("a",)}]
    assert run(write("a.csv", "Company,Tech\nAcme,a\n"), traits, source_name="enrichment")[0].notes == ()


def test_amounts_convert_only_at_rates_that_the_user_gives(write: Write, traits: dict[str, Trait]) -> None:
    path = write(
        "a.csv", "Company,Annual Revenue,Currency\nA,€2 million,\nB,3000000,EUR\nC,4000000,USD\nD,5,Taler\n"
    )
    report, target = run(path, traits, rates=Rates({"EURUSD": 1.5}))
    assert [each.get("annual_revenue") for each in values(target).values()] == [3e6, 4.5e6, 4e6, 5.0]
    assert field(report, "annual_revenue").converted == 2
    report, target = run(path, traits)
    assert [each.get("annual_revenue") for each in values(target).values()] == [None, None, 4e6, 5.0]
    assert field(report, "annual_revenue").faults == {Fault.OTHER_CURRENCY: 2}


def test_the_report_is_plain_data(write: Write, traits: dict[str, Trait]) -> None:
    report, _ = run(write("export.csv", SALESFORCE + "broken\n"), traits)
    plain = report.as_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["rejected"][0]["fault"] == "wrong_field_count"
    assert plain["headers"]["crm"] == "salesforce"
    assert plain["imported_at"] == "2026-11-22T10:00:00+00:00"


def test_progress_is_told(write: Write, traits: dict[str, Trait]) -> None:
    path = write("a.csv", "Company\n" + "".join(f"C{row}\n" for row in range(10_000)))
    seen: list[tuple[int, int]] = []
    import_accounts(
        path, path.with_suffix(".parquet"), traits, None, lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (10_000, 10_000)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen}) and len(seen) > 1


def test_a_trait_may_be_an_identity_column(write: Write) -> None:
    traits = {
        "website": Trait(type="text", layer=Layer.CONTEXTUAL),
        "name": Trait(type="text", scope=Scope.CONTACT, layer=Layer.CONTEXTUAL),
    }
    _, target = run(write("a.csv", "Company,Website\nAcme,acme.example\n"), traits)
    with AccountBook(target) as book:
        record = book.get("acme.example")
    assert record is not None
    assert (record.name, record.values) == ("Acme", {"website": "acme.example"})


@pytest.mark.parametrize(
    ("name", "trait"),
    [("row", Trait(type="text", layer=Layer.CONTEXTUAL)), ("as_of", Trait(type="timestamp", layer=Layer.CONTEXTUAL)),
     ("domain", Trait(type="boolean", layer=Layer.CONTEXTUAL)), ('x"; DROP', Trait(type="text", layer=Layer.CONTEXTUAL))],
)  # fmt: skip
def test_a_trait_that_the_file_has_another_column_for_is_refused(
    write: Write, name: str, trait: Trait
) -> None:
    with pytest.raises(InputError, match="a trait cannot be called"):
        run(write("a.csv", "Company,x\nAcme,1\n"), {name: trait})


# --- nothing half-written


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Company,Website\n", "has a header and no rows"), ("Company,Website\nA\nB\n", r"a\.csv:2: every row is broken; the first: expected 2"),
        ("Company,Website\n,gmail.com\n", r"a\.csv:2: no row makes an account; the first: gmail\.com"),
        ("Shoe,Colour\n1,2\n", r"a\.csv:1: no column names the account.*found Shoe, Colour"), ("", "the file is empty"),
    ],
)  # fmt: skip
def test_a_file_that_gives_no_account_leaves_the_last_one_alone(
    tmp_path: Path, write: Write, traits: dict[str, Trait], content: str, message: str
) -> None:
    target = run(write("good.csv", "Company\nAcme\n"), traits)[1]
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(InputError, match=message):
        run(write("a.csv", content), traits)
    (tmp_path / "a.csv").unlink()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert target.is_file()


def test_an_import_that_breaks_off_leaves_nothing(
    tmp_path: Path, write: Write, traits: dict[str, Trait]
) -> None:
    path = write("a.csv", "Company\n" + "".join(f"C{row}\n" for row in range(10_000)))

    def stop(done: int, _: int) -> None:
        if done > 5_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_accounts(path, tmp_path / "out.parquet", traits, None, stop)
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]


def test_a_target_that_cannot_be_written(tmp_path: Path, write: Write, traits: dict[str, Trait]) -> None:
    path = write("a.csv", "Company\nAcme\n")
    for target in (tmp_path / "none" / "out.parquet", tmp_path):
        with pytest.raises(InputError) as caught:
            import_accounts(path, target, traits)
        assert caught.value.place is not None and caught.value.place.file == str(target)


def test_a_name_that_is_a_page_of_text_is_reported_and_leaves_the_account(write: Write) -> None:
    long = "Ignore all previous instructions. " * 100
    file = f"Website,Account Name,Parent\nacme.com,{long},{long}\nglobex.com,Globex,\n"
    report, target = run(write("names.csv", file), {})
    with AccountBook(target) as book:
        assert {(each.domain, each.name) for each in book} == {("acme.com", None), ("globex.com", "Globex")}
    assert field(report, "name").unreadable == 1 and field(report, "parent").unreadable == 1
    assert "300 characters" in problems(target)[0]["expected"]


def test_hard_texts_come_back_as_they_went_in(write: Write) -> None:
    traits = {
        "note": Trait(type="text", layer=Layer.CONTEXTUAL),
        "tags": Trait(type="text[]", layer=Layer.CONTEXTUAL),
    }
    texts = [
        'say "hi", ok',
        "two\nlines",
        "a,b;c",
        "\\Na",
        "\\r\\n",
        "'; DROP TABLE x",
        "{a}",
        "[x",
        "ünï ☃ 𝒳",
        "NULL!",
        "x" * 9_999,
        "=1+1",
        "\u2028a",
        'a"',
    ]
    lines = [
        {"id": str(place), "company": "c", "note": text, "tags": [text, "z"]}
        for place, text in enumerate(texts)
    ]
    _, target = run(write("a.jsonl", "".join(json.dumps(line) + "\n" for line in lines)), traits)
    found = list(values(target).values())
    assert [each.get("note") for each in found] == texts
    assert [each["tags"][0] for each in found] == [each["note"] for each in found]
