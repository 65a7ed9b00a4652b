"""What people agreed to: how an event says it, how it is kept, and what the sum of it is.

Of what several sources say the newest counts, and of what is equally new a denial: the order in which it
came makes no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from segue.core.database import Connection


class ConsentState(StrEnum):
    """What somebody said of a purpose. `unknown` takes back what was said before."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"


Kind = Literal["contact", "visitor"]

MARKETING = "marketing"
"""To be written to, called or sent advertising."""
PERSONALIZATION = "personalization"
"""To have what is known of oneself used for what one is shown."""

_PURPOSES = {
    "advertising": MARKETING, "targeting": MARKETING, "ad_user_data": MARKETING, "email_marketing": MARKETING,
    "personalisation": PERSONALIZATION, "personalization_storage": PERSONALIZATION,
    "functional": PERSONALIZATION, "preferences": PERSONALIZATION,
}  # fmt: skip
"""What consent platforms call a purpose, and what it is called here."""
_STATES = {
    "granted": ConsentState.GRANTED, "true": ConsentState.GRANTED, "yes": ConsentState.GRANTED,
    "denied": ConsentState.DENIED, "false": ConsentState.DENIED, "no": ConsentState.DENIED,
    "withdrawn": ConsentState.DENIED, "unknown": ConsentState.UNKNOWN,
}  # fmt: skip
_UPDATES = frozenset({"consent updated", "segment consent preference updated"})
_MOST_PURPOSES = 50
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Consent:
    """What one source said of one purpose of one contact or visitor."""

    kind: Kind
    subject: str
    purpose: str
    state: ConsentState
    source: str
    at: datetime


def consents_of(
    payload: Mapping[str, Any], *, at: datetime, source: str = "event", trusted: bool = False
) -> list[Consent]:
    """Return what an event of the Segment spec says of consent; what is not understood says nothing.

    It is said by `context.consent`, as `categoryPreferences` or by purpose, and by the properties of a
    `Consent Updated` event. A browser speaks for itself alone: of a contact (`userId`) only what a
    `trusted` key sent counts, else anybody could agree in another's name.
    """
    said: dict[str, ConsentState] = {}
    context = payload.get("context")
    consent = context.get("consent") if isinstance(context, Mapping) else None
    if isinstance(consent, Mapping):
        preferences = consent.get("categoryPreferences")
        _add(said, preferences if isinstance(preferences, Mapping) else consent)
    name = payload.get("event")
    if payload.get("type") == "track" and isinstance(name, str) and is_consent_update(name):
        properties = payload.get("properties")
        _add(said, properties if isinstance(properties, Mapping) else {})
    subjects: list[tuple[Kind, Any]] = [("visitor", payload.get("anonymousId"))]
    if trusted:
        subjects.append(("contact", payload.get("userId")))
    return [
        Consent(kind, subject.strip(), purpose, state, source, at)
        for kind, subject in subjects
        if isinstance(subject, str) and 0 < len(subject.strip()) <= _LONGEST and "\0" not in subject
        for purpose, state in said.items()
    ]


def is_consent_update(name: str | None) -> bool:
    """Return True for the name of an event whose properties are what somebody says of consent."""
    return name is not None and name.strip().casefold() in _UPDATES


def purpose_of(name: str) -> str:
    """Return a purpose as it is called here: `Email Marketing` is `marketing`."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.strip().casefold()).strip("_")
    return _PURPOSES.get(plain, plain)


def joined(states: Iterable[tuple[datetime, ConsentState]]) -> ConsentState:
    """Return what counts of what was said of one purpose of one subject, at which instants."""
    return max(states, key=lambda each: (each[0], _RANK[each[1]]), default=(None, ConsentState.UNKNOWN))[1]


async def store_consents(connection: Connection, consents: Sequence[Consent]) -> None:
    """Keep what was said; of one source the newest, and of two at one instant a denial."""
    newest: dict[tuple[str, str, str, str], Consent] = {}
    for each in consents:
        key = (each.kind, each.subject, each.purpose, each.source)
        old = newest.get(key)
        if old is None or (each.at, _RANK[each.state]) > (old.at, _RANK[old.state]):
            newest[key] = each
    rows = [
        newest[key] for key in sorted(newest)
    ]  # in one order, so that two batches never wait for each other
    await connection.execute(
        "INSERT INTO segue.consents AS old (kind, subject, purpose, source, state, at)"
        " SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])"
        " ON CONFLICT (kind, subject, purpose, source) DO UPDATE SET state = excluded.state, at = excluded.at,"
        " known_at = now() WHERE (excluded.at, array_position(%s::text[], excluded.state))"
        " > (old.at, array_position(%s::text[], old.state))",
        (
            [each.kind for each in rows], [each.subject for each in rows], [each.purpose for each in rows],
            [each.source for each in rows], [each.state.value for each in rows], [each.at for each in rows],
            _ORDER, _ORDER,
        ),
    )  # fmt: skip


_ORDER = [ConsentState.UNKNOWN.value, ConsentState.GRANTED.value, ConsentState.DENIED.value]
_RANK = {ConsentState(state): rank for rank, state in enumerate(_ORDER)}


def _add(said: dict[str, ConsentState], values: Mapping[Any, Any]) -> None:
    for name, value in list(values.items())[:_MOST_PURPOSES]:
        state = _STATES.get(str(value).strip().casefold()) if isinstance(value, bool | str) else None
        purpose = purpose_of(name) if isinstance(name, str) else ""
        if state is None or not purpose or len(purpose) > 63:
            continue
        # several of a platform's purposes may be one of ours: all of them have to be granted
        if purpose not in said or _RANK[state] > _RANK[said[purpose]]:
            said[purpose] = state
