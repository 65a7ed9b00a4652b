"""The Segment spec -> events. Pure: one payload makes one event, or is parked with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from segue.accounts.companies import Companies
from segue.accounts.consent import Consent, consents_of, is_consent_update
from segue.accounts.consented_events import denies, payload_denies, without_person
from segue.accounts.event_json import DEEPEST, clean, is_too_deep
from segue.accounts.event_marks import InternalTraffic, mark_of
from segue.accounts.event_time import happened_at, read_instant
from segue.accounts.events import FORM_FILLS, Event, EventKind, Mark, Parked
from segue.accounts.identity_tokens import IdentityTokens
from segue.accounts.parked_payloads import parked_payload
from segue.accounts.request_tokens import RequestTokens
from segue.core.errors import InputError

MOST_BYTES = 32 * 1024
"""The largest event, as Segment has it."""
_LONGEST_ID, _LONGEST_TEXT = 300, 2_048
_KINDS = {kind.value: kind for kind in EventKind}


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose request it is, and when it came in."""

    source: str
    trusted: bool
    received: datetime
    address: str | None = None
    """Of the caller, for events of a browser; a server's own address says nothing of its users."""
    internal: InternalTraffic = field(default_factory=InternalTraffic)
    unclean: bool = True
    """False where no text of the body can hold NUL or a lone surrogate."""
    denies: bool = False
    """True where a browser says that nothing of its person is to be used (`Sec-GPC`)."""
    companies: Companies = field(default_factory=Companies)
    """Whose networks addresses are of."""
    tokens: IdentityTokens = field(default_factory=IdentityTokens)
    """What checks the identity tokens of a browser."""
    token: str | None = None
    """The token that came with the request."""


def read_batch(body: Any, kind: EventKind | None, sender: Sender) -> tuple[list[Event], list[Parked]]:
    """Return what an envelope holds: the events, and those that cannot be stored, each with its reason.

    `kind` is that of a path such as `/v1/track`, whose body is one event; None for `/v1/batch`.

    Raises:
        InputError: it is no envelope.
    """
    if not isinstance(body, dict):
        raise InputError(f"body: expected an object, found {_kind_of(body)}")
    if kind is not None:
        payloads: Sequence[Any] = [{**body, "type": kind.value}]
    else:
        payloads = body.get("batch")  # type: ignore[assignment]
        if not isinstance(payloads, list):
            raise InputError(f"batch: expected a list of events, found {_kind_of(payloads)}")
    sent, shared = read_instant(body.get("sentAt")), body.get("context") if kind is None else None
    tokens = RequestTokens(sender.tokens, sender.token, sender.received)
    events: list[Event] = []
    parked: list[Parked] = []
    for payload in payloads:
        try:
            event, refusal = _event(payload, sent, shared, sender, tokens)
        except InputError as error:
            parked.append(
                parked_payload(payload, error.message, sender.source, told=_is_told(payload, sender))
            )
            continue
        events.append(event)
        if refusal is not None:
            parked.append(parked_payload(payload, refusal, sender.source))
    return events, parked


def _event(
    payload: Any, sent: datetime | None, shared: Any, sender: Sender, tokens: RequestTokens
) -> tuple[Event, str | None]:
    """Return the event of a payload, and why its identity token is refused, where that is to be told."""
    if not isinstance(payload, dict):
        raise InputError(f"event: expected an object, found {_kind_of(payload)}")
    if sender.unclean:
        payload = _cleaned(payload)
    _check_size(payload)
    kind = _kind(payload.get("type"))
    if "sentAt" in payload:
        sent = read_instant(payload["sentAt"]) or sent
    stated = payload.get("originalTimestamp") or payload.get("timestamp")
    context = _mapping(payload, "context") or (shared if isinstance(shared, dict) else {})
    event = _told(payload, kind, context, happened_at(stated, sent, sender.received), sender)
    if sender.trusted:
        return event, None
    if sender.denies or denies(event.consents):
        return without_person(event), None
    proven, refusal = tokens.proven(context, event.user_id)
    if proven is not None:
        event = replace(event, proven=proven, user_id=proven.user_id)
    return event, refusal


def _is_told(payload: Any, sender: Sender) -> bool:
    """Return False for what a browser sent whose person said that nothing of theirs is to be kept."""
    return sender.trusted or not (sender.denies or payload_denies(payload, sender.received))


def _kind(stated: Any) -> EventKind:
    kind = _KINDS.get(stated) if isinstance(stated, str) else None
    kind = kind or _KINDS.get(str(stated).lower())
    if kind is None:
        raise InputError(f"type: expected one of {', '.join(_KINDS)}, found {str(stated)[:60]!r}")
    return kind


def _cleaned(payload: Any) -> Any:
    if is_too_deep(payload):
        raise InputError(_TOO_DEEP)
    return clean(payload)


