"""What is known of an account of which a file has several rows: one is taken, and what they differ on is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.known import Contradiction, Known, Pick, Stated, account_file, known_account
from segue.policies.load import load_pack

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PACK = load_pack("saas_pipeline")
HEADER = "Account ID,Account Name,Account Owner,Website,Employees,Industry,Type,Tech Stack\n"

Knows = Callable[[str, str], Known]


@pytest.fixture
def known(tmp_path: Path, write: Callable[[str, str | bytes], Path]) -> Knows:
    """Import rows and return what is then known of an account."""

    def _known(rows: str, key: str) -> Known:
        target = account_file(tmp_path, PACK.name)
        target.parent.mkdir(exist_ok=True)
        options = ImportOptions(source_name="crm", imported_at=NOW)
        import_accounts(write("a.csv", HEADER + rows), target, PACK.traits, options)
        found = known_account(tmp_path, PACK, key, NOW)
        assert found is not None
        return found

    return _known


def test_a_trait_on_which_duplicates_differ_is_named_with_every_value_and_row(known: Knows) -> None:
    found = known(
        "1,Acme,jo,acme.example,50,,Prospect,\n"
        "2,Acme Inc,,acme.example,,,Customer,\n"
        "3,ACME,,acme.example,50,,Customer,\n",
        "acme.example",
    )
    told = Contradiction("is_customer", Stated(False, (2,)), (Stated(True, (3, 4)),))
    assert found.pick == Pick(2, (3, 4), None, (told,))
    assert found.values == {"employees": 50, "is_customer": False}, "nothing is merged"


def test_the_row_taken_may_not_say_what_the_others_dispute(known: Knows) -> None:
    found = known(
        "1,Acme,jo,acme.example,50,Software,,\n"
        "2,Acme,,acme.example,,,Customer,\n"
        "3,Acme,,acme.example,,,Prospect,\n",
        "acme.example",
    )
    assert found.pick is not None and "is_customer" not in found.values
    assert found.pick.contradictions == (
        Contradiction("is_customer", None, (Stated(True, (3,)), Stated(False, (4,)))),
    )


def test_a_row_asked_for_by_its_own_id_is_held_against_the_pick(known: Knows) -> None:
    found = known("1,Acme,jo,acme.example,50,,Prospect,\n2,Acme,,acme.example,,,Customer,\n", "2")
    told = Contradiction("is_customer", Stated(True, (3,)), (Stated(False, (2,)),))
    assert found.pick == Pick(3, (2,), 2, (told,))
    assert found.values == {"is_customer": True}


def test_what_is_unknown_or_in_another_order_contradicts_nothing(known: Knows) -> None:
    found = known(
        "1,Acme,jo,acme.example,50,Software,Prospect,Slack;Salesforce\n2,Acme,,acme.example,50,,,Salesforce;Slack\n",
        "acme.example",
    )
    assert found.pick == Pick(2, (3,), None, ())
    assert found.values["tech"], "the lists were read"


def test_a_value_too_old_to_be_used_contradicts_nothing(known: Knows) -> None:
    old = known('1,A,jo,a.example,"3,167 (2019)",,,\n2,A,,a.example,50,,,\n', "a.example")
    assert old.stale == ("employees",) and old.pick == Pick(2, (3,), None, ())
    new = known('1,A,jo,a.example,"3,167 (2026)",,,\n2,A,,a.example,50,,,\n', "a.example")
    assert new.pick is not None and [each.trait for each in new.pick.contradictions] == ["employees"]


def test_an_account_with_one_row_was_not_picked(known: Knows) -> None:
    assert known("1,Acme,jo,acme.example,50,,Customer,\n", "acme.example").pick is None
