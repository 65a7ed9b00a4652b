"""No label changes by time alone before the instant at which it is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.accounts.due_instant import label_due_at
from segue.accounts.stored import Pin, Said, StoredAccount, known_of, micros_of
from segue.evals.differential_event_cases import random_event
from segue.policies.classifier import HeldLabel, Label, label_of
from segue.policies.event_traits import event_traits_of
from segue.policies.facts import Account, Facts
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from tests.accounts.traits_over_time.packs import clock_pack, state_of

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
PACK = clock_pack()


def account_at(
    stored: StoredAccount, packs: Sequence[Pack], events: Sequence[Any], now: datetime
) -> StoredAccount:
    return replace(stored, events=state_of(packs, events, now))


def labels_at(
    stored: StoredAccount, packs: Sequence[Pack], events: Sequence[Any], now: datetime
) -> list[tuple[Any, ...]]:
    """Return segment, status and missing facts in every pack, everything worked out from the events."""
    at = account_at(stored, packs, events, now)
    found: list[Label] = []
    for pack in packs:
        known = known_of(at, pack, now)
        earlier = {
            f"{each.pack}.segment": each.segment for each in found if f"{each.pack}.segment" in pack.schema
        }
        values = {**pack.blank, **known.values, **earlier}
        pins = [each for each in at.pins if each.pack == pack.name and each.expires_at > now]
        held = {each.pack: HeldLabel(each.value, each.reason) for each in pins}
        found.append(label_of(pack, Facts(values, now, known.believed, values), held))
    return [(each.segment, each.status, each.missing) for each in found]


def random_facts(random: Random, now: datetime) -> dict[str, Mapping[str, Said]]:
    facts: dict[str, Mapping[str, Said]] = {}
    for source in ("crm", "web"):
        if random.random() < 0.6:
            since = micros_of(now - timedelta(days=random.randint(0, 40)))
            facts.setdefault("employees", {})
            facts["employees"] = {**facts["employees"], source: (random.choice((50, 500, None)), None, since)}
    if random.random() < 0.6:
        renewal = now + timedelta(days=random.randint(-10, 60), seconds=random.randint(0, 5))
        facts["renewal_at"] = {"crm": (renewal.isoformat(), None, micros_of(now))}
    if random.random() < 0.2:
        facts["intent"] = {"crm": (80, None, micros_of(now))}
    return facts


def turns_of(
    packs: Sequence[Pack], events: Sequence[Any], stored: StoredAccount, now: datetime
) -> set[datetime]:
    """Return every instant near which something could turn, and a grid between."""
    found = {now + timedelta(hours=7 * step) for step in range(320)}
    for pack in packs:
        for trait in event_traits_of(pack).values():
            for event in events:
                found |= {event["at"] + length for length in (timedelta(0), trait.over, trait.reach)}
                cuts = trait.scale.recency if trait.scale else ()
                found |= {event["at"] + timedelta(seconds=cut) for cut in cuts}
    for said in stored.traits.values():
        for value, _, since in said.values():
            start = datetime.fromtimestamp(since / 1e6, UTC)
            found |= {start + timedelta(days=30) + step * MICRO for step in (0, 1, 2)}
            if isinstance(value, str):
                date = datetime.fromisoformat(value)
                found |= {date, date - timedelta(days=20)}
    return {each + step * MICRO for each in found for step in (-1, 0, 1)}


@given(st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_label_changes_before_it_is_due(random: Random) -> None:
    packs = [PACK]
    events = [random_event(random, "a", NOW) for _ in range(random.randint(0, 12))]
    pins: tuple[Pin, ...] = ()
    if random.random() < 0.2:
        pins = (Pin("label", "clock", "hot", "because", NOW + timedelta(days=random.randint(1, 20))),)
    stored = StoredAccount(Account("a"), random_facts(random, NOW), pins)
    now, label = NOW, labels_at(stored, packs, events, NOW)
    instants = sorted(turns_of(packs, events, stored, NOW))
    for _ in range(40):
        held = replace(stored, pins=tuple(each for each in stored.pins if each.expires_at > now))
        due = label_due_at(packs, account_at(held, packs, events, now), now)
        assert due is None or due > now
        for instant in instants:
            if now <= instant and (due is None or instant < due):
                assert labels_at(stored, packs, events, instant) == label, instant
        if due is None:
            return
        assert labels_at(stored, packs, events, due - MICRO) == label
        now, label = due, labels_at(stored, packs, events, due)


def test_a_simulated_quarter_of_the_shipped_packs() -> None:
    """Every account is looked at when it has an event and when it is due: never is its label stale between."""
    packs = [*(load_pack(name) for name in ("buying_motion", "saas_pipeline", "security_maturity")), PACK]
    random = Random(11)
    wakes = spurious = changes = stale = checks = 0
    for number in range(25):
        arrivals = sorted(_visits(random, number), key=lambda each: each["at"])
        stored = StoredAccount(Account(f"a{number}"), _firm(random))
        seen: list[Any] = []
        for index in range(-1, len(arrivals)):
            now = NOW if index < 0 else arrivals[index]["at"]
            until = arrivals[index + 1]["at"] if index + 1 < len(arrivals) else NOW + timedelta(days=91)
            seen = arrivals[: index + 1]
            label = labels_at(stored, packs, seen, now)
            while True:
                due = label_due_at(packs, account_at(stored, packs, seen, now), now)
                end = until if due is None else min(due, until)
                for step in range(8):
                    instant = now + (end - MICRO - now) * step / 8
                    checks += 1
                    stale += labels_at(stored, packs, seen, instant) != label
                stale += labels_at(stored, packs, seen, end - MICRO) != label if end > now else 0
                if due is None or due >= until:
                    break
                wakes += 1
                now, before = due, label
                label = labels_at(stored, packs, seen, now)
                spurious += label == before
                changes += label != before
    assert stale == 0, f"of {checks} instants"
    assert changes > 20, "the quarter moves labels by time alone"
    assert spurious <= 20 * changes, (wakes, spurious, changes)
    print(f"{wakes} wakes, {spurious} spurious, {changes} changes, {checks} instants")  # noqa: T201 - told by -s


def _visits(random: Random, number: int) -> list[dict[str, Any]]:
    paths = ("/pricing", "/compare/a", "/switch", "/docs/x", "/product/b", "/compliance/soc2")
    found = []
    for _ in range(random.randint(0, 12)):
        event = random_event(random, f"a{number}", NOW)
        at = NOW + timedelta(seconds=random.randint(1, 70 * 86_400), microseconds=random.randint(0, 999_999))
        found.append({**event, "kind": "page", "path": random.choice(paths), "at": at})
    return found


def _firm(random: Random) -> dict[str, Mapping[str, Said]]:
    since = micros_of(NOW - timedelta(days=random.randint(0, 360)))
    facts: dict[str, Any] = {
        "industry": random.choice(("software", "saas", "healthcare", "financial_services")),
        "employees": random.choice((40, 300, 900, 6000)),
        "country": random.choice(("US", "DE", "GB")),
        "is_customer": random.choice((True, False, False)),
        "has_open_opportunity": False,
        "incumbent": random.choice(("oakfold", "rosterloom", "none")),
        "renewal_at": (NOW + timedelta(days=random.randint(-30, 400))).isoformat(),
        "next_audit_at": (NOW + timedelta(days=random.randint(0, 400))).isoformat(),
    }
    return {name: {"crm": (value, None, since)} for name, value in facts.items() if random.random() < 0.9}


@pytest.mark.parametrize("pins", [(), (Pin("label", "clock", "hot", "because", NOW + timedelta(days=3)),)])
def test_an_account_that_nothing_moves_is_due_when_its_pin_expires(pins: tuple[Pin, ...]) -> None:
    due = label_due_at([PACK], StoredAccount(Account("a"), {}, pins), NOW)
    assert due == (pins[0].expires_at if pins else None)
