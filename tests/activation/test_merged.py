"""What is carried out for an account that was merged into another: its own record is cleared, and no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from segue.accounts.label_keeping import LabelKeeping
from segue.accounts.merging import merge_accounts
from segue.activation.drift import Drift
from segue.core.database import Database
from segue.core.jobs import defer
from segue.evals.fakes.hubspot import FakeHubSpot
from segue.evals.fakes.slack import FakeSlack
from segue.policies.load import load_files
from segue.policies.pack import Pack
from tests.activation.test_crm import Crm, crm
from tests.activation.test_drift import drift, label
from tests.activation.world import FILES, World, slack_settings

__all__ = ["crm"]


def merge(world: World, account: str, into: str) -> None:
    async def work(database: Database) -> None:
        keeping = LabelKeeping((world.pack,), defer)
        async with database.transaction() as connection:
            await merge_accounts(
                connection, keeping, account, into, reason="One company", by="test", now=datetime.now(UTC)
            )

    world.with_database(work)


def tagged(world: World, crm: Crm, *accounts: str) -> None:
    """Let accounts be hot, with the tag in their records."""
    for account in accounts:
        world.know(account, f"{account}.example", account, heat=90)
        label(world, account, "hot")
        crm.add(f"record_{account}", f"{account}.example")
        world.set_off("tag_it", account)
    world.work()
    assert [crm.value(f"record_{account}") for account in accounts] == ["hot"] * len(accounts)


def test_the_tag_of_the_record_that_goes_is_cleared_and_the_other_stays(world: World, crm: Crm) -> None:
    tagged(world, crm, "one", "two")
    merge(world, "one", "two")
    assert drift(world, crm) == [
        Drift(crm.field, "one", "one.example", "record_one", "hot", None, True),
    ]
    world.work()
    assert (crm.value("record_one"), crm.value("record_two")) == (None, "hot")
    found = world.rows("SELECT play, status, reason FROM segue.consequences WHERE moment = 'exit' ORDER BY 1")
    assert found == [("leave_list", "excluded", "never_in_effect"), ("untag_it", "done", None)]
    assert drift(world, crm) == []


def test_drift_names_the_account_whose_record_it_was(world: World, crm: Crm) -> None:
    record = "12345" if isinstance(crm.server, FakeHubSpot) else "001A00000012345AAA"
    world.know(record, None, "One", heat=90)
    world.know("two", "two.example", "Two", heat=90)
    crm.add(record, None, "hot")
    merge(world, record, "two")
    assert drift(world, crm) == [
        Drift(crm.field, "two", "two.example", None, None, "hot", True),
        Drift(crm.field, record, None, record, "hot", None, False),
    ]


@pytest.mark.parametrize(("heat", "left"), [(90, "hot"), (10, None)])
def test_of_one_record_what_the_account_that_stays_says_counts(
    world: World, crm: Crm, heat: int, left: str | None
) -> None:
    tagged(world, crm, "one")
    world.know("two", "one.example", "Two", heat=heat)
    world.rows("UPDATE segue.accounts SET traits = %s WHERE account_id = 'one'", json.dumps({}))
    label(world, "two", "hot" if heat == 90 else "rest")
    merge(world, "one", "two")
    world.work()
    assert crm.value("record_one") == left


def test_what_was_to_be_done_on_entering_is_not_done_for_an_alias(world: World, crm: Crm) -> None:
    crm.add("7", "acme.example")
    world.know("two", "two.example", "Two", heat=90)
    made = world.set_off("tag_it")
    world.rows("UPDATE segue.accounts SET alias_of = 'two' WHERE account_id = 'a1'")
    world.work()
    assert (world.of(made)["status"], world.of(made)["reason"]) == ("cancelled", "merged")
    assert crm.server.written == []


PERSONAS = """
functions: [security, marketing]
rules:
  - {rule: security, any: [security], gives: {persona: ciso, seniority: director}}
  - {rule: marketing, any: [marketing], gives: {persona: cmo, seniority: director}}
committee: [ciso, cmo]
"""
TRAITS = """
persona: {type: text, scope: contact, layer: contextual, values: {ciso: [], cmo: []}}
seniority: {type: text, scope: contact, layer: contextual, values: {director: []}}
"""


def proof(name: str, persona: str) -> str:
    return FILES["proof/in_eu.md"].replace("in_eu", name).replace("Works in the EU", f"For the {persona}").replace(
        "{region: [EU]}", f"{{persona: [{persona}]}}"
    )  # fmt: skip


def test_an_alert_has_the_proof_for_the_person_who_was_seen_last(world: World, slack: FakeSlack) -> None:
    files = {"proof/a.md": proof("a", "ciso"), "proof/b.md": proof("b", "cmo")}
    world.pack = with_proof(files)
    world.settings = slack_settings(slack.url, "C1")
    now = datetime.now(UTC)
    for contact, title, days in (
        ("contact-1", "Head of Security", 3),
        ("contact-2", "Head of Marketing", 9),
        ("contact-3", "Cook", 1),
    ):
        said = {"title": {"declared": [title, 0.9, 1]}}
        world.rows(
            "INSERT INTO segue.contacts (contact_id, account_id, traits) VALUES (%s, 'a1', %s)",
            contact,
            json.dumps(said),
        )
        world.rows(
            "INSERT INTO segue.events (source, message_id, kind, at, contact_id, account_id)"
            " VALUES ('k', %s, 'page', %s, %s, 'a1')",
            contact, now - timedelta(days=days), contact,
        )  # fmt: skip
    made = world.set_off("tell_owner")
    world.work()
    assert world.of(made)["status"] == "done", world.of(made)
    assert "For the ciso" in str(slack.posted) and "For the cmo" not in str(slack.posted)
    assert "Head of Security" not in str(slack.posted) and "contact-1" not in str(slack.posted)


def with_proof(proofs: dict[str, str]) -> Pack:
    files = {**FILES, "traits.yaml": FILES["traits.yaml"] + TRAITS, "personas.yaml": PERSONAS, **proofs}
    del files["proof/in_eu.md"]
    files["segments/hot.yaml"] = files["segments/hot.yaml"].replace("match: [region]", "match: [persona]")
    return load_files({name: text.encode() for name, text in files.items()}, "motion")
