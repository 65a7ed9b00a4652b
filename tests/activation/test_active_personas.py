"""An alert about an account shows proof for who is active there, whoever its owner is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from segue.evals.fakes.slack import FakeSlack
from tests.activation.world import FILES, World, motion, slack_settings

PERSONAS = """
functions: [finance, security]
rules:
  - {rule: finance_chief, any: [cfo, chief financial officer], gives: {persona: cfo, function: finance}}
  - {rule: security_chief, any: [ciso], gives: {persona: ciso, function: security}}
committee: [cfo, ciso]

"""
PROOF = """---
id: {id}
claim: {claim}
tags: {{persona: [{persona}]}}
evidence: https://example.com/{id}
approved_by: legal@example.com
approved_on: 2020-01-01
expires_on: 2099-01-01
---
It is so.
"""
TRAITS = """
persona: {type: text, scope: contact, layer: contextual, values: {cfo: [], ciso: []}}
seniority: {type: text, scope: contact, layer: contextual, values: {chief: []}}


"""


def world_with_proof(world: World) -> None:
    files = {**FILES}
    files["traits.yaml"] += TRAITS
    files["segments/hot.yaml"] = files["segments/hot.yaml"].replace("match: [region]", "match: [persona]")
    world.pack = motion(
        traits=files["traits.yaml"], segments__hot=files["segments/hot.yaml"], personas=PERSONAS,
        extra={
            "proof/flat_price.md": PROOF.format(id="flat_price", claim="One price", persona="cfo"),
            "proof/pen_test.md": PROOF.format(id="pen_test", claim="Tested each quarter", persona="ciso"),
        },
    )  # fmt: skip


def contact(world: World, name: str, title: str, seen: timedelta, **said: str) -> None:
    traits = {key: {"declared": [value, 0.9, 1]} for key, value in {"title": title, **said}.items()}
    world.rows(
        "INSERT INTO segue.contacts (contact_id, account_id, traits, last_seen) VALUES (%s, 'a1', %s, %s)",
        name, json.dumps(traits), datetime.now(UTC) - seen,
    )  # fmt: skip


def shown(world: World, slack: FakeSlack) -> str:
    world.set_off("tell_owner")
    world.work()
    return json.dumps(slack.posted[-1]["blocks"])


def test_proof_is_for_the_personas_seen_lately(world: World, slack: FakeSlack) -> None:
    world.settings = slack_settings(slack.url, "C9")
    world_with_proof(world)
    contact(world, "old", "CISO", timedelta(days=200))
    found = shown(world, slack)
    assert "Works in the EU" in found and "Tested each quarter" not in found, "what is for everybody"
    world.rows("DELETE FROM segue.deliveries")
    contact(world, "new", "Chief Financial Officer", timedelta(days=2))
    found = shown(world, slack)
    assert "One price" in found and "Tested each quarter" not in found


def test_who_denies_to_be_told_apart_does_not_count(world: World, slack: FakeSlack) -> None:
    world.settings = slack_settings(slack.url, "C9")
    world_with_proof(world)
    contact(world, "first", "CFO", timedelta(days=2))
    contact(world, "second", "-", timedelta(days=2), persona="ciso")
    world.rows(
        "INSERT INTO segue.consents (kind, subject, purpose, source, state, at)"
        " VALUES ('contact', 'first', 'personalization', 'web', 'denied', now())"
    )
    found = shown(world, slack)
    assert "Tested each quarter" in found and "One price" not in found
