"""The traits over events of the whole store at once, in PostgreSQL: one row an account that did something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from segue.accounts.stated_sql import is_stated
from segue.core.database import Connection
from segue.policies.event_program import fold_query
from segue.policies.event_traits import event_traits_of, event_traits_of_all
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import column, column_type
from segue.policies.pack import Pack
from segue.policies.program import confidence_column

_EVENTS = """
CREATE TEMP TABLE population_events ON COMMIT DROP AS
SELECT coalesce(accounts.alias_of, accounts.account_id) AS account_id, kind, at, visitor, contact_id, events.name,
    path, url, title, referrer, search, properties
FROM segue.events JOIN segue.accounts USING (account_id) WHERE mark IS NULL AND at <= %s
"""
_ACTIVE = """
CREATE TEMP TABLE population_active ON COMMIT DROP AS SELECT DISTINCT account_id FROM population_events
"""


async def fold_population(connection: Connection, packs: Sequence[Pack], now: datetime) -> bool:
    """Work out the traits over events of every account into temporary tables, in the caller's transaction.

    It also settles how the rest of the transaction is planned: instants are shown in UTC, and what accounts
    state is not looked for among what others stated, which costs three times what it spares.

    Returns False while the deployment has never stored an event: nothing is known then, and no table is made.
    """
    await connection.execute("SET LOCAL TimeZone = 'UTC'")
    await connection.execute("SET LOCAL enable_memoize = off")
    if not await gather_events(connection, now):
        return False
    await connection.execute(_ACTIVE)
    traits = event_traits_of_all(packs).values()
    if traits:
        query = fold_query(traits, "population_events", Dialect.POSTGRES, now)
        await connection.execute(f"CREATE TEMP TABLE population_folded ON COMMIT DROP AS {query}".encode())
    return True


async def gather_events(connection: Connection, now: datetime) -> bool:
    """Make the temporary table `population_events` of all that count at `now`, in the caller's transaction.

    Returns False, and makes none, while the deployment has never stored an event.
    """
    cursor = await connection.execute("SELECT EXISTS (SELECT FROM segue.events)")
    if await cursor.fetchone() == (False,):
        return False
    await connection.execute(_EVENTS, (now,))
    return True


EVENT_JOINS = (
    "LEFT JOIN population_active AS active ON active.account_id = accounts.account_id"
    " LEFT JOIN population_folded AS folded ON folded.account_id = accounts.account_id"
)


def with_events(pack: Pack, stated: dict[str, str]) -> dict[str, str]:
    """Return a pack's columns with its traits over events, as `segue.accounts.stored.known_of` knows them.

    What a source states of such a trait counts only as long as the account has no event of its own.
    """
    found = dict(stated)
    for name, trait in event_traits_of(pack).items():
        kind = column_type(trait.type, Dialect.POSTGRES)
        nothing = "NULL" if trait.nothing is None else repr(trait.nothing)  # of text it is digits
        counted = f"CAST(coalesce(folded.trait_{trait.key}, CAST({nothing} AS {kind})) AS {kind})"
        theirs, belief = stated[column(name)], stated[confidence_column(name)]
        states = is_stated(name)
        found[column(name)] = (
            f"CASE WHEN active.account_id IS NOT NULL THEN {counted} WHEN {states} THEN {theirs}"
            f" ELSE CAST({nothing} AS {kind}) END"
        )
        found[confidence_column(name)] = f"CASE WHEN active.account_id IS NULL AND {states} THEN {belief} END"
    return found
