"""One snapshot of what is known, taken once and passed on whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from segue.core.errors import InputError, nearest
from segue.policies.language.types import coerce
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Account:
    """Who the account is. Nothing here takes part in its label."""

    id: str
    domain: str | None = None
    name: str | None = None
    owner: str | None = None
    """The rep whom the CRM names."""
    open_opportunity_owner: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The traits of an account, a contact and a request at one instant, for one pack.

    `account`, `contact` and `request` hold every trait of the pack, unknown ones as None. A contact
    may restate an account trait for itself: that counts in rules and proof, never in the label.
    """

    account: Mapping[str, Any]
    now: datetime
    believed: Mapping[str, float]
    """How far a value is believed, 0 to 1, for those believed less than wholly."""
    merged: Mapping[str, Any] = field(repr=False)
    """What rules, context and proof see: the request over the contact over the account."""


def take_facts(
    pack: Pack,
    account: Mapping[str, Any],
    now: datetime,
    contact: Mapping[str, Any] | None = None,
    request: Mapping[str, Any] | None = None,
    believed: Mapping[str, float] | None = None,
    coerced: Mapping[str, Any] | None = None,
) -> Facts:
    """Return the snapshot of one decision, every value coerced to its trait's type.

    `coerced` are facts of the account that were already, under names that the pack imports; `account` goes
    over them.

    Raises:
        InputError: a name is not an imported trait of the pack, or `now` has no instant.
        ValueFault: a value is not of its trait's type.
    """
    blank = pack.blank
    known = {**blank, **(coerced or {}), **_coerced(pack, account, "fact")}
    merged: Mapping[str, Any] = known
    if contact or request:
        over = {
            **_coerced(pack, contact or {}, "contact fact"),
            **_coerced(pack, request or {}, "request fact"),
        }
        merged = {**known, **over}
    instant = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
    low = {name: belief for name, belief in (believed or {}).items() if belief < 1}
    return Facts(known, instant, low, merged)


def _coerced(pack: Pack, values: Mapping[str, Any], what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        kind = pack.schema.get(name)
        if kind is None:
            raise InputError(f"unknown {what} {name!r}{nearest(name, pack.blank)}")
        if name in pack.definitions:
            raise InputError(f"{name!r} is derived: state the facts that it follows from")
        found[name] = coerce(kind, value, name)
    return found
