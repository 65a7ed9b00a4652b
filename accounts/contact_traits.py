"""What is known of a person: trait to source to [value, confidence, since], as events say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segue.accounts.declared import BROWSER, SOURCE, of_person
from segue.accounts.events import Event
from segue.accounts.stored import micros_of


def merge_person(held: Mapping[str, Any], events: Iterable[Event]) -> dict[str, Any]:
    """Return the traits of a contact that events change, each with all of its sources.

    What came with a browser's key is a source of its own. Of one source the newest counts, of equally
    new ones the greater text, so that the order of arrival does not matter.
    """
    news: dict[str, dict[str, Any]] = {}
    for event in events:
        source, confidence = (SOURCE, 0.9) if event.trusted else (BROWSER, 0.5)
        since = micros_of(event.at)
        for name, value in of_person(event).items():
            said = news.get(name) or dict(held.get(name, {}))
            old = said.get(source)
            if old is None or (since, value) > (old[2], str(old[0])):
                said[source] = [value, confidence, since]
                news[name] = said
    return news
