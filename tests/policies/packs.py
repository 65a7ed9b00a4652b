"""A small pack that is clean, as a dict of files, and ways to break it at a marked place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from segue.core.errors import Place

MARK = "«"
"""Where, in an edit, the fault is to be found: taken out before the pack is loaded."""

ROOT = "acme"
TODAY = date(2026, 11, 22)

CLEAN: dict[str, str] = {
    "pack.yaml": """\
pack: acme
title: Small and clean
decision: Which accounts get sales time today
dimensions: [fit, intent]
segments: [sales_ready, warm_up, needs_data]
surfaces: [web, chat, email]
sources: {crm: 0.8, web: 1.0}
sells_in: [US, EU]
guardrails:
  - id: consent
    forbid: {channels: [email, phone, linkedin]}
    when: region = 'EU' AND marketing_consent IS NOT TRUE
    reason: no_consent
adapt:
  - when: region = 'EU'
    set: {currency: EUR}
""",
    "traits.yaml": """\
industry: {type: text, layer: firmographic, from: [crm], values: {saas: [Software], retail: [Retail]}}
employees:
  type: integer
  layer: firmographic
  from: [crm]
  ask: {question: How many are you?, answers: {"A few": 20, "Many": 900}}
tech: {type: "text[]", layer: technographic}
country: {type: text, layer: firmographic, from: [crm, web]}
is_customer: {type: boolean, layer: contextual, from: [crm], absent: false}
pricing_views: {type: integer, layer: behavioral, count: {event: page, over: 14d}}
intent:
  type: number
  layer: intent
  decay: {half_life: 7d, forget_after: 60d, at_most: 100, points: [{event: page, add: 10}]}
region:
  type: text
  layer: firmographic
  sql: CASE WHEN country IN ('DE', 'FR') THEN 'EU' WHEN country <> '' THEN 'other' END
fit:
  type: number
  layer: firmographic
  scorecard:
    - {when: "employees >= 200", points: 50}
    - {when: "industry = 'saas' OR ARRAY_CONTAINS(tech, 'crm')", points: 30}
high_fit: {type: boolean, sql: "fit >= 50 AND NOT is_customer"}
in_market:
  type: boolean
  sql: |
    intent >= 60
    OR pricing_views > 4
marketing_consent: {type: boolean, scope: contact, layer: contextual}
persona: {type: text, scope: contact, layer: contextual}
path: {type: text, scope: request, layer: behavioral}
""",
    "segments/sales_ready.yaml": """\
segment: sales_ready
title: Sales-ready
when: high_fit AND in_market
needs: {employees: 0.5}
owner: sales@example.com
review_by: 2027-02-22
on_enter: [start_sequence]
on_exit: [stop_sequence]
surfaces:
  web: {default: proof_page}
  chat: {default: answer, allow: [answer, book_meeting]}
  email: {default: start_sequence}
rules:
  - forbid: [book_meeting]
    when: persona = 'student'
    reason: below_threshold
limits:
  - {plays: [book_meeting], at_most: 1, per: contact, over: 7d}
proof: {match: [industry], at_most: 2}
script: scripts/ready.md
measure: {goal: meeting, within: 30d}
evidence: {interviews: 6, last: 2026-10-02}
""",
    "segments/warm_up.yaml": """\
segment: warm_up
title: Not looking yet
when: high_fit AND NOT in_market
owner: marketing@example.com
review_by: 2027-02-22
surfaces:
  web: {default: proof_page}
  chat: {default: answer, allow: [answer, ask_size]}
rules:
  - forbid: [proof_page]
    when: path LIKE '/careers%'
    reason: seeks_a_job
measure: {goal: visit, within: 30d}
evidence: {interviews: 4}
""",
    "segments/needs_data.yaml": """\
segment: needs_data
title: Not known well enough
owner: marketing@example.com
review_by: 2027-02-22
surfaces:
  chat: {default: answer, allow: [answer, ask_size]}
