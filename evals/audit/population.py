"""The accounts that are audited: what is known of each, and who says what, from a file or from the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segue.accounts.book import AccountBook, AccountRecord
from segue.accounts.known import as_known
from segue.accounts.labels import labels_of
from segue.accounts.stored import Said, StoredAccount, instant_of, known_traits
from segue.agents.moves import stored_accounts
from segue.core.database import Connection
from segue.policies.classifier import segment_of
from segue.policies.facts import Account, Facts, take_facts
from segue.policies.language.types import ValueFault, coerce
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source says of one trait of an account."""

    source: str
    by: str
    """The source, or the source and the row, for people."""
    value: Any
    at: datetime | None
    """Since when it is so; None where nobody said."""
    stale: bool
    own: bool = True
    """False where another row that may be the account says it: compared, and never used."""


@dataclass(frozen=True, slots=True)
class Audited:
    """One account."""

    account: Account
    facts: Facts
    statements: Mapping[str, Sequence[Statement]]
    has_contact: bool = False


@dataclass(frozen=True, slots=True)
class Population:
    """The accounts, and how many more rows may be one of them."""

    origin: str
    accounts: Sequence[Audited]
    passed_over: int = 0


def population_of_file(packs: Sequence[Pack], path: Path, now: datetime) -> Population:
    """Return the accounts of an imported account file as the last of some packs sees them.

    Of rows that may be one account the tie-break's pick is taken. The packs before read the same rows.

    Raises:
        InputError: there is no such account file, or it cannot be read.
    """
    with AccountBook(path) as book:
        source, name = book.info.source_name, book.info.source
        picks, others = [], defaultdict[str, list[AccountRecord]](list)
        for record in book:
            if record.duplicate_of is None:
                picks.append(record)
            else:
                others[record.duplicate_of].append(record)
    found = [_of_record(record, others.get(record.id, ()), packs, source, now) for record in picks]
    return Population(name, found, sum(map(len, others.values())))


def _of_record(
    record: AccountRecord, others: Sequence[AccountRecord], packs: Sequence[Pack], source: str, now: datetime
) -> Audited:
    pack = packs[-1]
    known = as_known(record, pack, source, now)
    statements: dict[str, list[Statement]] = {}
    for each in (record, *others):
        stale = as_known(each, pack, source, now).stale if each is not record else known.stale
        for name, value in each.values.items():
            said = Statement(
                source,
                f"{source}, row {each.row}",
                value,
                each.as_of.get(name),
                name in stale,
                each is record,
            )
            statements.setdefault(name, []).append(said)
    return Audited(known.account, _facts(record, packs, source, now), statements)


def _facts(record: AccountRecord, packs: Sequence[Pack], source: str, now: datetime) -> Facts:
    """Return what the last pack knows of a row, the labels of those before it included."""
    labels: dict[str, str] = {}
    facts: Facts | None = None
    for pack in packs:
        known = as_known(record, pack, source, now)
        read = {name: label for name, label in labels.items() if name in pack.schema}
        facts = take_facts(pack, {**known.values, **read}, now, believed=known.believed)
        labels[f"{pack.name}.segment"] = segment_of(pack, facts)[0].name
    assert facts is not None
    return facts


async def population_of_store(connection: Connection, packs: Sequence[Pack], now: datetime) -> Population:
    """Return the stored accounts as the last of some packs sees them, within a transaction."""
    pack = packs[-1]
    picks: list[StoredAccount] = []
    others: dict[str, list[StoredAccount]] = {}
    duplicates = await _duplicates(connection)
    async for stored in stored_accounts(connection, now, packs):
        pick = duplicates.get(stored.account.id)
        if pick is None:
            picks.append(stored)
        else:
            others.setdefault(pick, []).append(stored)
    reached = await _with_contacts(connection)
    found = []
    for stored in picks:
        facts = labels_of(stored, packs, now)[pack.name].facts
        statements = _of_stored(stored, others.get(stored.account.id, ()), pack, now)
        found.append(Audited(stored.account, facts, statements, stored.account.id in reached))
    return Population("the store", found, sum(map(len, others.values())))


def _of_stored(
    stored: StoredAccount, others: Sequence[StoredAccount], pack: Pack, now: datetime
) -> dict[str, list[Statement]]:
    statements: dict[str, list[Statement]] = {}
    for each in (stored, *others):
        for name, said in each.traits.items():
            if name in pack.blank:
                own = each is stored
                for source, one in said.items():
                    by = source if own else f"{source}, account {each.account.id}"
                    found = _statement(pack, name, source, by, one, now, own=own)
                    if found is not None:
                        statements.setdefault(name, []).append(found)
    return statements


def _statement(
    pack: Pack, name: str, source: str, by: str, said: Said, now: datetime, *, own: bool
) -> Statement | None:
    """Return what a source says, or None where it says nothing that this pack can read."""
    try:
        value = coerce(pack.schema[name], said[0], name)
    except ValueFault:
        return None
    if value is None:
        return None
    stale = name in known_traits({name: {source: said}}, pack, now).stale
    return Statement(source, by, value, instant_of(said[2]), stale, own)


async def _duplicates(connection: Connection) -> dict[str, str]:
    """Return the accounts that the tie-break would pass over, each with its pick, where that is stored."""
    cursor = await connection.execute(
        "SELECT passed.account_id, pick.account_id FROM segue.accounts AS passed"
        " JOIN segue.accounts AS pick ON pick.account_id = passed.duplicate_of"
        " WHERE passed.alias_of IS NULL AND pick.alias_of IS NULL AND pick.account_id <> passed.account_id"
        " AND pick.duplicate_of IS NULL"
    )
    return dict(await cursor.fetchall())


async def _with_contacts(connection: Connection) -> frozenset[str]:
    cursor = await connection.execute(
        "SELECT DISTINCT coalesce(alias_of, account_id) FROM segue.contacts JOIN segue.accounts USING (account_id)"
    )
    return frozenset(row[0] for row in await cursor.fetchall())
