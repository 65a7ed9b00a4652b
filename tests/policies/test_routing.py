"""Routing: a named rep or the named outcome that nobody is free."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from segue.policies.facts import Account, take_facts
from segue.policies.hours import parse_hours
from segue.policies.routing import Via, assign
from tests.policies.mini import MONDAY, SUNDAY, mini_pack

PACK = mini_pack()
US = take_facts(PACK, {"region": "US"}, MONDAY)


def test_the_owner_comes_first_unless_the_play_belongs_to_the_pod() -> None:
    owned = Account("acc_1", owner="dana@example.com")
    assert assign(PACK, US, owned, "account_owner").rep == "dana@example.com"
    pod = assign(PACK, US, owned, "pod")
    assert pod.via is Via.POD and pod.pod == "us"


def test_accounts_keep_their_rep_and_spread_by_weight() -> None:
    found = Counter(assign(PACK, US, Account(f"acc_{n}"), "account_owner").rep for n in range(4_000))
    assert 0.71 < found["b@example.com"] / 4_000 < 0.79
    again = Counter(assign(PACK, US, Account(f"acc_{n}"), "account_owner").rep for n in range(4_000))
    assert found == again


def test_a_rep_at_the_cap_is_passed_over_by_name() -> None:
    for n in range(50):
        found = assign(PACK, US, Account(f"acc_{n}"), "account_owner", {"a@example.com": 2})
        assert found.rep == "b@example.com"
        assert ("a@example.com", "at_daily_cap") in [(each.name, each.reason) for each in found.passed]


def test_territories_are_predicates_and_unknown_is_not_inside() -> None:
    europe = assign(PACK, take_facts(PACK, {"region": "EU"}, MONDAY), Account("x"), "account_owner")
    assert (europe.rep, europe.pod) == ("c@example.com", "others")
    unknown = assign(PACK, take_facts(PACK, {}, MONDAY), Account("x"), "account_owner")
    assert [(each.name, each.reason) for each in unknown.passed] == [("us", "territory_unknown")]


def test_nobody_is_free_on_a_sunday() -> None:
    found = assign(PACK, take_facts(PACK, {"region": "US"}, SUNDAY), Account("x"), "account_owner")
    assert (found.rep, found.via) == (None, Via.NOBODY_FREE)
    assert {each.reason for each in found.passed} == {"outside_hours"}


def test_marketing_and_systems_have_no_rep() -> None:
    assert assign(PACK, US, Account("x"), "marketing").via is Via.NOT_PERSONAL


@pytest.mark.parametrize(
    ("hours", "instant", "inside"),
    [
        ("Mon-Fri 09:00-17:30 Europe/Lisbon", datetime(2026, 11, 23, 9, 0, tzinfo=UTC), True),
        ("Mon-Fri 09:00-17:30 Europe/Lisbon", datetime(2026, 11, 23, 17, 30, tzinfo=UTC), False),
        ("Mon-Fri 09:00-17:30 Europe/Lisbon", datetime(2026, 7, 6, 8, 0, tzinfo=UTC), True),
        ("Mon-Fri 09:00-17:30 America/New_York", datetime(2026, 11, 23, 13, 59, tzinfo=UTC), False),
        ("Sat-Mon 00:00-23:59 UTC", datetime(2026, 11, 22, 12, 0, tzinfo=UTC), True),
        ("Sat-Mon 00:00-23:59 UTC", datetime(2026, 11, 24, 12, 0, tzinfo=UTC), False),
        ("Sun 10:00-12:00 Asia/Tokyo", datetime(2026, 11, 22, 1, 0, tzinfo=UTC), True),
    ],
)
def test_hours(hours: str, instant: datetime, inside: bool) -> None:
    assert parse_hours(hours).contain(instant) is inside


@pytest.mark.parametrize(
    "text",
    [
        "9-17",
        "Mon-Fri 17:00-09:00 UTC",
        "Mon 25:00-26:00 UTC",
        "Mon 09:00-10:00 Mars/Base",
        "Man 09:00-10:00 UTC",
    ],
)
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_hours(text)
