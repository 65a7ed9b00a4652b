"""What is proposed for stored accounts that may be one: which would stay, why, and on what they contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.accounts.duplicates import DuplicateRow, TieBreak, tie_break
from segue.accounts.stored import Said, instant_of
from segue.accounts.stored_duplicates import DuplicateAccounts
from segue.core.database import Connection

_SHOWN = 50
"""Accounts of a group, and contradictions, that are shown; the tie-break looks at all."""

_MEMBERS = """
SELECT account_id, name, owner, domain, parent_id, traits, created_at,
    (SELECT max(at) FROM segue.events WHERE events.account_id = accounts.account_id AND mark IS NULL)
FROM segue.accounts WHERE account_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a group, with all that the tie-break looks at."""

    row: DuplicateRow
    domain: str | None
    parent: str | None
    traits: Mapping[str, Mapping[str, Said]]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, without its traits."""
        row = self.row
        return {
            "id": row.account_id, "domain": self.domain, "name": row.name, "owner": row.owner,
            "parent": self.parent, "has_open_opportunity": row.has_open_opportunity, "filled": row.filled,
            "last_activity": row.last_activity, "created": row.created,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A trait of which one source says different things of two accounts: what would count, and what not."""

    trait: str
    source: str
    kept: Any
    of: str
    other: Any
    other_of: str

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "trait": self.trait, "source": self.source, "kept": self.kept, "of": self.of,
            "other": self.other, "other_of": self.other_of,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A group with the account that the tie-break would let stay: the first of its members."""

    group: DuplicateAccounts
    members: tuple[Member, ...]
    because: TieBreak
    """The first point on which the pick is ahead of the next."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "shared": [
                {"by": each.by.value, "what": each.what, "accounts": list(each.accounts[:_SHOWN])}
                for each in self.group.shared
            ],
            "pick": self.members[0].row.account_id,
            "because": self.because.value,
            "size": len(self.members),
            "accounts": [each.to_json() for each in self.members[:_SHOWN]],
            "contradictions": [each.to_json() for each in contradictions(self.members)[:_SHOWN]],
        }


async def proposals(connection: Connection, groups: Sequence[DuplicateAccounts]) -> list[Proposal]:
    """Return what is proposed for some groups; one of which less than two accounts are left is left out."""
    wanted = [account for group in groups for account in group.accounts]
    found = {each.row.account_id: each for each in await read_members(connection, wanted)}
    made = []
    for group in groups:
        members = sorted((found[each] for each in group.accounts if each in found), key=_before)
        if len(members) > 1:
            made.append(Proposal(group, tuple(members), tie_break(members[0].row, members[1].row)))
    return made


async def read_members(connection: Connection, account_ids: Sequence[str]) -> list[Member]:
    """Return accounts as the tie-break looks at them, by one query."""
    cursor = await connection.execute(_MEMBERS, (list(account_ids),))
    found = []
    for account_id, name, owner, domain, parent, traits, created, active in await cursor.fetchall():
        stated = [
            trait for trait, said in traits.items() if any(each[0] is not None for each in said.values())
        ]
        filled = len(stated) + sum(each is not None for each in (name, owner, domain, parent))
        has_open = _newest(traits.get("has_open_opportunity", {})) is True
        row = DuplicateRow(0, account_id, name, owner, has_open, filled, active, created)
        found.append(Member(row, domain, parent, traits))
    return found


def contradictions(members: Sequence[Member]) -> list[Contradiction]:
    """Return on what a source contradicts itself, were all merged into the first. Pure.

    What it said last counts, of equally new what it says of the first, as `alias_sql` has it.
    """
    first = members[0].row.account_id
    ordered = sorted(members, key=lambda each: (each.row.account_id != first, each.row.account_id))
    told: dict[tuple[str, str], list[tuple[Said, str]]] = {}
    for member in ordered:
        for trait, said in member.traits.items():
            for source, one in said.items():
                told.setdefault((trait, source), []).append((one, member.row.account_id))
    found = []
    for (trait, source), each in sorted(told.items()):
        (kept, _, _), of = max(each, key=lambda pair: pair[0][2])  # of equals the first
        others = [(value, account) for (value, _, _), account in each if value not in (None, kept)]
        found += [Contradiction(trait, source, kept, of, value, account) for value, account in others]
    return found


def _newest(said: Mapping[str, Said]) -> Any:
    return max(said.values(), key=lambda each: each[2], default=(None, None, 0))[0]


def _before(member: Member) -> tuple[Any, ...]:
    """Return where the tie-break puts an account: the first stays."""
    row = member.row
    active = -_seconds(row.last_activity) if row.last_activity is not None else float("inf")
    return (
        row.owner is None, not row.has_open_opportunity, -row.filled, active,
        _seconds(row.created or instant_of(0)), len(row.account_id), row.account_id,
    )  # fmt: skip


def _seconds(instant: datetime) -> float:
    return instant.timestamp()