measure: {goal: answer, within: 30d}
evidence: {interviews: 3}
""",
    "plays/proof_page.yaml": """\
play: proof_page
title: Page with proof
kind: page
channel: web
message: "Teams in {industry|your field} start with {proof.1|a plan}."
""",
    "plays/answer.yaml": """\
play: answer
title: Answer with proof
kind: reply
channel: chat
""",
    "plays/ask_size.yaml": """\
play: ask_size
title: Ask for the size
kind: ask
channel: chat
""",
    "plays/book_meeting.yaml": """\
play: book_meeting
title: Offer a meeting
kind: meeting
channel: chat
owner: pod
propensity: 0.2
context:
  - {when: "employees >= 1000", times: 2.0}
value: 400
cost: 60
message: "Shall we talk? {proof.2|}"
""",
    "plays/start_sequence.yaml": """\
play: start_sequence
title: Start the sequence
kind: sequence
channel: email
undone_by: stop_sequence
""",
    "plays/stop_sequence.yaml": """\
play: stop_sequence
title: End the sequence
kind: tag
channel: crm
""",
    "plays/take_a_message.yaml": """\
play: take_a_message
title: Take a message
kind: reply
channel: chat
""",
    "proof/soc2.md": """\
---
id: soc2
claim: Audited to SOC 2 Type II
tags: {industry: [saas, retail]}
evidence: https://example.com/soc2
approved_by: legal@example.com
approved_on: 2026-09-01
expires_on: 2027-09-01
---
The report is sent on request.
""",
    "scripts/ready.md": "Call today, and lead with what changed.\n",
    "routing.yaml": """\
pods:
  - pod: eu
    when: region = 'EU'
    reps:
      - {rep: ada@example.com, hours: "Mon-Fri 09:00-17:30 Europe/Lisbon"}
  - pod: rest
    reps:
      - {rep: bea@example.com}
fallback: {play: take_a_message}
""",
    "segments/sales_ready_test.yaml": """\
- name: a large company that looks
  facts: {employees: 500, industry: saas, intent: 80}
  contact: {persona: cfo}
  surface: chat
  expect: {segment: sales_ready, permitted: [answer]}
""",
    "segments/warm_up_test.yaml": """\
- name: a large company that does not
  facts: {employees: 500, industry: saas, intent: 10, pricing_views: 0}
  expect: {segment: warm_up, status: matched}
""",
    "segments/needs_data_test.yaml": """\
- name: nothing is known
  expect: {segment: needs_data, status: provisional}
""",
}


@dataclass(frozen=True)
class Edit:
    """A change of one file: `old`, which it has once, becomes `new`. With no `old`, `new` is the whole file."""

    file: str
    old: str | None
    new: str | bytes | None = None

    def applied(self, text: str) -> str:
        """Return the file's text after the change."""
        assert isinstance(self.new, str)
        if self.old is None:
            return self.new
        assert text.count(self.old) == 1, f"{self.old!r} stands {text.count(self.old)} times in {self.file}"
        return text.replace(self.old, self.new)


def pack_files(*edits: Edit) -> tuple[dict[str, bytes], Place | None]:
    """Return the clean pack's files with edits made, and the place that one of them marks."""
    texts, raw = dict(CLEAN), dict[str, bytes]()
    for edit in edits:
        if edit.new is None:
            del texts[edit.file]
        elif isinstance(edit.new, bytes):
            raw[edit.file] = edit.new
            texts.pop(edit.file, None)
        else:
            texts[edit.file] = edit.applied(texts.get(edit.file, ""))
    place = next((marked(file, text) for file, text in texts.items() if MARK in text), None)
    return {**{file: text.replace(MARK, "").encode() for file, text in texts.items()}, **raw}, place


def marked(file: str, text: str) -> Place:
    """Return the place of the mark in a file's text."""
    assert text.count(MARK) == 1, f"one mark a pack, found {text.count(MARK)} in {file}"
    before = text[: text.index(MARK)]
    return Place(f"{ROOT}/{file}", before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
