"""Keys: made once, shown once, kept as digests, and known to every replica within seconds."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from segue.agents.policy_store import CHANGED
from segue.core.database import Database
from segue.core.errors import InputError, NotFoundError, UnavailableError
from segue.core.ids import new_id


class Kind(StrEnum):
    """What a key may do."""

    SECRET = "secret"  # noqa: S105 - the name of a kind
    """Server to server: everything."""
    WRITE = "write"
    """Facts in: trait values and imports."""
    PUBLISHABLE = "publishable"
    """A browser: decisions for a visitor, answered with the play and nothing about the account."""


_PREFIXES = {Kind.SECRET: "sk", Kind.WRITE: "wk", Kind.PUBLISHABLE: "pk"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored: its secret is not in it."""

    key_id: str
    kind: Kind
    name: str
    origins: tuple[str, ...]
    """Where pages that use a publishable key come from; empty for anywhere."""
    expires_at: datetime | None
    digest: bytes
    may_act: bool = False
    """Whether an agent that holds the key may have more than looked, over MCP."""

    def is_valid(self, now: datetime) -> bool:
        """Return False once the key has expired."""
        return self.expires_at is None or now < self.expires_at


class KeyRing:
    """The keys that are not revoked, as this replica knows them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[str, Key] | None = None

    async def refresh(self) -> None:
        """Read them anew."""
        async with self._database.connection() as connection:
            cursor = await connection.execute(
                "SELECT key_id, kind, name, origins, expires_at, digest, may_act FROM segue.keys"
                " WHERE revoked_at IS NULL"
            )
            rows = await cursor.fetchall()
        self._keys = {
            row[0]: Key(row[0], Kind(row[1]), row[2], tuple(row[3]), row[4], bytes(row[5]), row[6])
            for row in rows
        }

    def find(self, secret: str) -> Key | None:
        """Return the key of a secret, or None when there is none, or it is revoked or expired.

        Raises:
            UnavailableError: no keys were read yet. Who is told that theirs is unknown does not try again.
        """
        if self._keys is None:
            raise UnavailableError("the database does not answer; try again shortly")
        parts = secret.split("_")
        if len(parts) != 4 or not secret.isascii():
            return None
        key = self._keys.get(parts[2])
        if key is None or not hmac.compare_digest(key.digest, _digest(key.key_id, secret)):
            return None
        return key if key.is_valid(datetime.now(UTC)) else None

    def knows(self, key_id: str) -> bool:
        """Return True for the id of a key that is neither revoked nor expired.

        Raises:
            UnavailableError: no keys were read yet.
        """
        if self._keys is None:
            raise UnavailableError("the database does not answer; try again shortly")
        key = self._keys.get(key_id)
        return key is not None and key.is_valid(datetime.now(UTC))


async def create_key(
    database: Database,
    kind: Kind,
    name: str,
    origins: Sequence[str] = (),
    expires_at: datetime | None = None,
    may_act: bool = False,
) -> tuple[str, str]:
    """Make a key and return its id and its secret, which cannot be read again.

    Raises:
        InputError: an origin is not one, or origins are given for a key that no browser uses, or a key
            of another kind than `secret` is to act over MCP.
    """
    if may_act and kind is not Kind.SECRET:
        raise InputError(f"may-act: a {kind} key is not taken over MCP; expected a secret key")
    if origins and kind is not Kind.PUBLISHABLE:
        raise InputError(f"origin: a {kind} key is not for browsers; expected none")
    for origin in origins:
        if not _is_origin(origin):
            raise InputError(
                f"origin: expected a scheme and host such as https://www.example.com, found {origin!r}"
            )
    key_id = new_id().replace("-", "")[-16:]
    secret = f"segue_{_PREFIXES[kind]}_{key_id}_{secrets.token_hex(24)}"
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO segue.keys (key_id, kind, name, digest, origins, expires_at, may_act)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (key_id, kind.value, name, _digest(key_id, secret), list(origins), expires_at, may_act),
        )
        await connection.execute(f"NOTIFY {CHANGED}")
    return key_id, secret


async def revoke_key(database: Database, key_id: str) -> None:
    """Revoke a key; every replica refuses it within seconds.

    Raises:
        NotFoundError: there is no such key.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "UPDATE segue.keys SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = %s", (key_id,)
        )
        if not cursor.rowcount:
            raise NotFoundError(f"no key {key_id!r}")
        await connection.execute(f"NOTIFY {CHANGED}")


async def list_keys(database: Database) -> list[dict[str, Any]]:
    """Return every key as plain data, without its secret."""
    names = ("id", "kind", "name", "origins", "created_at", "expires_at", "revoked_at", "may_act")
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT key_id, kind, name, origins, created_at, expires_at, revoked_at, may_act"
            " FROM segue.keys ORDER BY 5"
        )
        return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


def _digest(key_id: str, secret: str) -> bytes:
    """Return the keyed hash that is stored. The secret has 192 random bits: no slow hash is needed."""
    return hashlib.blake2b(secret.encode(), key=key_id.encode(), digest_size=32).digest()


def _is_origin(text: str) -> bool:
    scheme, _, host = text.partition("://")
    return scheme in ("http", "https") and bool(host) and not any(mark in host for mark in "/?#@ ")