def _check_size(payload: Any) -> None:
    try:
        written = _written(payload)
    except TypeError:  # nested deeper than can be written
        raise InputError(_TOO_DEEP) from None
    if len(written) > MOST_BYTES:
        raise InputError(f"event: {len(written):,} bytes, expected at most {MOST_BYTES:,}")
    # most often there are fewer brackets than levels are allowed
    if written.count(b"{") + written.count(b"[") > DEEPEST and is_too_deep(payload):
        raise InputError(_TOO_DEEP)


_TOO_DEEP = f"event: nested deeper than {DEEPEST} levels"


def _told(
    payload: Mapping[str, Any], kind: EventKind, context: Mapping[str, Any], at: datetime, sender: Sender
) -> Event:
    properties = _mapping(payload, "properties")
    traits = _mapping(payload, "traits") if "traits" in payload else _NOTHING
    states = kind in _STATING
    if not states:
        traits = _NOTHING
    if kind is EventKind.TRACK:
        name = _text(payload.get("event"))
        if name is None:
            raise InputError("event: a track call needs the name of what happened")
        if name in FORM_FILLS:
            traits = properties
    else:
        name = _text(payload.get("name"))
    user_id, visitor = _id(payload, "userId"), _id(payload, "anonymousId")
    group_id = _id(payload if kind is EventKind.GROUP else context, "groupId")
    previous_id = _id(payload, "previousId") if kind is EventKind.ALIAS else None
    _check_who(kind, visitor, user_id, group_id, previous_id)
    page = context.get("page")
    path, url, title, referrer, search = _page(properties, page if isinstance(page, dict) else _NOTHING)
    # by position: an event by its names takes twice as long, and there are thousands a second
    return Event(
        sender.source, _id(payload, "messageId") or _made_id(payload), kind, at, visitor, user_id, name,
        path, url, title, referrer, search, traits if states else properties, traits, group_id, previous_id,
        _mark(context, traits, user_id, group_id, sender),
        _consents(payload, kind, name, context, at, sender), sender.trusted,
        company=sender.companies.find(_text(context.get("ip") if sender.trusted else sender.address)),
    )  # fmt: skip


def _page(properties: Mapping[str, Any], page: Mapping[str, Any]) -> Sequence[str | None]:
    """Return what is told of a page, in the order of `_PAGE`: by the properties, else by the context."""
    told, others = properties.get, page.get
    return [_text(told(name) or others(name)) for name in _PAGE]


def _mark(
    context: Mapping[str, Any],
    traits: Mapping[str, Any],
    user_id: str | None,
    group_id: str | None,
    sender: Sender,
) -> Mark | None:
    address = context.get("ip") if sender.trusted else context.get("ip") or sender.address
    email = _text(traits.get("email")) if traits else None
    names = (email, user_id if user_id and "@" in user_id else None, group_id)
    return mark_of(sender.internal, _text(context.get("userAgent")), _text(address), names)


def _consents(
    payload: Mapping[str, Any], kind: EventKind, name: str | None, context: Mapping[str, Any], at: datetime,
    sender: Sender,
) -> tuple[Consent, ...]:  # fmt: skip
    if "consent" not in context and (kind is not EventKind.TRACK or not is_consent_update(name)):
        return ()
    told = {**payload, "type": kind.value, "context": context}
    return tuple(consents_of(told, at=at, source=sender.source, trusted=sender.trusted))


_NOTHING: Mapping[str, Any] = {}
_STATING = (EventKind.IDENTIFY, EventKind.GROUP)
_PAGE = ("path", "url", "title", "referrer", "search")


def _check_who(
    kind: EventKind, visitor: str | None, user_id: str | None, group_id: str | None, previous: str | None
) -> None:
    if kind is EventKind.ALIAS:
        if previous is None or user_id is None:
            raise InputError("alias: expected userId and previousId")
        return
    if visitor is None and user_id is None:
        raise InputError("event: expected userId or anonymousId")
    if kind is EventKind.GROUP and group_id is None:
        raise InputError("groupId: a group call needs one")


def _id(payload: Mapping[str, Any], name: str) -> str | None:
    """Return an id as text. Numbers are ids too; an empty one is none."""
    value = payload.get(name)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        value = str(value)
    elif not isinstance(value, str):
        raise InputError(f"{name}: expected text, found {_kind_of(value)}")
    text = value.strip()
    if len(text) > _LONGEST_ID:
        raise InputError(f"{name}: expected at most {_LONGEST_ID} characters, found {len(text):,}")
    return text or None


def _text(value: Any) -> str | None:
    """Return a text, cut at what is kept of it; None for what is no text."""
    return value[:_LONGEST_TEXT] or None if isinstance(value, str) else None


def _mapping(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if value is None:
        return _NOTHING
    if not isinstance(value, dict):
        raise InputError(f"{name}: expected an object, found {_kind_of(value)}")
    return value


def _made_id(payload: Mapping[str, Any]) -> str:
    """Return an id for an event without one: the same event sent again is the same event."""
    told = {name: value for name, value in payload.items() if name not in ("sentAt", "writeKey", "messageId")}
    return f"made-{hashlib.blake2b(_written(told, orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()}"


def _written(value: Any, options: int = 0) -> bytes:
    return orjson.dumps(value, option=options)


def _kind_of(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
