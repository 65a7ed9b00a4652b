"""What a consequence tells another system: worded at its first try, and told in the same words at every other.

A try that got no answer may have been heard. Were the next one worded anew, from facts that have moved on,
two different messages would go out under one id, and a receiver could not tell which of them is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.activation.connectors.connector import Errand, TellingConnector
from segue.activation.consequence import Consequence
from segue.core.database import Connection


@dataclass(frozen=True, slots=True)
class Words:
    """What is told, and whether it may have been told before."""

    told: Mapping[str, Any]
    """As the connector words it, plain JSON."""
    first_try: datetime | None = None
    """When it was told first, as far as is known; None at the first try itself."""


async def words_of(
    connection: Connection,
    consequence: Consequence,
    errand: Errand,
    connector: TellingConnector,
    now: datetime,
) -> Words:
    """Return the words of a consequence's first try, or make this the first, in the caller's transaction.

    Under another revision, or through another connector, it is worded anew: a policy that was changed meanwhile
    may have taken a claim back.
    """
    kept = consequence.words
    if kept is not None and (kept["connector"], kept["revision"]) == (connector.name, errand.revision):
        return Words(kept["told"], datetime.fromisoformat(kept["at"]))
    made = {
        "connector": connector.name, "revision": errand.revision, "at": now.isoformat(),
        "told": dict(connector.words(errand)),
    }  # fmt: skip
    kept = await _keep(connection, consequence, made)
    assert kept is not None
    return Words(kept["told"])  # as it comes back, so that the first try spells it as every other


async def forget_words(connection: Connection, consequence: Consequence) -> None:
    """Have a consequence worded anew should it be tried again: the other side has certainly not taken these."""
    await _keep(connection, consequence, None)


async def _keep(
    connection: Connection, consequence: Consequence, words: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    cursor = await connection.execute(
        "UPDATE segue.consequences SET words = %s WHERE consequence_id = %s RETURNING words",
        (None if words is None else Jsonb(dict(words)), consequence.consequence_id),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]
