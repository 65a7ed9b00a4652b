"""Events of who said that nothing of theirs is to be used: what tells who it was is left out before they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from segue.accounts.consent import PERSONALIZATION, Consent, ConsentState, consents_of, joined
from segue.accounts.events import Event, EventKind, Mark
from segue.core.database import Connection


def without_person(event: Event) -> Event:
    """Return an event with nothing in it that tells who did it: its kind, its time and what a track call is called.

    It is stored, so that it is known when it comes again, and counts for nobody. What it says of consent is kept.
    """
    return replace(
        event, visitor=None, user_id=None, name=event.name if event.kind is EventKind.TRACK else None, path=None,
        url=None, title=None, referrer=None, search=None, properties={}, traits={}, group_id=None,
        previous_id=None, mark=event.mark or Mark.NO_CONSENT, proven=None, company=None,
    )  # fmt: skip


def denies(consents: Iterable[Consent]) -> bool:
    """Return True where an event itself denies that what is known of its visitor is used."""
    return any(each.purpose == PERSONALIZATION and each.state is ConsentState.DENIED for each in consents)


def payload_denies(payload: Any, at: datetime) -> bool:
    """Return True where a payload that is no event denies it all the same."""
    if not isinstance(payload, Mapping):
        return False
    return denies(consents_of({**payload, "anonymousId": payload.get("anonymousId") or "unknown"}, at=at))


async def without_denied(connection: Connection, events: Sequence[Event]) -> Sequence[Event]:
    """Return events, those of browsers whose people denied before them without their person.

    Of what is stored and what the events themselves say the newest counts that is not newer than the event.
    A server's events are its operator's own records, and stay.
    """
    asked = {
        ("visitor", each.visitor) for each in events if not each.trusted and each.visitor is not None
    } | {("contact", each.user_id) for each in events if not each.trusted and each.user_id is not None}
    if not asked:
        return events
    said = await _stored(connection, asked)
    for event in events:
        for each in event.consents:
            if each.purpose == PERSONALIZATION:
                said.setdefault((each.kind, each.subject), []).append((each.at, each.state))
    if not said:
        return events
    return [without_person(each) if _denied(each, said) else each for each in events]


_Said = dict[tuple[str, str], list[tuple[datetime, ConsentState]]]


def _denied(event: Event, said: _Said) -> bool:
    if event.trusted:
        return False
    for kind, subject in (("visitor", event.visitor), ("contact", event.user_id)):
        before = [each for each in said.get((kind, subject or ""), ()) if each[0] <= event.at]
        if before and joined(before) is ConsentState.DENIED:
            return True
    return False


async def _stored(connection: Connection, asked: Iterable[tuple[str, str]]) -> _Said:
    ordered = sorted(asked)
    cursor = await connection.execute(
        "SELECT kind, subject, state, at FROM segue.consents"
        " JOIN unnest(%s::text[], %s::text[]) AS asked(kind, subject) USING (kind, subject) WHERE purpose = %s",
        ([kind for kind, _ in ordered], [subject for _, subject in ordered], PERSONALIZATION),
    )
    found: _Said = {}
    for kind, subject, state, at in await cursor.fetchall():
        found.setdefault((kind, subject), []).append((at, ConsentState(state)))
    return found
