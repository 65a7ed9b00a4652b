"""New events folded into a kept state come to what all events come to, in whatever parts and order they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.accounts.event_folding import MEASURES, TAKEN_AT, AnewError, Folded, fold_into
from segue.accounts.event_values import ENTERS, HAS_EVENTS, EventState, value_at
from segue.accounts.stored import micros_of
from segue.evals.differential_event_cases import NOW, random_event, random_trait
from segue.policies.event_fold import fold, next_change, picked_value, trend_measures, unclamped
from segue.policies.event_traits import DISTINCT_COLUMNS, EventTrait

Event = Mapping[str, Any]


def anew(traits: Sequence[EventTrait], events: Sequence[Event], now: datetime) -> EventState:
    """Return the state as the database works it out from all events."""
    kept: dict[str, Any] = {}
    for trait in traits:
        kept[trait.key] = (unclamped if trait.kind == "decay" else fold)(trait, events, now)
        if trait.kind in ("first", "latest"):
            kept[trait.key + TAKEN_AT] = taken_at(trait, events, now)
        elif trait.kind == "trend":
            kept[trait.key + MEASURES] = [float(each) for each in trend_measures(trait, events, now)]
    past, coming = ([each for each in events if (each["at"] <= now) is so] for so in (True, False))
    if past:
        kept[HAS_EVENTS] = 1
    if coming:
        kept[ENTERS] = micros_of(min(each["at"] for each in coming))
    changes = [next_change(trait, past, now) for trait in traits] + [each["at"] for each in coming]
    return EventState(kept, now, min((each for each in changes if each is not None), default=None))


def taken_at(trait: EventTrait, events: Sequence[Event], now: datetime) -> int | None:
    found = [
        micros_of(each["at"])
        for each in events
        if now - trait.over < each["at"] <= now
        and trait.terms[0].matches(each)
        and picked_value(trait, each) is not None
    ]
    return (min if trait.kind == "first" else max)(found, default=None)


def settled(folded: Folded, earlier: Sequence[Event]) -> EventState:
    """Answer what was not known of distinct values, as the database does."""
    for trait, values in folded.unsure.items():
        column, start = DISTINCT_COLUMNS[trait.of or ""], folded.at - trait.over
        known = {
            each[column]
            for each in earlier
            if start < each["at"] <= folded.at and trait.terms[0].matches(each)
        }
        folded.add(trait, len(values - known))
    return EventState(folded.kept, folded.at, folded.until)


@given(st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_state_that_events_are_folded_into_is_the_state_of_all_events(random: Random) -> None:
    traits = [random_trait(random) for _ in range(4)]
    events = [random_event(random, "a") for _ in range(random.randint(1, 30))]
    start = random.randint(0, len(events))
    now, seen = NOW, events[:start]
    state = anew(traits, seen, now)
    while start < len(events):
        size = random.randint(1, 6)
        part, start = events[start : start + size], start + size
        now += timedelta(seconds=random.choice((0, 1, 40, 3_600, 90_000)), microseconds=random.randint(0, 3))
        expected = anew(traits, [*seen, *part], now)
        try:
            state = settled(fold_into(state, traits, part, now), seen)
        except AnewError:
            state = expected
        seen = [*seen, *part]
        assert state.until == expected.until
        assert state.has_events == expected.has_events and state.kept.get(ENTERS) == expected.kept.get(ENTERS)
        for trait in traits:
            assert value_at(trait, state.kept[trait.key], now, now) == fold(trait, seen, now)
            for name in (TAKEN_AT, MEASURES):
                assert state.kept.get(trait.key + name) == expected.kept.get(trait.key + name)


def test_a_score_that_is_added_to_ten_thousand_times_stays_exact() -> None:
    random = Random(4)
    trait = next(each for each in iter(lambda: random_trait(random), None) if each.kind == "decay")
    while trait.kind != "decay" or trait.at_most is not None or trait.terms[0].where is not None:
        trait = random_trait(random)
    event = {**random_event(random, "a"), "kind": trait.terms[0].kinds[0]}
    now, state, seen = NOW, anew([trait], [], NOW), []
    for number in range(10_000):
        now += timedelta(seconds=random.randint(0, 60), microseconds=random.randint(0, 999_999))
        part = [{**event, "at": now - timedelta(seconds=random.randint(0, 600))}]
        seen += part
        state = settled(fold_into(state, [trait], part, now), ())
        if number % 2_000 == 1_999:
            exact = unclamped(trait, seen, now)
            assert abs(state.kept[trait.key] - exact) <= 1e-14 * abs(exact)


@pytest.mark.parametrize("moment", [timedelta(microseconds=-1), timedelta(days=40)])
def test_a_state_that_does_not_hold_is_worked_out_anew(moment: timedelta) -> None:
    random = Random(1)
    traits = [random_trait(random)]
    state = EventState(anew(traits, [], NOW).kept, NOW, NOW + timedelta(days=30))
    with pytest.raises(AnewError):
        fold_into(state, traits, [], NOW + moment)
    with pytest.raises(AnewError):
        fold_into(EventState(), traits, [], NOW)
    with pytest.raises(AnewError):
        fold_into(EventState({}, NOW, None), traits, [], NOW)
