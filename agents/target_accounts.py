"""The target account list: proposed from every account at once, and applied by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from segue.accounts.population import known_table, label_population
from segue.agents.artifact_store import read_artifacts, store_artifact
from segue.agents.policy_store import Deployment, activate_artifacts
from segue.core.database import Connection, Database
from segue.core.errors import InputError, NotFoundError, nearest
from segue.policies.artifact import Artifact, ArtifactKind, artifact_of
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import range_columns
from segue.policies.language.types import Type
from segue.policies.models.rank import NO_SEAT
from segue.policies.pack import Pack
from segue.policies.program import Program
from segue.policies.seating import Candidate, Seating, SeatReason, seat


@dataclass(frozen=True, slots=True)
class SeatChange:
    """An account that enters the list, leaves it, or moves to another tier."""

    account_id: str
    domain: str | None
    name: str | None
    before: str
    after: str
    """The tiers; `none` is no seat."""
    reason: SeatReason
    ahead_of: str | None
    rank_before: int | None
    rank_after: int | None
    """None for one that may not have a seat now."""
    score_before: float | None
    score_after: float | None

    @property
    def what(self) -> str:
        """`enters`, `leaves` or `moves`."""
        if self.before == NO_SEAT:
            return "enters"
        return "leaves" if self.after == NO_SEAT else "moves"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "account": self.account_id, "domain": self.domain, "name": self.name, "what": self.what,
            "from": self.before, "to": self.after, "reason": self.reason.value, "ahead_of": self.ahead_of,
            "rank": {"before": self.rank_before, "after": self.rank_after},
            "score": {"before": self.score_before, "after": self.score_after},
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListProposal:
    """A list as it would be now, stored as an artifact; nothing reads it until it is applied."""

    artifact: Artifact
    eligible: int
    """Accounts that may have a seat."""
    seats: Mapping[str, int]
    """Seats taken, by tier."""
    kept: int
    changes: tuple[SeatChange, ...]
    """The best first, then those who leave."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        found = self.artifact
        return {
            "proposal": found.id, "pack": found.pack, "trait": found.trait, "as_of": found.as_of.isoformat(),
            "supersedes": found.body["supersedes"], "eligible": self.eligible, "seats": dict(self.seats),
            "kept": self.kept, "changes": [each.to_json() for each in self.changes],
        }  # fmt: skip


async def propose_list(
    database: Database, packs: Sequence[Pack], trait: str | None, now: datetime, by: str
) -> ListProposal:
    """Rank every stored account by the last of `packs`, give seats away, and store the list that comes of it.

    The packs read the artifacts that are active: the list that is applied has the seats that are kept.

    Raises:
        NotFoundError: the pack has no such trait `rank`.
        InputError: it has several and none is named.
    """
    pack = packs[-1]
    name = rank_of(pack, trait)
    rank = pack.traits[name].rank
    assert rank is not None
    active = pack.artifacts.get(name)
    held = {each[0]: each for each in active.body["seats"]} if active else {}
    instant = now.astimezone(UTC)
    async with database.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await label_population(connection, packs, instant)
        most = sum(rank.tiers.values()) + len(held)
        eligible, candidates = await _candidates(connection, pack, name, instant, most, sorted(held))
        seating = seat(rank, candidates, {account: each[1] for account, each in held.items()})
        body = {
            "supersedes": active.id if active else None,
            "eligible": eligible,
            "seats": [[each.account_id, each.tier, each.rank, each.score] for each in seating.seats],
        }
        artifact = artifact_of(ArtifactKind.TARGET_ACCOUNTS, pack.name, name, instant, body)
        await store_artifact(connection, artifact, by)
        changes = await _changes(connection, seating, held, candidates)
    taken = {tier: sum(each.tier == tier for each in seating.seats) for tier in rank.tiers}
    kept = len(seating.seats) - sum(each.after != NO_SEAT for each in changes)
    return ListProposal(artifact, eligible, taken, kept, tuple(changes))


async def apply_list(database: Database, proposal: Artifact, by: str, *, set_off: bool = False) -> Deployment:
    """Make a proposed list the one that its trait reads, in place of the one that it was proposed from.

    Every account is labelled again in the background, as after a change of policy.

    Raises:
        InputError: the artifact is no list.
        ConflictError: another list was applied since it was proposed.
    """
    if proposal.kind is not ArtifactKind.TARGET_ACCOUNTS:
        raise InputError(f"expected a proposed list, found {proposal.kind.value} of {proposal.trait!r}")
    return await activate_artifacts(
        database, {proposal.pack: {proposal.trait: proposal.id}}, by,
        superseded={(proposal.pack, proposal.trait): proposal.body["supersedes"]}, set_off=set_off,
    )  # fmt: skip


