from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue.accounts.book import AccountBook
from segue.accounts.duplicates import Duplicates, SharedBy, TieBreak
from segue.accounts.importing import import_accounts
from segue.policies.models.traits import Trait

Write = Callable[[str, str | bytes], Path]
HEADER = "Account ID,Account Name,Account Owner,Website,Parent Account,Country,Open Opportunities,Employees,Last Activity,Created Date\n"


@pytest.fixture
def find(write: Write, traits: dict[str, Trait]) -> Callable[[str], tuple[Duplicates, dict[int, str | None]]]:
    """Import rows; return the duplicates of the report and, by row, what the file says it duplicates."""

    def _find(rows: str) -> tuple[Duplicates, dict[int, str | None]]:
        path = write("a.csv", HEADER + rows)
        target = path.with_suffix(".parquet")
        report = import_accounts(path, target, traits)
        with AccountBook(target) as book:
            return report.duplicates, {record.row: record.duplicate_of for record in book}

    return _find


Find = Callable[[str], tuple[Duplicates, dict[int, str | None]]]


@pytest.mark.parametrize(
    ("first", "second", "because"),
    [
        ("9,A,,a.example,,,,,,", "8,A,jo,a.example,,,,,,", TieBreak.HAS_OWNER),
        ("9,A,jo,a.example,,US,,5,,", "8,A,jo,a.example,,,2,,,", TieBreak.HAS_OPEN_OPPORTUNITY),
        ("9,A,jo,a.example,,,1,,,", "8,A,jo,a.example,,US,1,5,,", TieBreak.MOST_FILLED),
        ("9,A,jo,a.example,,,1,,2024-01-01,", "8,A,jo,a.example,,,1,,2025-01-01,", TieBreak.LATEST_ACTIVITY),
        ("9,A,jo,a.example,,,1,,2024-01-01,2020-01-01", "8,A,jo,a.example,,,1,,2024-01-01,2019-01-01", TieBreak.CREATED_FIRST),
        ("10,A,jo,a.example,,,1,,,", "9,A,jo,a.example,,,1,,,", TieBreak.LOWEST_ID),
    ],
)  # fmt: skip
def test_the_tie_break_in_its_order(find: Find, first: str, second: str, because: TieBreak) -> None:
    for rows, pick in ((f"{first}\n{second}\n", 3), (f"{second}\n{first}\n", 2)):
        found, duplicate_of = find(rows)
        assert (found.groups, found.rows) == (1, 2)
        assert (found.shown[0].because, found.shown[0].rows[0].row) == (because, pick)
        pick_id = second.split(",")[0]
        assert duplicate_of == {row: None if row == pick else pick_id for row in (2, 3)}


def test_the_first_row_is_picked_where_nothing_else_tells(find: Find) -> None:
    found, duplicate_of = find("1,A,,a.example,,,,,,\n1,A,,a.example,,,,,,\n")
    assert found.shown[0].because is TieBreak.FIRST_ROW
    assert duplicate_of == {2: None, 3: "1"}


def test_a_group_shows_all_that_the_tie_break_looked_at(find: Find) -> None:
    found, _ = find("9,Acme,jo,www.a.example,,US,2,5,2025-01-01,2020-01-01\n8,ACME Inc,,a.example,,,,,,\n")
    group = found.shown[0]
    assert (group.shared_by, group.shared) == (SharedBy.DOMAIN, "a.example")
    pick, other = group.rows
    assert (pick.account_id, pick.name, pick.owner, pick.has_open_opportunity) == ("9", "Acme", "jo", True)
    assert pick.last_activity is not None and pick.created is not None and pick.filled > other.filled


def test_nothing_is_merged(find: Find) -> None:
    found, duplicate_of = find(
        "1,A,jo,a.example,,,,,,\n2,A,,a.example,,,,,,\n3,B,,b.example,,,,,,\n4,A,,a.example,,,,,,\n"
    )
    assert (found.groups, found.rows) == (1, 3)
    assert duplicate_of == {2: None, 3: "1", 4: None, 5: "1"}


def test_subsidiaries_share_a_domain_by_right(find: Find) -> None:
    found, duplicate_of = find(
        "1,Acme,jo,acme.example,,,,,,\n2,Acme France,,acme.example,Acme,,,,,\n3,Acme Iberia,,acme.example,Acme,,,,,\n"
        "4,ACME France,an,acme.example,Acme Inc.,,,,,\n5,Acme Inc,,acme.example,Acme,,,,,\n"
    )
    assert {(group.shared_by, tuple(row.row for row in group.rows)) for group in found.shown} == {
        (SharedBy.DOMAIN, (2, 6)), (SharedBy.SUBSIDIARY, (5, 3)),
    }  # fmt: skip
    assert duplicate_of == {2: None, 3: "4", 4: None, 5: None, 6: "1"}


def test_without_a_domain_name_and_country_tell(find: Find) -> None:
    found, duplicate_of = find(
        "1,Acme Inc.,,,,US,,,,\n2,ACME,,,,United States,,,,\n3,Acme,,,,DE,,,,\n4,Beta,,,,,,,,\n5,Beta,,,,,,,,\n"
    )
    assert [(group.shared_by, group.shared) for group in found.shown] == [
        (SharedBy.NAME, "Acme Inc."),
        (SharedBy.NAME, "Beta"),
    ]
    assert duplicate_of == {2: None, 3: "1", 4: None, 5: None, 6: "4"}


def test_a_row_without_a_domain_joins_the_one_domain_of_its_name(find: Find) -> None:
    found, duplicate_of = find(
        "1,Acme,,acme.example,,US,,,,\n2,Acme,jo,,,US,,,,\n3,Beta,,b1.example,,,,,,\n4,Beta,,b2.example,,,,,,\n5,Beta,,,,,,,,\n"
    )
    assert [(group.shared_by, group.shared) for group in found.shown] == [(SharedBy.DOMAIN, "acme.example")]
    assert duplicate_of == {2: "2", 3: None, 4: None, 5: None, 6: None}


def test_one_id_twice_is_one_account(find: Find) -> None:
    found, duplicate_of = find("1,Acme,,acme.example,,,,,,\n1,Acme,jo,acme.other.example,,,,,,\n")
    assert (found.groups, found.rows) == (1, 2)
    assert duplicate_of == {2: "1", 3: None}


def test_a_report_shows_some_groups_and_counts_all(write: Write, traits: dict[str, Trait]) -> None:
    rows = "".join(f"{number},A{number},,a{number % 500}.example,,,,,,\n" for number in range(1_000))
    report = import_accounts(
        write("a.csv", HEADER + rows), write("a.csv", HEADER + rows).with_suffix(".parquet"), traits
    )
    assert (report.duplicates.groups, report.duplicates.rows) == (500, 1_000)
    assert [group.rows[0].row for group in report.duplicates.shown[:3]] == [2, 3, 4]
    assert len(report.duplicates.shown) == 200
