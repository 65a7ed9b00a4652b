"""What an event says of consent, and what counts of what several say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from segue.accounts.consent import ConsentState, consents_of, joined, purpose_of

AT = datetime(2026, 11, 20, tzinfo=UTC)
GRANTED, DENIED, UNKNOWN = ConsentState.GRANTED, ConsentState.DENIED, ConsentState.UNKNOWN


def said(payload: dict[str, Any], *, trusted: bool = True) -> set[tuple[str, str, str, str]]:
    found = consents_of(payload, at=AT, source="k", trusted=trusted)
    assert all(each.at == AT and each.source == "k" for each in found)
    return {(each.kind, each.subject, each.purpose, each.state.value) for each in found}


def test_category_preferences_are_consent() -> None:
    payload = {
        "type": "page", "anonymousId": "v", "userId": "c",
        "context": {"consent": {"categoryPreferences": {"Advertising": True, "Functional": False, "Analytics": True}}},
    }  # fmt: skip
    states = {("marketing", "granted"), ("personalization", "denied"), ("analytics", "granted")}
    assert said(payload) == {
        (kind, who, *each) for kind, who in (("visitor", "v"), ("contact", "c")) for each in states
    }
    assert {each[0] for each in said(payload, trusted=False)} == {"visitor"}, (
        "nobody agrees in another's name"
    )


def test_a_consent_event_says_it_by_its_properties() -> None:
    payload = {"type": "track", "event": "Consent Updated", "anonymousId": "v",
               "properties": {"marketing": "withdrawn", "personalization": "yes", "odd": 3, "other": "perhaps"}}  # fmt: skip
    assert said(payload) == {
        ("visitor", "v", "marketing", "denied"),
        ("visitor", "v", "personalization", "granted"),
    }
    assert said({**payload, "event": "Demo Requested"}) == set()


def test_of_several_purposes_that_are_one_here_all_must_be_granted() -> None:
    for order in ({"Advertising": True, "Targeting": False}, {"Targeting": False, "Advertising": True}):
        payload = {"anonymousId": "v", "context": {"consent": {"categoryPreferences": order}}}
        assert said(payload) == {("visitor", "v", "marketing", "denied")}


@pytest.mark.parametrize(
    "payload",
    [
        {}, {"context": 3}, {"context": {"consent": []}}, {"context": {"consent": {"categoryPreferences": {"": True}}}},
        {"context": {"consent": {"marketing": True}}, "anonymousId": 7}, {"type": "track", "event": ["Consent Updated"]},
        {"context": {"consent": {"marketing": True}}, "anonymousId": "a\0"},
        {"context": {"consent": {"x" * 100: True}}, "anonymousId": "a"},
    ],
    ids=lambda each: str(each)[:50],
)  # fmt: skip
def test_what_is_not_understood_says_nothing(payload: dict[str, Any]) -> None:
    assert said(payload) == set()


def test_the_order_makes_no_difference() -> None:
    later = AT + timedelta(days=1)
    for states, expected in (
        ([(AT, GRANTED), (later, DENIED)], DENIED), ([(AT, DENIED), (later, GRANTED)], GRANTED),
        ([(AT, DENIED), (AT, GRANTED)], DENIED), ([(AT, GRANTED), (later, UNKNOWN)], UNKNOWN), ([], UNKNOWN),
    ):  # fmt: skip
        assert {joined(order) for order in permutations(states)} == {expected}


def test_purposes_have_one_name() -> None:
    assert [purpose_of(each) for each in ("Email Marketing", " ADVERTISING", "sale-of-data")] == [
        "marketing", "marketing", "sale_of_data",
    ]  # fmt: skip
