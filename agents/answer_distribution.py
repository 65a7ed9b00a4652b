"""How the facts that can be asked for lie in the population: an artifact of accounts of which they are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from segue.accounts.event_population import fold_population
from segue.accounts.population import known_query
from segue.agents.artifact_store import store_artifact
from segue.core.database import Connection, Database
from segue.core.errors import InputError
from segue.policies.artifact import ANSWERS_SLOT, Artifact, ArtifactKind, artifact_of
from segue.policies.pack import Pack
from segue.policies.reads import traits_read
from segue.policies.worth_asking import can_be_asked

MOST_ACCOUNTS = 300
"""Kinds of account that an artifact holds."""
_READ = 20_000
"""Accounts that are looked at: by a hash of their id, so that the same store gives the same artifact."""
_SAMPLED = (
    "accounts.account_id IN (SELECT account_id FROM segue.accounts WHERE alias_of IS NULL"  # noqa: S608
    f" ORDER BY md5(account_id) LIMIT {_READ})"
)
"""The facts of no others are worked out, however large the store."""


@dataclass(frozen=True, slots=True)
class MadeAnswers:
    """An artifact that was made and stored, and of how many accounts."""

    artifact: Artifact
    accounts: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, without the accounts."""
        found = self.artifact
        return {
            "artifact": found.id, "kind": found.kind.value, "pack": found.pack, "trait": found.trait,
            "as_of": found.as_of.isoformat(), "traits": found.body["traits"], "accounts": self.accounts,
        }  # fmt: skip


def asked_for(pack: Pack) -> tuple[str, ...]:
    """Return the traits of accounts that a pack asks for and its labels depend on."""
    return tuple(name for name in traits_read(pack) if can_be_asked(pack, name))


def body_of(pack: Pack, accounts: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what an artifact holds of some accounts, or None where all that is asked for is known of none.

    No id and no name is in it: only traits on which labels depend, and how many accounts are so.
    """
    names, asked = list(traits_read(pack)), asked_for(pack)
    counts: Counter[bytes] = Counter()
    for account in accounts:
        if all(account.get(name) is not None for name in asked):
            counts[orjson.dumps([_plain(account.get(name)) for name in names])] += 1
    if not counts or not asked:
        return None
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    step = max(1, len(ranked) // MOST_ACCOUNTS)
    rows = [[*orjson.loads(row), count] for row, count in ranked[::step][:MOST_ACCOUNTS]]
    return {"traits": names, "accounts": rows}


async def make_answers(
    database: Database, packs: Sequence[Pack], as_of: datetime, by: str
) -> list[MadeAnswers]:
    """Make and store the artifact of every pack that asks for something; none is active yet.

    Raises:
        InputError: of no account everything that some pack asks for is known.
    """
    instant = as_of.astimezone(UTC)
    made = []
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL TimeZone = 'UTC'")
        has_events = await fold_population(connection, packs, instant)
        for pack in packs:
            accounts = await _accounts(connection, pack, instant, has_events)
            body = body_of(pack, accounts)
            if body is None:
                continue
            artifact = artifact_of(ArtifactKind.ANSWERS, pack.name, ANSWERS_SLOT, instant, body)
            await store_artifact(connection, artifact, by)
            made.append(MadeAnswers(artifact, sum(row[-1] for row in body["accounts"])))
    if not made:
        raise InputError(
            "of no account is everything known that a pack asks for: there is nothing to learn from"
        )
    return made


async def _accounts(
    connection: Connection, pack: Pack, now: datetime, has_events: bool
) -> list[dict[str, Any]]:
    known = known_query(pack, now, has_events, _SAMPLED)
    query = f"SELECT * FROM ({known}) AS known ORDER BY md5(account_id)"  # noqa: S608
    cursor = await connection.execute(query.encode())
    names = [each.name for each in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, datetime) else value
