"""What came of decisions: delivered, exposed, and what followed. Each is stored once, whoever sends it how often."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from segue.accounts.erased import refused
from segue.accounts.reader import account_key, read_accounts
from segue.core.database import Connection, Database

DELIVERED, EXPOSED, CLICK = "delivered", "exposed", "click"
OF_PAGES = frozenset({DELIVERED, EXPOSED, CLICK})
"""The kinds that a browser may report: what only a page can know."""


class Taken(StrEnum):
    """What became of an outcome."""

    STORED = "stored"
    REPEATED = "repeated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that came of a decision, or of what was done with an account."""

    outcome_id: str
    kind: str
    decision_id: UUID | None
    account: str | None
    """The account by id or domain, where no decision is named."""
    visitor: str | None
    flag: str | None
    value: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one outcome, and why where it was refused."""

    taken: Taken
    reason: str | None = None


NO_DECISION = Answered(Taken.REFUSED, "no such decision")
NO_ACCOUNT = Answered(Taken.REFUSED, "no such account")
NOT_FOR_PAGES = Answered(Taken.REFUSED, "a publishable key may not report this kind")
ERASED = Answered(Taken.REFUSED, "its visitor was erased")

_INSERT = """
INSERT INTO segue.outcomes (sender, outcome_id, decision_id, account_id, visitor, kind, flag, value, at, key_id)
SELECT * FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::float8[], %s::timestamptz[], %s::text[])
ON CONFLICT (sender, outcome_id) DO NOTHING RETURNING sender, outcome_id
"""


async def take_outcomes(
    database: Database, outcomes: Sequence[Outcome], key_id: str, *, of_pages: bool
) -> list[Answered]:
    """Store outcomes; return what became of each, in their order. One that is refused fails alone.

    With `of_pages` a browser sends them: only what a page can know, of decisions for the visitor who is named;
    another's decision is answered as one that does not exist.

    Raises:
        UnavailableError: the database does not answer; whether they were stored is not known.
    """
    async with database.transaction() as connection:
        gone = await refused(connection, {each.visitor for each in outcomes if each.visitor is not None})
        decisions = await _decisions(connection, outcomes)
        accounts = {} if of_pages else await _accounts(connection, outcomes)
        answered: dict[int, Answered] = {}
        rows: dict[tuple[str, str], tuple[Any, ...]] = {}
        numbers: dict[tuple[str, str], list[int]] = {}
        for number, each in enumerate(outcomes):
            found = _judged(each, decisions, accounts, gone, of_pages)
            if isinstance(found, Answered):
                answered[number] = found
                continue
            sender = "server"
            if of_pages:
                sender = f"visitor:{hashlib.sha256((each.visitor or '').encode()).hexdigest()[:32]}"
            key = sender, each.outcome_id
            numbers.setdefault(key, []).append(number)
            rows.setdefault(
                key,
                (
                    *key,
                    each.decision_id,
                    found,
                    each.visitor,
                    each.kind,
                    each.flag,
                    each.value,
                    each.at,
                    key_id,
                ),
            )
        stored: set[tuple[str, str]] = set()
        if rows:
            columns = [list(column) for column in zip(*(rows[key] for key in sorted(rows)), strict=True)]
            cursor = await connection.execute(_INSERT, columns)
            stored = {(row[0], row[1]) for row in await cursor.fetchall()}
        for key, same in numbers.items():
            answered |= dict.fromkeys(same, Answered(Taken.REPEATED))
            if key in stored:
                answered[same[0]] = Answered(Taken.STORED)
    return [answered[number] for number in range(len(outcomes))]


def _judged(
    outcome: Outcome,
    decisions: Mapping[UUID, tuple[str, str | None]],
    accounts: Mapping[str, str],
    gone: frozenset[str],
    of_pages: bool,
) -> str | Answered:
    """Return the account that an outcome is of, or why it is not taken."""
    if outcome.visitor in gone:
        return ERASED
    if of_pages and outcome.kind not in OF_PAGES:
        return NOT_FOR_PAGES
    if outcome.decision_id is not None:
        found = decisions.get(outcome.decision_id)
        if found is None or (of_pages and (found[1] is None or found[1] != outcome.visitor)):
            return NO_DECISION
        return found[0]
    account = None if outcome.account is None else accounts.get(outcome.account)
    return NO_ACCOUNT if account is None else account


async def _decisions(
    connection: Connection, outcomes: Sequence[Outcome]
) -> dict[UUID, tuple[str, str | None]]:
    wanted = {each.decision_id for each in outcomes if each.decision_id is not None}
    if not wanted:
        return {}
    cursor = await connection.execute(
        "SELECT decision_id, account_id, visitor FROM segue.decisions"
        " WHERE decision_id = ANY(%s) AND NOT shadow",
        (list(wanted),),
    )
    return {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}


async def _accounts(connection: Connection, outcomes: Sequence[Outcome]) -> dict[str, str]:
    wanted = sorted(
        {each.account for each in outcomes if each.account is not None and each.decision_id is None}
    )
    if not wanted:
        return {}
    found = await read_accounts(connection, [account_key(each) for each in wanted], 0.0)
    return {name: each.account.id for name, each in zip(wanted, found, strict=True) if each.known}
