"""What sellers do with the alerts that they get: one answer each, stored with the rule that the alert came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from segue.accounts.stored import Pin
from segue.accounts.writer import Then, hold_pin, nothing_else
from segue.core.database import Connection, Database
from segue.core.errors import InputError, NotFoundError
from segue.core.jobs import defer

ALERT_AGAIN = "segue.alert_again"
"""The job that shows an alert again, after Not now."""
MOST_NOTE = 500


class Answer(StrEnum):
    """What a seller did. Append, never rename."""

    ACCEPT = "accept"
    REASSIGN = "reassign"
    NOT_NOW = "not_now"
    WRONG_PLAY = "wrong_play"


OVERRIDES = frozenset({Answer.REASSIGN, Answer.WRONG_PLAY})
"""The answers that say that a rule was wrong."""
WRONG_BECAUSE: Mapping[str, str] = {
    "not_a_fit": "Not a fit: the facts are wrong",
    "bad_timing": "Fits, but this is the wrong moment",
    "deal_open": "A deal is open already",
    "already_in_touch": "We are in touch already",
    "other_play": "Another play would be right",
    "other": "Something else",
}
"""Why a play was wrong: codes and what they say."""


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button: what, by whom, of which alert. `round` counts how often the alert was shown before."""

    consequence_id: str
    round: int
    answer: Answer
    rep: str
    by: str
    """Who that is where they pressed it, such as `slack:U0123`."""
    reason: str | None = None
    note: str | None = None
    owner: str | None = None
    """To whom the account goes, of Reassign."""
    until: datetime | None = None
    """When the alert comes again, of Not now; when the pin ends, of Reassign."""


@dataclass(frozen=True, slots=True)
class Given:
    """The answer that counts. `first` is False where somebody had given it before."""

    answer: Answer
    rep: str
    by: str
    at: datetime
    reason: str | None
    note: str | None
    owner: str | None
    until: datetime | None
    first: bool
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it was sent."""

    consequence_id: str
    account_id: str
    pack: str
    segment: str
    play: str
    revision: str
    because: tuple[Mapping[str, Any], ...]
    detail: Mapping[str, Any]
    told: Mapping[str, Any]
    """What it says, as the connector worded it."""


_ALERT = """
SELECT consequence_id::text, consequences.account_id, consequences.pack, segment, play, consequences.revision, because,
    detail, coalesce(words -> 'told', '{}')
FROM segue.consequences JOIN segue.transitions USING (transition_id) WHERE consequence_id = %s
"""
_STORE = """
INSERT INTO segue.alert_answers (consequence_id, round, answer, rep, answered_by, account_id, pack, segment, play,
    revision, because, via, pod, reason, note, owner, until)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_GIVEN = """
SELECT answer, rep, answered_by, answered_at, reason, note, owner, until, account_id FROM segue.alert_answers
WHERE consequence_id = %s AND round = %s
"""


async def alert_of(connection: Connection, consequence_id: str) -> Alert:
    """Return an alert.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = await (await connection.execute(_ALERT, (consequence_id,))).fetchone()
    if row is None:
        raise NotFoundError(f"no consequence {consequence_id}")
    consequence_id, account_id, pack, segment, play, revision, because, detail, told = row
    return Alert(consequence_id, account_id, pack, segment, play, revision, tuple(because), detail, told)


async def given_before(database: Database, consequence_id: str, round_: int) -> Given | None:
    """Return the answer that an alert has, if it has one."""
    async with database.connection() as connection:
        return await _given(connection, consequence_id, round_, first=False)


async def answer_alert(database: Database, press: Press, now: datetime, then: Then = nothing_else) -> Given:
    """Store an answer, and what it does, in one transaction: the first counts, and is returned to every other.

    Reassign holds the new owner by a pin until the time given; Not now has the alert shown again at its time.
    `then` is done about an account whose owner changed.

    Raises:
        NotFoundError: there is no such alert.
        InputError: what the answer needs is not given, or a time is not ahead.
    """
    _check(press, now)
    async with database.transaction() as connection:
        alert = await alert_of(connection, press.consequence_id)
        cursor = await connection.execute(
            _STORE,
            (
                press.consequence_id, press.round, press.answer.value, press.rep, press.by, alert.account_id,
                alert.pack, alert.segment, alert.play, alert.revision, Jsonb(list(alert.because)),
                alert.told.get("via"), alert.told.get("pod"), press.reason,
                press.note[:MOST_NOTE] if press.note else None, press.owner, press.until,
            ),
        )  # fmt: skip
        first = cursor.rowcount == 1
        if first:
            await _record_outcome(connection, press, alert, now)
            await _do(connection, press, alert, then)
        found = await _given(connection, press.consequence_id, press.round, first=first)
        assert found is not None
        return found


def _check(press: Press, now: datetime) -> None:
    if press.answer is Answer.REASSIGN and not press.owner:
        raise InputError("owner: expected the rep who gets the account")
    if press.answer in (Answer.REASSIGN, Answer.NOT_NOW) and (press.until is None or press.until <= now):
        raise InputError("until: expected a time ahead")
    if press.answer is Answer.WRONG_PLAY and press.reason not in WRONG_BECAUSE:
        raise InputError(f"reason: expected one of {', '.join(WRONG_BECAUSE)}")


async def _do(connection: Connection, press: Press, alert: Alert, then: Then) -> None:
    """Do what an answer asks for, in the transaction that stores it."""
    if press.answer is Answer.REASSIGN:
        assert press.owner is not None and press.until is not None
        reason = press.note or f"Reassigned by {press.rep}"
        pin = Pin("owner", "", press.owner, reason[:MOST_NOTE], press.until)
        await hold_pin(connection, alert.account_id, pin, press.rep, then)
        detail = {"kind": "owner", "value": press.owner, "alert": press.consequence_id}
        await connection.execute(
            "INSERT INTO segue.audit (actor, action, target, detail) VALUES (%s, 'pin', %s, %s)",
            (press.by, alert.account_id, Jsonb(detail)),
        )
    elif press.answer is Answer.NOT_NOW:
        arguments = {"consequence_id": press.consequence_id, "round": press.round + 1}
        await defer(connection, ALERT_AGAIN, None, press.until, arguments)


async def _record_outcome(connection: Connection, press: Press, alert: Alert, now: datetime) -> None:
    """Store the answer among what came of decisions, too, where that is kept: analysts look for it there."""
    row = await (await connection.execute("SELECT to_regclass('segue.outcomes')")).fetchone()
    if row is None or row[0] is None:
        return
    await connection.execute(
        "INSERT INTO segue.outcomes (sender, outcome_id, account_id, kind, at, key_id)"
        " VALUES ('slack', %s, %s, %s, %s, 'slack') ON CONFLICT DO NOTHING",
        (f"{press.consequence_id}:{press.round}", alert.account_id, f"alert_{press.answer.value}", now),
    )


async def _given(connection: Connection, consequence_id: str, round_: int, *, first: bool) -> Given | None:
    row = await (await connection.execute(_GIVEN, (consequence_id, round_))).fetchone()
    if row is None:
        return None
    answer, rep, by, at, reason, note, owner, until, account_id = row
    return Given(Answer(answer), rep, by, at, reason, note, owner, until, first, account_id)
