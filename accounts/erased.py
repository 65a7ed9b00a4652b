"""What stays of an erasure: a keyed hash of each identifier, by which what comes late is known and refused.

The hash tells nobody who was erased, but whoever holds the store and a guess can check the guess.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from segue.core.database import Connection

REMEMBERED_FOR = timedelta(days=400)
"""How long what comes of an erased identifier is refused: longer than anything is tried again."""
LOCK = 0x5E60B
"""The advisory lock that an erasure holds alone, and that whoever stores what people did holds shared."""


def digest_of(key: bytes, identifier: str) -> bytes:
    """Return the keyed hash (HMAC-SHA256) of an identifier, the same for every case it is written in."""
    found = _keyed(key).copy()
    found.update(identifier.strip().casefold().encode("utf-8", "surrogatepass"))
    return found.digest()


@lru_cache(2)
def _keyed(key: bytes) -> hmac.HMAC:
    """Return the hash of a key and nothing yet: to begin anew for each identifier takes longer than the hashing."""
    return hmac.new(key, digestmod="sha256")


async def erasure_key(connection: Connection) -> bytes:
    """Return the key of this store's hashes."""
    row = await (await connection.execute("SELECT key FROM segue.erasure_key")).fetchone()
    assert row is not None
    return bytes(row[0])


async def remember(connection: Connection, identifiers: Iterable[str]) -> None:
    """Refuse, from the end of this transaction on, what comes of these identifiers."""
    key = await erasure_key(connection)
    digests = sorted({digest_of(key, each) for each in identifiers})
    await connection.execute(
        "INSERT INTO segue.erasures (digest) SELECT unnest(%s::bytea[]) ON CONFLICT (digest)"
        " DO UPDATE SET erased_at = now()",
        (digests,),
    )


async def refused(connection: Connection, identifiers: Iterable[str]) -> frozenset[str]:
    """Return those of some identifiers that were erased: nothing of them may be stored.

    To be called in the transaction that stores, before it does: until that ends no erasure begins, and
    what it stores is found by the next.
    """
    await connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
    row = await (await connection.execute("SELECT EXISTS (SELECT FROM segue.erasures)")).fetchone()
    if row == (False,):
        return frozenset()
    key = await erasure_key(connection)
    asked = {each: digest_of(key, each) for each in set(identifiers)}
    cursor = await connection.execute(
        "SELECT digest FROM segue.erasures WHERE digest = ANY(%s)", (list(asked.values()),)
    )
    found = {bytes(row[0]) for row in await cursor.fetchall()}
    return frozenset(each for each, digest in asked.items() if digest in found)


async def forgotten(connection: Connection, identifiers: Iterable[str]) -> None:
    """Take these identifiers in again: their person came back and agreed anew."""
    key = await erasure_key(connection)
    digests = [digest_of(key, each) for each in identifiers]
    await connection.execute("DELETE FROM segue.erasures WHERE digest = ANY(%s)", (digests,))
