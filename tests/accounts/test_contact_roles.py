"""What a pack makes of a contact: the role by the title, unless a better source states one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from segue.accounts.committees import SeenContact, committee_json
from segue.accounts.contact_roles import contact_facts, fills_roles, role_facts, role_in
from segue.accounts.stored import micros_of
from segue.policies.load import load_pack

NOW = datetime(2026, 11, 27, tzinfo=UTC)
PACK = load_pack("saas_pipeline")


def said(
    value: Any, source: str = "declared", confidence: float | None = 0.9, days: float = 1
) -> dict[str, Any]:
    return {source: [value, confidence, micros_of(NOW - timedelta(days=days))]}


def test_the_title_gives_the_role() -> None:
    traits = {"title": said("VP of Marketing"), "email": said("ada@acme.example"), "first_name": said("Ada")}
    assert role_facts(traits, PACK, NOW) == {
        "persona": "cmo", "seniority": "vp", "job_function": "marketing",
    }  # fmt: skip
    assert role_in(traits, PACK, NOW).function == "marketing"
    assert contact_facts(traits, PACK, NOW)["first_name"] == "Ada", (
        "a fact of the pack, and no part of the role"
    )


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (said("CFO", "crm", None), "cmo"),  # the pack believes a CRM 0.8, and the title was declared: 0.9
        (said("CFO", "declared", 1.0), "cfo"),
        (said("CFO", "browser", 0.5), "cmo"),
        (said("Head of the kitchen", "declared", 1.0), "cmo"),  # no value of the trait
        (said(7, "declared", 1.0), "cmo"),
        (said("CFO", "declared", 1.0, days=-1), "cmo"),  # not yet
    ],
)
def test_a_stated_role_counts_if_it_is_believed_as_much_as_the_title(stated: Any, expected: str) -> None:
    assert role_facts({"title": said("CMO"), "persona": stated}, PACK, NOW)["persona"] == expected


def test_the_newest_title_of_the_best_source_counts_and_nonsense_gives_nothing() -> None:
    two = {"title": {**said("CFO", "browser", 0.5, days=0), **said("CISO", "declared", 0.9, days=300)}}
    assert role_facts(two, PACK, NOW)["persona"] == "ciso"
    assert role_facts({"title": said("Looking for a job")}, PACK, NOW) == {}
    assert role_facts({}, PACK, NOW) == {}
    assert fills_roles(PACK, {"persona": "ciso"}) and not fills_roles(
        PACK, dict.fromkeys(("persona", "seniority", "job_function"), "x")
    )


def test_a_committee_counts_who_was_seen_of_late_and_names_what_lacks() -> None:
    people = [
        SeenContact(str(number), NOW - timedelta(days=days), {"title": said(title)})
        for number, (title, days) in enumerate(
            [("CFO", 3), ("VP Finance", 1), ("CISO", 89), ("CMO", 91), ("Gardener", 1)]
        )
    ]
    found = committee_json(PACK, people, NOW)
    assert found == {
        "active": {
            "cfo": {"contacts": 2, "last_seen": NOW - timedelta(days=1)},
            "ciso": {"contacts": 1, "last_seen": NOW - timedelta(days=89)},
        },
        "missing": ["revenue", "cmo", "it"],
    }
