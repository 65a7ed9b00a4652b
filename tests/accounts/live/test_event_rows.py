"""Events come out of the store as they were taken in, whatever stands in their texts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from segue.accounts.events import Event, EventKind, Mark
from segue.accounts.links import links_of, merged, telling
from segue.core.text_arrays import text_array
from tests.accounts.live.conftest import NOW, Store

NASTY = ("\\N", "a\tb", "a\nb", "a\r\nb", "\\", 'say "x"', "\\.", "{a,b}", "ü🦊", "NULL", "\\t", "plain")


def test_texts_that_copy_or_an_array_would_read_otherwise(store: Store) -> None:
    events: list[dict[str, Any]] = [
        {
            "type": "page", "messageId": f"m{number:02}{text}", "anonymousId": f"{number:02}{text}", "name": text,
            "timestamp": NOW.isoformat(), "properties": {"path": text, "nested": {"deep": [text]}},
        }
        for number, text in enumerate(NASTY)
    ]  # fmt: skip
    (plain,) = store.take([events[-1]])
    (taken,) = store.take(events)
    assert (plain.stored, taken.stored, taken.repeated) == (1, len(NASTY) - 1, 1)
    rows = store.rows("SELECT name, path, properties, title, user_id FROM segue.events ORDER BY message_id")
    assert rows == [(text, text, {"path": text, "nested": {"deep": [text]}}, None, None) for text in NASTY]
    visitors = store.rows("SELECT visitor FROM segue.visitors ORDER BY left(visitor, 2)")
    assert [row[0] for row in visitors] == [f"{number:02}{text.strip()}" for number, text in enumerate(NASTY)]


def test_when_a_visitor_was_seen_widens_to_the_hour_and_marked_events_show_nobody(store: Store) -> None:
    def seen(visitor: str, hours: float, **more: Any) -> dict[str, Any]:
        at = NOW + timedelta(hours=hours)
        return {
            "type": "page",
            "anonymousId": visitor,
            "messageId": f"{visitor}{hours}",
            "timestamp": at.isoformat(),
            **more,
        }

    bot = {"context": {"userAgent": "Googlebot/2.1"}}
    store.take([seen("v", -3.5), seen("b", 0, **bot)], [seen("v", -3.9), seen("v", -5.1)], [seen("v", -1.2)])
    rows = store.rows("SELECT visitor, first_seen, last_seen FROM segue.visitors")
    hour = timedelta(hours=1)
    assert rows == [("v", NOW - 6 * hour, NOW - 2 * hour)]


@pytest.mark.parametrize(
    "values", [(), ("a",), NASTY, ('","',), ("", " "), (None,), ("NULL", None, "", *NASTY), (None, "a")]
)
def test_an_array_of_texts_is_read_as_it_was_written(store: Store, values: tuple[str | None, ...]) -> None:
    assert store.rows("SELECT %s::text[]", text_array(values)) == [(list(values),)]


def test_claims_that_are_repeated_are_read_once() -> None:
    def event(number: int, **more: Any) -> Event:
        return Event(
            "s", f"m{number}", EventKind.TRACK, NOW + timedelta(minutes=number), "v", name="A", **more
        )

    events = [
        *(event(number, user_id="ada", trusted=True) for number in (3, 1, 2)),
        event(4), event(5, user_id="ada", trusted=True, mark=Mark.BOT), event(6, user_id="bob"),
        event(7, traits={"email": "ada@acme.com"}),
    ]  # fmt: skip
    told = telling(events)
    assert [each.message_id for each in told] == ["m7", "m3", "m6"]
    every = merged(link for each in events for link in links_of(each, NOW + timedelta(hours=1)))
    assert merged(link for each in told for link in links_of(each, NOW + timedelta(hours=1))) == every
