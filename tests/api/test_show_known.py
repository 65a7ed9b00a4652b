"""Notes on how an account was found."""

from __future__ import annotations

from typing import Any

import pytest

from segue.accounts.known import Contradiction, Known, Pick, Stated
from segue.api.cli.show_known import notes_on
from segue.policies.facts import Account
from tests.api.conftest import Segue

CUSTOMER = Contradiction("is_customer", Stated(False, (2,)), (Stated(True, (5,)),))


def notes(pick: Pick | None, stated: Any = (), stale: tuple[str, ...] = ()) -> list[str]:
    return list(notes_on(Known(Account("1"), {}, {}, stale, pick), stated))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ((5,), "row 5"),
        ((5, 6), "rows 5 and 6"),
        (tuple(range(5, 10)), "rows 5, 6, 7, 8 and 9"),
        (tuple(range(5, 2005)), "rows 5, 6, 7, 8, 9 and 1,995 more"),
    ],
)
def test_one_row_and_many(others: tuple[int, ...], said: str) -> None:
    assert notes(Pick(2, others, None, ())) == [
        f"row 2 was picked by the tie-break; {said} may be the same account"
    ]


def test_a_row_asked_for_by_its_id() -> None:
    assert notes(Pick(5, (2,), 2, ())) == [
        "row 5 was asked for by its id, the tie-break would pick row 2; row 2 may be the same account"
    ]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (CUSTOMER, "is_customer: “no” of row 2 was taken over “yes” of row 5"),
        (
            Contradiction("employees", Stated(1200, (2, 3)), (Stated(50, (4,)), Stated(51, (5, 6)))),
            "employees: “1,200” of rows 2 and 3 was taken over “50” of row 4 and “51” of rows 5 and 6",
        ),
        (
            Contradiction("tech", None, (Stated(("a", "b"), (3,)), Stated((), (4,)))),
            "tech: “a, b” of row 3 and “none” of row 4; the row taken states none, so it is unknown",
        ),
        (
            Contradiction("country", Stated("US", (2,)), tuple(Stated(f"C{row}", (row,)) for row in range(3, 9))),
            "country: “US” of row 2 was taken over “C3” of row 3, “C4” of row 4, “C5” of row 5, “C6” of row 6, “C7” of row 7 and 1 more value",
        ),
    ],
)  # fmt: skip
def test_a_contradiction_names_values_rows_and_what_was_taken(found: Contradiction, said: str) -> None:
    assert notes(Pick(2, (5,), None, (found,)))[1:] == [f"duplicates contradict each other on {said}"]


def test_many_contradictions_are_all_named() -> None:
    many = tuple(Contradiction(f"t{n}", Stated(1, (2,)), (Stated(2, (3,)),)) for n in range(7))
    found = notes(Pick(2, (3,), None, many))
    assert len(found) == 7 and found[-1] == "duplicates contradict each other on 2 more traits: t5, t6"


def test_what_is_stated_by_hand_is_settled() -> None:
    assert len(notes(Pick(2, (5,), None, (CUSTOMER,)), stated={"is_customer": True})) == 1


def test_stale_facts() -> None:
    assert notes(None, stale=("a", "b")) == ["2 facts older than the pack allows, so unknown: a, b"]
    assert notes(None) == []


@pytest.mark.parametrize("command", ["decide", "explain"])
def test_a_decision_on_duplicates_that_differ_says_so(segue: Segue, tmp_path: Any, command: str) -> None:
    rows = "1,Acme,jo,acme.example,50,Prospect\n2,Acme Inc,,acme.example,,Customer\n"
    (tmp_path / "a.csv").write_text(f"Account ID,Account Name,Account Owner,Website,Employees,Type\n{rows}")
    assert segue("import", "a.csv", "-p", "saas_pipeline").code == 0
    asked = (command, "acme.example", "-p", "saas_pipeline")
    told = (
        "note: duplicates contradict each other on is_customer: “no” of row 2 was taken over “yes” of row 3"
    )
    for options in ((), ("--json",)):
        found = segue(*asked, *options)
        assert found.code == 0 and told in found.err.splitlines()
    assert told not in segue(*asked, "-f", "is_customer=yes").err
