"""Who a seller should call today: their accounts that are worth a call, ranked, each with its reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segue.agents.seller_case import Case, Desk, call_segments, segment_title, segment_words
from segue.agents.seller_entities import Named
from segue.agents.seller_people import Seller, name_of
from segue.core.database import Connection
from segue.policies.findings import Reason
from segue.policies.flip import flips
from segue.policies.models.proof import ProofPoint
from segue.policies.models.traits import Layer
from segue.policies.plain import clause_json
from segue.policies.proof import trait_value
from segue.policies.wording import words_of

AT_MOST = 10
"""Accounts that are listed."""
_LOOKED_AT = 200
"""Accounts that are judged: the last that came into a segment worth a call."""
_NEARLY = 15
"""Accounts that are looked at where nothing is to be called, for those that a single fact keeps from it."""
_SHOWN_NEARLY = 3

# of a pin, the owner is who it names; who works the open deal, and whom a route named, is asked too
_MINE = """
SELECT account_id FROM (
    SELECT account_id FROM segue.accounts WHERE lower(owner) = %(rep)s
    UNION SELECT account_id FROM segue.accounts WHERE lower(open_opportunity_owner) = %(rep)s
    UNION SELECT account_id FROM segue.pins
        WHERE kind = 'owner' AND lower(value) = %(rep)s AND expires_at > %(now)s
) AS found JOIN segue.accounts AS counted USING (account_id)
WHERE counted.alias_of IS NULL AND NOT EXISTS (
    SELECT 1 FROM segue.pins WHERE pins.account_id = found.account_id AND kind = 'owner'
        AND expires_at > %(now)s AND lower(value) <> %(rep)s
)
"""
_LABELLED = f"""
SELECT account_id, since, segment = ANY(%(segments)s) AS callable FROM ({_MINE}) AS mine
JOIN segue.labels USING (account_id) WHERE pack = %(pack)s
ORDER BY callable DESC, since DESC, account_id LIMIT %(most)s
"""  # noqa: S608 - nothing of it comes from outside
_COUNT = f"SELECT count(*) FROM ({_MINE}) AS mine"  # noqa: S608
_ANSWERS = """
SELECT DISTINCT ON (account_id) account_id, answer, answered_at, until, rep FROM segue.alert_answers
WHERE account_id = ANY(%(accounts)s) AND pack = %(pack)s ORDER BY account_id, answered_at DESC
"""
_CHANGES = """
SELECT DISTINCT ON (account_id) account_id, from_segment, to_segment, cause, at FROM segue.transitions
WHERE account_id = ANY(%(accounts)s) AND pack = %(pack)s AND from_segment IS DISTINCT FROM to_segment
ORDER BY account_id, transition_id DESC
"""


@dataclass(frozen=True, slots=True)
class Change:
    """The last time that an account changed its segment."""

    before: str | None
    """The segment that it left, in words; None for its first label."""
    after: str
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """An account to call, and why."""

    account: Named
    segment: str
    play: str
    """The play's title."""
    message: str | None
    because: tuple[Mapping[str, Any], ...]
    change: Change | None
    worth: float
    proof: ProofPoint | None = None
    provisional: bool = False
    accepted: str | None = None
    """Who took the alert about it on, in words, if somebody did."""
    sent_already: bool = False
    """True where Segue sent as many alerts as the policy allows."""
    intent: float = 0.0
    """How much they want something now, by the pack's trait of that name; 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class Held:
    """An account worth a call that is not to be called, and why."""

    account: Named
    reason: str
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class Nearly:
    """An account that one changed fact would make worth a call."""

    account: Named
    trait: str
    before: Any
    after: Any


@dataclass(slots=True)
class Today:
    """The list of one seller."""

    seller: Seller
    segments: tuple[str, ...]
    """The titles of the segments whose accounts are called."""
    calls: list[Call] = field(default_factory=list)
    worth_a_call: int = 0
    """How many there are, listed or not."""
    mine: int = 0
    """The accounts of the seller."""
    held: list[Held] = field(default_factory=list)
    snoozed: list[tuple[Named, datetime]] = field(default_factory=list)
    overridden: list[Named] = field(default_factory=list)
    """Those of which somebody said that the play is wrong."""
    nearly: list[Nearly] = field(default_factory=list)


async def call_today(desk: Desk, seller: Seller, now: datetime) -> Today:
    """Return whom a seller should call, what a call is worth first, then intent, then the newest change.

    Raises:
        UnavailableError: the database does not answer, or no policy is active.
    """
    pack = desk.packs[-1]
    segments = call_segments(pack)
    found = Today(seller, tuple(segment_title(pack, each) for each in segments))
    asked = {"rep": seller.email.casefold(), "now": now, "pack": pack.name, "segments": segments}
    async with desk.database.connection() as connection:
        cursor = await connection.execute(_COUNT.encode(), asked)
        row = await cursor.fetchone()
        found.mine = row[0] if row else 0
        cursor = await connection.execute(_LABELLED.encode(), {**asked, "most": _LOOKED_AT})
        rows = await cursor.fetchall()
        names = [row[0] for row in rows if row[2]]
        answers, changes = await _history(connection, names, pack.name)
    cases = await asyncio.gather(*(desk.case(each, now) for each in names))
    for case in cases:
        _place(found, case, answers.get(case.stored.account.id), changes.get(case.stored.account.id), now)
    found.calls.sort(key=_rank)
    found.worth_a_call = len(found.calls)
    found.calls = found.calls[:AT_MOST]
    if not found.calls:
        await _look_for_nearly(found, desk, [row[0] for row in rows if not row[2]][:_NEARLY], segments, now)
    return found


def _rank(call: Call) -> tuple[float, float, float]:
    changed = call.change.at.timestamp() if call.change else 0.0
    return -call.worth, -call.intent, -changed


def _intent(case: Case) -> float:
    """Return the account's intent: the pack's trait of that name, else its first number of that layer."""
    traits = {name: each for name, each in case.pack.traits.items() if each.type in ("integer", "number")}
    names = [name for name, each in traits.items() if each.layer is Layer.INTENT]
    name = "intent" if "intent" in traits else next(iter(names), None)
    value = None if name is None else trait_value(case.pack, name, case.situation.facts)
    return float(value) if isinstance(value, int | float) else 0.0


async def _history(
    connection: Connection, names: Sequence[str], pack: str
) -> tuple[dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]:
    asked = {"accounts": list(names), "pack": pack}
    cursor = await connection.execute(_ANSWERS, asked)
    answers = {row[0]: row[1:] for row in await cursor.fetchall()}
    cursor = await connection.execute(_CHANGES, asked)
    return answers, {row[0]: row[1:] for row in await cursor.fetchall()}


def _place(
    found: Today,
    case: Case,
    answer: tuple[Any, ...] | None,
    change: tuple[Any, ...] | None,
    now: datetime,
) -> None:
    """Put an account where it belongs: to be called, held back, put off, or said to be no call."""
    named, called = case.named, case.call()
    if called is None:  # its label moved on since it was stored
        return
    play, finding = called
    assignment = case.situation.assignment(play)
    if assignment.rep is not None and assignment.rep.casefold() != found.seller.email.casefold():
        return
    since = change[3] if change else None
    said, at, until, rep = answer or (None, None, None, None)
    if said == "not_now" and until is not None and until > now:
        found.snoozed.append((named, until))
    elif said == "wrong_play" and (since is None or at > since):
        found.overridden.append(named)
    elif not finding.permitted and finding.code is not Reason.LIMIT_REACHED:
        found.held.append(Held(named, str(finding.reason), finding.clause))
    else:
        accepted = None
        if said == "accept" and rep is not None and (since is None or at > since):
            accepted = "You" if rep.casefold() == found.seller.email.casefold() else name_of(rep)
        found.calls.append(_call(case, change, accepted, sent=finding.code is Reason.LIMIT_REACHED))


def _call(case: Case, change: tuple[Any, ...] | None, accepted: str | None, *, sent: bool) -> Call:
    called = case.call()
    assert called is not None
    play, situation = called[0], case.situation
    model = play.model
    worth = case.scores.get(play.name, (model.propensity or 0.0) * model.value - model.cost)
    moved = None
    if change is not None and change[1] is not None:
        before = None if change[0] is None else segment_words(change[0])
        moved = Change(before, segment_words(change[1]), change[2], change[3])
    return Call(
        case.named, segment_title(case.pack, case.label.segment), model.title,
        words_of(situation, play, situation.proof), tuple(clause_json(each) for each in case.label.because),
        moved, worth, situation.proof[0] if situation.proof else None,
        case.label.status.value == "provisional", accepted, sent, _intent(case),
    )  # fmt: skip


async def _look_for_nearly(
    found: Today, desk: Desk, names: Sequence[str], segments: Sequence[str], now: datetime
) -> None:
    """Find those of the seller's accounts that one fact would make worth a call, the smallest change first."""
    near: list[tuple[float, Nearly]] = []
    for case in await asyncio.gather(*(desk.case(each, now) for each in names)):
        for flip in flips(case.situation, (), at_most=50):
            if flip.segment in segments:
                near.append((flip.distance, Nearly(case.named, flip.trait, flip.before, flip.after)))
                break
    near.sort(key=lambda each: each[0])
    found.nearly = [each for _, each in near[:_SHOWN_NEARLY]]
