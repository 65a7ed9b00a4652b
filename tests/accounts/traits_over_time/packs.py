"""A pack that reads every kind of trait over time, and the state of events as Python folds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from segue.accounts.event_values import ENTERS, HAS_EVENTS, EventState
from segue.accounts.stored import micros_of
from segue.policies.artifact import ArtifactKind, artifact_of
from segue.policies.artifacts import definition_of, with_artifacts
from segue.policies.event_fold import fold, next_change, unclamped
from segue.policies.event_traits import event_traits_of_all
from segue.policies.load import load_files
from segue.policies.pack import Pack

DAY = 86_400
FILES: Mapping[str, str] = {
    "pack.yaml": """
pack: clock
title: Everything that time moves
decision: Who is looked at today
dimensions: [fit, intent]
segments: [renewing, hot, falling, big, regular, quiet, rest]
surfaces: [chat]
sources: {crm: 0.8, web: 1.0}
""",
    "traits.yaml": """
employees: {type: integer, layer: firmographic, from: [crm, web], fresh_for: 30d}
renewal_at: {type: timestamp, layer: contextual, from: [crm]}
views: {type: integer, layer: behavioral, count: {event: page, where: "path LIKE '/pricing%'", over: 7d}}
people: {type: integer, layer: behavioral, distinct: {event: [page, track], of: contact, over: 14d}}
spent: {type: number, layer: behavioral, sum: {event: track, of: amount, over: 30d}}
plan: {type: text, layer: behavioral, latest: {event: [page, track], of: plan, over: 30d}}
first_seats: {type: integer, layer: behavioral, first: {event: [page, track], of: Seats, over: 14d}}
change: {type: number, layer: behavioral, trend: {event: [page, track], over: 7d}}
standing: {type: text, layer: behavioral, rfm: {event: track, value: amount, over: 30d, quantiles: 4}}
freshness: {type: integer, layer: behavioral, rfm: {event: [track, page], value: amount, over: 14d, part: recency}}
intent:
  type: number
  layer: intent
  decay:
    half_life: 7d
    forget_after: 30d
    at_most: 100
    points:
      - {event: page, where: "path LIKE '/pricing%'", add: 15}
      - {event: page, where: "path LIKE '/compare%'", add: 25}
      - {event: track, add: 10}
      - {event: screen, add: -5}
fit:
  type: number
  layer: firmographic
  scorecard:
    - {when: "employees >= 200", points: 50}
    - {when: "views >= 2", points: 20.5}
    - {when: "intent >= 20", points: 30}
stage: {type: text, layer: contextual, sql: "CASE WHEN renewal_at < now() THEN 'over' WHEN renewal_at < now() + INTERVAL '20' DAY THEN 'soon' ELSE 'far' END"}
falling: {type: boolean, sql: "change < 0.5 AND views < 3"}
""",
    "segments/renewing.yaml": """
segment: renewing
title: Renewing
when: stage = 'soon' AND renewal_at >= now()
surfaces: {chat: {default: talk}}
""",
    "segments/hot.yaml": """
segment: hot
title: Hot
when: intent >= 60 OR (intent * 2 >= 70 AND people >= 2)
surfaces: {chat: {default: talk}}
""",
    "segments/falling.yaml": """
segment: falling
title: Falling
when: falling AND spent > 0
surfaces: {chat: {default: talk}}
""",
    "segments/big.yaml": """
segment: big
title: Big
when: fit >= 70
surfaces: {chat: {default: talk}}
""",
    "segments/regular.yaml": """
segment: regular
title: Regular
when: freshness >= 3 OR standing LIKE '4%' AND standing <> '444'
surfaces: {chat: {default: talk}}
""",
    "segments/quiet.yaml": """
segment: quiet
title: Quiet
when: views = 0 AND intent BETWEEN 0.5 AND 30 AND (plan IS NULL OR plan <> 'abc') AND first_seats IS NULL
surfaces: {chat: {default: talk}}
""",
    "segments/rest.yaml": """
segment: rest
title: The rest
surfaces: {chat: {default: talk}}
""",
    "plays/talk.yaml": """
play: talk
title: Talk
kind: reply
channel: chat
goal: meeting
owner: account_owner
order: 10
message: Hello
""",
}


def clock_pack() -> Pack:
    """Return the pack, with cut points some of which stand where events do."""
    pack = load_files({name: text.encode() for name, text in FILES.items()}, "clock")
    made = datetime(2026, 9, 1, tzinfo=UTC)
    artifacts = []
    for name, cuts in (
        ("standing", {"recency": [3_600, 3 * DAY, 14 * DAY], "frequency": [1, 2, 4], "monetary": [-5.0, 0.0, 900.5]}),
        ("freshness", {"recency": [1, DAY, 2 * DAY, 9 * DAY], "frequency": [1] * 4, "monetary": [1.0] * 4}),
    ):  # fmt: skip
        rfm = pack.traits[name].rfm
        assert rfm is not None
        body = {"definition": definition_of(rfm), "accounts": 9, **cuts}
        artifacts.append(artifact_of(ArtifactKind.CUT_POINTS, "clock", name, made, body))
    return with_artifacts(pack, artifacts)


def state_of(packs: Sequence[Pack], events: Sequence[Mapping[str, Any]], now: datetime) -> EventState:
    """Return the state that the database keeps of an account's events, worked out in Python."""
    if not events:
        return EventState()
    kept: dict[str, Any] = {}
    untils = []
    for key, trait in event_traits_of_all(packs).items():
        kept[key] = (unclamped if trait.kind == "decay" else fold)(trait, events, now)
        change = next_change(trait, [each for each in events if each["at"] <= now], now)
        untils += [] if change is None else [change]
    enters = [each["at"] for each in events if each["at"] > now]
    if enters:
        kept[ENTERS] = micros_of(min(enters))
    if any(each["at"] <= now for each in events):
        kept[HAS_EVENTS] = 1
    return EventState(kept, now, min([*untils, *enters], default=None))
