"""Erase one person from the store: in one transaction, all of it or nothing, as often as asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from segue.accounts.erased import LOCK, remember
from segue.accounts.event_erasure import erase_events, erase_identity, erase_parked
from segue.accounts.persons import Person, find_person
from segue.agents.conversations.forgetting import erase_conversations
from segue.agents.decision_erasure import erase_consequences, erase_decisions
from segue.agents.erasure_requests import answer_requests
from segue.agents.policy_store import CHANGED
from segue.core.database import Connection, Database
from segue.core.stored_texts import replace_texts

_log = logging.getLogger(__name__)

Touched = Callable[[Connection, Sequence[str]], Awaitable[None]]
"""What works an account's traits and labels out anew, in the transaction of an erasure."""
Noted = Callable[[Connection, "Erased"], Awaitable[None]]
"""What writes down that an erasure was made, in its transaction."""
_IN_FLIGHT = 2.0
"""Seconds until what was under way when a person was erased is stored, and goes too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to erase: by one of a contact's id, a visitor's or an address. `also` are texts that are theirs alone."""

    contact: str | None = None
    visitor: str | None = None
    email: str | None = None
    also: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Everything that the caller gave."""
        return [each for each in (self.contact, self.visitor, self.email, *self.also) if each]


@dataclass(slots=True)
class Erased:
    """What an erasure did: rows by table, contacts and visitors that went, accounts whose events changed."""

    contacts: int = 0
    visitors: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    accounts: frozenset[str] = frozenset()

    def add(self, rows: dict[str, int]) -> None:
        """Count rows."""
        for table, count in rows.items():
            name = table.removeprefix("segue.")
            if count:
                self.rows[name] = self.rows.get(name, 0) + count

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON; it names nobody."""
        return {"contacts": self.contacts, "visitors": self.visitors, "rows": dict(sorted(self.rows.items()))}


async def erase(
    database: Database,
    asked: Asked,
    *,
    counted: frozenset[str] = frozenset(),
    touched: Touched | None = None,
    noted: Noted | None = None,
    in_flight: float = _IN_FLIGHT,
) -> Erased:
    """Erase a person, and a moment later what was under way meanwhile; every replica forgets what it kept.

    `counted` are the properties of events that policies read. `noted` runs in the transaction, for a row
    of the audit. Nobody found is no error: their identifiers are refused from then on all the same.

    Raises:
        ConflictError: a text that must go is held where it cannot be replaced; nothing is erased.
        UnavailableError: the database does not answer; it is erased whole or not at all.
    """
    step = _Erasing(asked, counted, touched)
    found = await step.do(database, noted)
    await asyncio.sleep(in_flight)
    found.add((await step.do(database)).rows)
    return found


async def look(database: Database, asked: Asked) -> Person:
    """Return whom an erasure would erase."""
    async with database.connection() as connection:
        return await _person(connection, asked)


class Erasures:
    """The erasures of one replica: each is answered once it is made, and its second pass follows."""

    def __init__(self, database: Database, in_flight: float = _IN_FLIGHT) -> None:
        self._database = database
        self._in_flight = in_flight
        self._closing = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    async def erase(self, asked: Asked, counted: frozenset[str], noted: Noted) -> Erased:
        """Erase a person as `erase` does, and leave what is under way meanwhile to a second pass."""
        step = _Erasing(asked, counted, None)
        found = await step.do(self._database, noted)
        task = asyncio.create_task(self._again(step))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return found

    async def close(self) -> None:
        """Do at once what is still to do."""
        self._closing.set()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _again(self, step: _Erasing) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._in_flight)
        try:
            await step.do(self._database)
        except Exception as error:  # nobody waits for it, and its message may quote a person
            _log.error("the second pass of an erasure failed with %s: repeat it", type(error).__name__)


class _Erasing:
    """One erasure: the second time it is done, whom it is of is known from the first."""

    def __init__(self, asked: Asked, counted: frozenset[str], touched: Touched | None) -> None:
        self._asked = asked
        self._counted = counted
        self._touched = touched
        self._known: Person | None = None

    async def do(self, database: Database, noted: Noted | None = None) -> Erased:
        """Erase, in one transaction."""
        async with database.transaction() as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            if self._known is None:
                self._known = await _person(connection, self._asked)
            person = self._known
            found = Erased(len(person.contacts), len(person.visitors), accounts=person.accounts)
            await remember(connection, person.identifiers)
            await connection.execute(
                f"SELECT 1 FROM segue.accounts WHERE account_id IN ({_THEIRS}) ORDER BY account_id FOR UPDATE",  # noqa: S608
                {"accounts": list(person.accounts)},
            )
            await self._erase_rows(connection, person, found)
            if noted is not None:
                await noted(connection, found)
            await connection.execute(f"NOTIFY {CHANGED}")
            return found

    async def _erase_rows(self, connection: Connection, person: Person, found: Erased) -> None:
        found.add({"events": await erase_events(connection, person, self._counted)})
        found.add({"parked_events": await erase_parked(connection, person)})
        found.add(await erase_decisions(connection, person))
        found.add({"conversations": await erase_conversations(connection, person)})
        found.add({"erasure_requests": await answer_requests(connection, person)})
        found.add({"consequences": await erase_consequences(connection, person)})
        found.add(await erase_identity(connection, person))
        found.add({"audit": await _erase_audit(connection, person)})
        found.add(await _erase_jobs(connection, person))
        found.add(await replace_texts(connection, person.needles, person.token))
        if not found.rows.get("events"):
            return
        # what their events had come to may quote them
        accounts = sorted(person.accounts)
        await connection.execute(
            f"""UPDATE segue.accounts SET event_traits = NULL, event_traits_at = NULL, event_traits_until = NULL,
                label_due_at = CASE WHEN alias_of IS NULL THEN now() END
            WHERE account_id IN ({_THEIRS}) AND event_traits IS NOT NULL""",  # noqa: S608
            {"accounts": accounts},
        )
        if self._touched is not None:
            await self._touched(connection, accounts)


# what counts for an alias counts for the account that it stands for
_THEIRS = (
    "SELECT unnest(%(accounts)s::text[])"
    " UNION SELECT alias_of FROM segue.accounts WHERE account_id = ANY(%(accounts)s)"
)


async def _person(connection: Connection, asked: Asked) -> Person:
    return await find_person(
        connection, contact=asked.contact, visitor=asked.visitor, email=asked.email, also=asked.also
    )


async def _erase_audit(connection: Connection, person: Person) -> int:
    """Take a person out of what was done about them; that it was done stays."""
    cursor = await connection.execute(
        "UPDATE segue.audit SET target = 'erased', detail = '{}' WHERE target = ANY(%s)"
        " AND action IN ('consent', 'erase')",
        (list(person.contacts | person.visitors),),
    )
    return cursor.rowcount


async def _erase_jobs(connection: Connection, person: Person) -> dict[str, int]:
    """Remove the queued jobs that name a person."""
    row = await (await connection.execute("SELECT to_regclass('segue_jobs.procrastinate_jobs')")).fetchone()
    if row is None or row[0] is None or not person.needles:
        return {}
    cursor = await connection.execute(
        "DELETE FROM segue_jobs.procrastinate_jobs WHERE args::text ~* %(pattern)s OR lock ~* %(pattern)s"
        " OR queueing_lock ~* %(pattern)s",
        {"pattern": person.needles.pattern},
    )
    return {"segue_jobs.procrastinate_jobs": cursor.rowcount}
