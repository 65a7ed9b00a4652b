"""A small pack with one of everything that the gate can say no with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from segue.policies.classifier import classify
from segue.policies.facts import Account, take_facts
from segue.policies.load import load_files
from segue.policies.pack import Pack
from segue.policies.situation import PlayCounts, Situation

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)

FILES: Mapping[str, str] = {
    "pack.yaml": """
pack: mini
title: A small pack
decision: Who gets a person
dimensions: [size, intent]
segments: [customer, ready, out, rest]
surfaces: [chat, web, ads]
sources: {crm: 0.8, web: 1.0}
guardrails:
  - id: consent
    forbid: {channels: [email]}
    when: region = 'EU' AND consent IS NOT TRUE
    reason: no_consent
adapt:
  - when: region = 'EU'
    set: {currency: EUR, proof_tags: [gdpr], parameters: {language: local}}
""",
    "traits.yaml": """
size: {type: integer, layer: firmographic, from: [crm], ask: {question: How many are you?, answers: {few: 10, many: 500}}}
intent: {type: number, layer: intent}
region: {type: text, layer: firmographic, values: {EU: [Europe], US: []}}
is_customer: {type: boolean, layer: contextual, absent: false}
tier: {type: text, layer: firmographic, ask: {question: Which tier?, answers: {gold: gold}}}
consent: {type: boolean, scope: contact, layer: contextual}
persona: {type: text, scope: contact, layer: contextual, values: {ciso: [], cfo: []}}
first_name: {type: text, scope: contact, layer: contextual}
path: {type: text, scope: request, layer: behavioral}
score:
  type: number
  layer: firmographic
  scorecard:
    - {when: "size >= 200", points: 60}
    - {when: "region = 'US'", points: 20.5}
fits: {type: boolean, sql: "score >= 60"}
""",
    "segments/customer.yaml": """
segment: customer
title: Customers
when: is_customer
needs: {is_customer: 0.6}
surfaces: {chat: {default: help}}
""",
    "segments/ready.yaml": """
segment: ready
title: Ready
when: fits AND intent >= 60
surfaces:
  chat: {default: help, allow: [help, meet, book, mail, ask, quote, greet]}
  web: {default: page}
rules:
  - {forbid: [help], when: "path = '/careers'", reason: not_a_buyer}
limits:
  - {plays: [meet, quote], at_most: 2, per: account, over: 7d}
proof: {match: [persona], at_most: 2}
""",
    "segments/out.yaml": """
segment: out
title: Out
when: NOT fits
surfaces:
  ads: {default: drop}
  chat: {default: help}
""",
    "segments/rest.yaml": """
segment: rest
title: Everybody else
surfaces:
  chat: {default: help, allow: [help, ask]}
  ads: {default: drop, allow: [drop, keep]}
""",
    "plays/help.yaml": "{play: help, title: Help, kind: reply, channel: chat, message: 'Hello'}",
    "plays/meet.yaml": """
play: meet
title: Meet
kind: route
channel: chat
owner: account_owner
propensity: 0.3
value: 400
cost: 60
context: [{when: "persona = 'ciso'", times: 1.2}]
message: "{first_name|there}, shall we meet?"
""",
    "plays/mail.yaml": "{play: mail, title: Mail, kind: sequence, channel: email, propensity: 0.1, value: 10, undone_by: stop_mail}",
    "plays/stop_mail.yaml": "{play: stop_mail, title: Stop the mail, kind: tag, channel: email}",
    "plays/book.yaml": "{play: book, title: Book, kind: meeting, channel: chat, owner: pod}",
    "plays/ask.yaml": "{play: ask, title: Ask, kind: ask, channel: chat, message: 'One thing:'}",
    "plays/quote.yaml": "{play: quote, title: Quote, kind: reply, channel: chat, message: '{proof.1}'}",
    "plays/greet.yaml": "{play: greet, title: Greet, kind: reply, channel: chat, message: 'Hi {name}', fill: {name: first_name}}",
    "plays/page.yaml": "{play: page, title: Page, kind: page, channel: web}",
    "plays/drop.yaml": "{play: drop, title: Drop, kind: audience, channel: ads, suppresses: true}",
    "plays/keep.yaml": "{play: keep, title: Keep, kind: audience, channel: ads}",
    "plays/note.yaml": "{play: note, title: Take a message, kind: reply, channel: chat}",
    "proof/general.md": "general|{}",
    "proof/for_ciso.md": "for_ciso|{persona: [ciso], topic: [gdpr]}",
    "proof/for_cfo.md": "for_cfo|{persona: [cfo]}",
    "proof/in_us.md": "in_us|{region: [US]}",
    "routing.yaml": """
pods:
  - pod: us
    when: region = 'US'
    reps:
      - {rep: a@example.com, daily_cap: 2, hours: "Mon-Fri 08:00-18:00 UTC"}
      - {rep: b@example.com, weight: 3.0, hours: "Mon-Fri 08:00-18:00 UTC"}
  - pod: others
    reps: [{rep: c@example.com, hours: "Mon-Fri 08:00-18:00 UTC"}]
order: [account_owner, pod, fallback]
fallback: {play: note}
""",
}


def mini_pack(**changes: str) -> Pack:
    """Load the pack with whole files replaced; `__` in a name stands for `/`, the ending is added."""
    files = {name: _proof(text) if name.startswith("proof/") else text for name, text in FILES.items()}
    for name, text in changes.items():
        files[f"{name.replace('__', '/')}.yaml"] = text
    return load_files({name: text.encode() for name, text in files.items()}, "mini")


def situation(
    pack: Pack,
    facts: Mapping[str, Any] | None = None,
    contact: Mapping[str, Any] | None = None,
    request: Mapping[str, Any] | None = None,
    *,
    surface: str = "chat",
    account: Account = Account("acc_1"),  # noqa: B008 - immutable
    now: datetime = MONDAY,
    counts: Mapping[str, int] | None = None,
    loads: Mapping[str, int] | None = None,
    off: frozenset[str] = frozenset(),
    believed: Mapping[str, float] | None = None,
) -> Situation:
    """Return the situation of one account, labelled."""
    known = take_facts(pack, facts or {}, now, contact, request, believed)
    return Situation(
        pack, known, account, classify(pack, known), surface, PlayCounts(counts or {}), loads or {}, off
    )


READY: Mapping[str, Any] = {"size": 500, "intent": 80.0, "region": "US"}
"""Facts of an account that is ready."""


def _proof(short: str) -> str:
    name, _, tags = short.partition("|")
    return (
        f"---\nid: {name}\nclaim: The claim of {name}\ntags: {tags}\nevidence: https://example.com/{name}\n"
        "approved_by: x@example.com\napproved_on: 2026-09-01\nexpires_on: 2027-09-01\nexample: true\n---\nIt holds.\n"
    )
