from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from segue.accounts.book import AccountBook, AccountRecord
from segue.accounts.importing import ImportOptions, import_accounts
from segue.core.errors import InputError
from segue.policies.models.traits import Trait

Write = Callable[[str, str | bytes], Path]
CSV = (
    "Account ID,Account Name,Account Owner,Website,Parent Account,Employees,Renewal date,Tech Stack,Is Customer\n"
    '1,Acme,jo@x.example,https://www.acme.example,,"3,167 (2021)",2026-12-01T10:00:00+02:00,a;b,yes\n'
    "2,Acme Inc,,acme.example,,,,,\n"
    "3,Acme France,,acme.example,Acme,,,,\n"
    "4,Müller,,müller.example,,7,,,no\n"
    "5,Gamma,,,,,,,\n"
)


@pytest.fixture
def book(write: Write, traits: dict[str, Trait]) -> Iterator[AccountBook]:
    path = write("a.csv", CSV)
    options = ImportOptions(source_name="crm", imported_at=datetime(2026, 11, 22, tzinfo=UTC))
    import_accounts(path, path.with_name("book [1].parquet"), traits, options)
    with AccountBook(path.with_name("book [1].parquet")) as found:
        yield found


def get(book: AccountBook, key: str) -> AccountRecord:
    found = book.get(key)
    assert found is not None
    return found


def test_an_account_with_typed_values(book: AccountBook) -> None:
    found = get(book, "1")
    assert [each.row for each in found.duplicates] == [3]
    assert replace(found, duplicates=()) == AccountRecord(
        id="1", domain="acme.example", name="Acme", owner="jo@x.example", parent=None, website="https://www.acme.example",
        open_opportunity_owner=None, row=2, duplicate_of=None,
        values={"employees": 3167, "tech": ("a", "b"), "is_customer": True, "renewal_at": datetime(2026, 12, 1, 8, tzinfo=UTC)},
        as_of={"employees": datetime(2021, 12, 31, tzinfo=UTC)},
    )  # fmt: skip


@pytest.mark.parametrize(
    "key", ["acme.example", "ACME.example", "https://www.acme.example/about", "ann@acme.example", "1"]
)
def test_an_id_a_domain_or_what_holds_one(book: AccountBook, key: str) -> None:
    assert get(book, key).id == "1"


def test_a_domain_with_duplicates_gives_the_pick_and_says_so(book: AccountBook) -> None:
    (other,) = get(book, "acme.example").duplicates
    assert (other.row, other.name, other.duplicate_of) == (3, "Acme Inc", "1")
    assert get(book, "müller.example").duplicates == ()


def test_a_duplicate_is_found_by_its_own_id(book: AccountBook) -> None:
    found = get(book, "2")
    assert (found.id, found.duplicate_of) == ("2", "1")
    assert [each.id for each in found.duplicates] == ["1"], "the pick, which it may be"


@pytest.mark.parametrize(
    "key", ["", "nobody", "nobody.example", "gmail.com", "6", "' OR 1=1 --", "\x00", "acme"]
)
def test_an_unknown_key_gives_nothing(book: AccountBook, key: str) -> None:
    assert book.get(key) is None


def test_all_accounts_in_the_files_order(book: AccountBook) -> None:
    assert len(book) == 5
    assert [(record.row, record.id, record.duplicate_of) for record in book] == [
        (2, "1", None), (3, "2", "1"), (4, "3", None), (5, "4", None), (6, "5", None),
    ]  # fmt: skip
    assert [record.values for record in book][3:] == [{"employees": 7, "is_customer": False}, {}]


def test_what_the_file_says_of_itself(book: AccountBook) -> None:
    assert (book.info.source, book.info.source_name, book.info.imported_at) == (
        "a.csv",
        "crm",
        "2026-11-22T00:00:00+00:00",
    )
    assert book.info.traits == {
        "employees": "integer",
        "tech": "text[]",
        "is_customer": "boolean",
        "renewal_at": "timestamp",
    }


def test_a_pick_that_was_matched_by_name(write: Write, traits: dict[str, Trait]) -> None:
    path = write("a.csv", "Account ID,Account Name,Account Owner,Website\n1,Acme,,acme.example\n2,Acme,jo,\n")
    import_accounts(path, path.with_suffix(".parquet"), traits)
    with AccountBook(path.with_suffix(".parquet")) as found:
        pick = get(found, "acme.example")
        assert (pick.id, [each.row for each in pick.duplicates]) == ("2", [2])


def test_look_ups_from_many_threads(book: AccountBook) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda key: book.get(str(key % 6)), range(120)))
    assert [record and record.id for record in found] == [
        str(key % 6) if key % 6 else None for key in range(120)
    ]


def test_what_is_no_account_file(tmp_path: Path, write: Write) -> None:
    duckdb.execute(f"COPY (SELECT 1 AS a) TO '{tmp_path / 'other.parquet'}'")
    for path in (tmp_path / "other.parquet", write("a.parquet", "text"), write("b.parquet", "")):
        with pytest.raises(InputError, match="is not an account file: import it first"):
            AccountBook(path)
    with pytest.raises(InputError, match="there is no such account file"):
        AccountBook(tmp_path / "none.parquet")


def test_a_file_of_a_later_version(tmp_path: Path) -> None:
    later = (
        '{"version": 2, "source": "a", "source_name": "crm", "imported_at": "", "accounts": 1, "traits": {}}'
    )
    duckdb.execute(
        f"COPY (SELECT 1 AS a) TO '{tmp_path / 'a.parquet'}' (FORMAT parquet, KV_METADATA {{segue: '{later}'}})"
    )
    with pytest.raises(InputError, match="is an account file of version 2, expected 1"):
        AccountBook(tmp_path / "a.parquet")


def test_a_file_that_goes_away(book: AccountBook) -> None:
    book.path.unlink()
    with pytest.raises(InputError, match="can no longer be read"):
        book.get("1")