async def applied_list(
    connection: Connection, deployment: Deployment, pack: str, trait: str
) -> Artifact | None:
    """Return the list that a trait reads, or None before the first was applied."""
    found = deployment.artifacts.get(pack, {}).get(trait)
    return None if found is None else (await read_artifacts(connection, [found]))[found]


def list_json(pack: str, trait: str, found: Artifact | None) -> dict[str, Any]:
    """Return a list that is applied, or that there is none, as plain JSON."""
    seats = [] if found is None else found.body["seats"]
    return {
        "pack": pack, "trait": trait, "artifact": found and found.id,
        "as_of": found.as_of.isoformat() if found else None,
        "seats": [{"account": each[0], "tier": each[1], "rank": each[2], "score": each[3]} for each in seats],
    }  # fmt: skip


def rank_of(pack: Pack, trait: str | None) -> str:
    """Return the `rank` of a pack: the one that is named, or the only one.

    Raises:
        NotFoundError: there is none, or none of that name.
        InputError: there are several and none is named.
    """
    if trait is not None and trait in pack.ranks:
        return trait
    if not pack.ranks or trait is not None:
        named = "" if trait is None else f" {trait!r}"
        raise NotFoundError(f"{pack.name} has no rank{named}{nearest(trait or '', pack.ranks)}")
    if len(pack.ranks) > 1:
        raise InputError(f"{pack.name} has several ranks, name one of {', '.join(sorted(pack.ranks))}")
    return next(iter(pack.ranks))


async def _candidates(
    connection: Connection, pack: Pack, name: str, now: datetime, most: int, held: Sequence[str]
) -> tuple[int, list[Candidate]]:
    """Return how many accounts may have a seat, and the best of them with those who hold one."""
    known = known_table(pack)
    cursor = await connection.execute(f"SELECT * FROM {known} LIMIT 0".encode())  # noqa: S608 - our own name
    columns = [each.name for each in cursor.description or ()]
    program = Program(pack, Dialect.POSTGRES, now, columns, ("account_id",))
    rank = pack.ranks[name]
    by = program.add("rank_by", rank.by).name
    score = range_columns(by)[0] if rank.by.type is Type.RANGE else by
    may = "TRUE" if rank.when is None else program.add("rank_when", rank.when).name
    query = program.query(known, [f"CAST({score} AS DOUBLE PRECISION) AS score", f"{may} AS may"])
    await connection.execute(
        "CREATE TEMP TABLE population_ranked ON COMMIT DROP AS SELECT account_id, round(score::numeric, 6)::float8"  # noqa: S608
        ' AS score, row_number() OVER (ORDER BY round(score::numeric, 6) DESC, account_id COLLATE "C") AS place'
        f" FROM ({query}) AS scored WHERE may AND score IS NOT NULL".encode()
    )
    cursor = await connection.execute(
        "SELECT account_id, score, place, (SELECT count(*) FROM population_ranked) FROM population_ranked"
        " WHERE place <= %s OR account_id = ANY(%s) ORDER BY place",
        (most, list(held)),
    )
    rows = await cursor.fetchall()
    return (rows[0][3] if rows else 0), [Candidate(*row[:3]) for row in rows]


async def _changes(
    connection: Connection,
    seating: Seating,
    held: Mapping[str, Sequence[Any]],
    candidates: Sequence[Candidate],
) -> list[SeatChange]:
    """Return who enters, leaves or moves, with what a person reads of them."""
    now = {each.account_id: each for each in candidates}
    moved = [
        (each.account_id, each.tier, each.reason, each.ahead_of)
        for each in seating.seats
        if each.account_id not in held or held[each.account_id][1] != each.tier
    ]
    moved += [(account, NO_SEAT, reason, None) for account, reason in seating.lost.items()]
    cursor = await connection.execute(
        "SELECT account_id, domain, name FROM segue.accounts WHERE account_id = ANY(%s)",
        ([each[0] for each in moved],),
    )
    who = {row[0]: (row[1], row[2]) for row in await cursor.fetchall()}
    found = []
    for account, tier, reason, ahead_of in moved:
        old, new = held.get(account), now.get(account)
        found.append(
            SeatChange(
                account,
                *who.get(account, (None, None)),
                old[1] if old else NO_SEAT,
                tier,
                reason,
                ahead_of,
                old[2] if old else None,
                new.rank if new else None,
                old[3] if old else None,
                new.score if new else None,
            )
        )
    return found
