"""Replay: logged decisions made again from their stored facts, under the revisions they name, and compared.

A decision whose facts were erased, or one of whose revisions is not stored any more, is counted as
that and never called a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson

from segue.agents.decide import decide
from segue.agents.decision import Explain
from segue.agents.live_policies import LivePolicies
from segue.agents.logged_facts import are_erased, logged_facts
from segue.core.database import Connection, Database
from segue.core.errors import NotFoundError, SegueError, UnavailableError
from segue.policies.pack import Pack

LEFT_OUT = frozenset({"decision_id", "latency_ms", "flip", "revision"})
"""What of an answer is not compared: no two decisions share the first two, callers ask for the third, and a
conversation counts the last."""
MOST_SHOWN = 1_000
"""Differences that are kept to be shown; all are counted."""
_FETCH = 500
_ABSENT = "(not there)"


@dataclass(frozen=True, slots=True)
class Period:
    """Which decisions are read: from an instant, before an instant, of one pack, at most so many."""

    since: datetime | None = None
    until: datetime | None = None
    pack: str | None = None
    limit: int | None = None
    """Of more, the newest."""

    def where(self) -> tuple[LiteralString, dict[str, Any]]:
        """Return the condition on `segue.decisions` and its parameters."""
        conditions: list[LiteralString] = ["true"]
        if self.since is not None:
            conditions.append("decision_id >= segue.first_id(%(since)s)")
        if self.until is not None:
            conditions.append("decision_id < segue.first_id(%(until)s)")
        if self.pack is not None:
            conditions.append("pack = %(pack)s")
        return " AND ".join(conditions), {"since": self.since, "until": self.until, "pack": self.pack}


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that came out otherwise: the first field that differs, as logged and as replayed."""

    decision_id: str
    field: str
    """A path such as `considered[2].reason`."""
    logged: Any
    replayed: Any

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "decision_id": self.decision_id, "field": self.field,
            "logged": self.logged, "replayed": self.replayed,
        }  # fmt: skip


@dataclass(slots=True)
class Replayed:
    """What a replay found. Every decision read is in exactly one of the four counts."""

    same: int = 0
    different: int = 0
    erased: int = 0
    """Decisions whose facts were erased."""
    revision_gone: int = 0
    """Decisions of a revision, or with an artifact, that is not stored any more."""
    differences: list[Difference] = field(default_factory=list)
    """The first of them, up to `MOST_SHOWN`."""
    revisions: dict[str, int] = field(default_factory=dict)
    """Decisions by the revision that they name."""

    @property
    def decisions(self) -> int:
        """How many were read."""
        return self.same + self.different + self.erased + self.revision_gone

    def add(self, other: Replayed) -> None:
        """Take in what another part of the log gave."""
        self.same += other.same
        self.different += other.different
        self.erased += other.erased
        self.revision_gone += other.revision_gone
        self.differences += other.differences[: MOST_SHOWN - len(self.differences)]
        for revision, count in other.revisions.items():
            self.revisions[revision] = self.revisions.get(revision, 0) + count

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "decisions": self.decisions,
            "same": self.same,
            "different": self.different,
            "erased": self.erased,
            "revision_gone": self.revision_gone,
            "revisions": self.revisions,
            "differences": [each.to_json() for each in self.differences],
        }


Chains = dict[tuple[str, ...], tuple[Pack, ...] | SegueError]
"""The packs of revisions that were asked for, or why there are none."""


async def replay_range(
    database: Database, period: Period, first: UUID, last: UUID, chains: Chains
) -> Replayed:
    """Replay the decisions of a period whose ids are from `first` to `last`, both included.

    `chains` keeps the packs that were loaded, for the next range.

    Raises:
        UnavailableError: the database does not answer.
    """
    found = Replayed()
    policies = LivePolicies(database)
    where, parameters = period.where()
    query = (
        "SELECT decision_id, revision, facts::text, proposal, answer::text FROM segue.decisions"  # noqa: S608
        f" WHERE decision_id BETWEEN %(first)s AND %(last)s AND {where} ORDER BY decision_id"
    )
    async with database.transaction() as connection, connection.cursor("replay") as cursor:
        cursor.itersize = _FETCH
        await cursor.execute(query, {**parameters, "first": first, "last": last})
        async for decision_id, revision, facts, proposal, answer in cursor:
            found.revisions[revision] = found.revisions.get(revision, 0) + 1
            logged, stored = orjson.loads(answer), orjson.loads(facts)
            if are_erased(stored):
                found.erased += 1
                continue
            packs = await _chain(policies, chains, logged["policy"])
            if isinstance(packs, NotFoundError):
                found.revision_gone += 1
                continue
            difference = _compare(str(decision_id), logged, stored, proposal, packs)
            if difference is None:
                found.same += 1
                continue
            found.different += 1
            if len(found.differences) < MOST_SHOWN:
                found.differences.append(difference)
    return found


async def ranges_of(connection: Connection, period: Period, size: int) -> list[tuple[UUID, UUID, int]]:
    """Return the ids of a period cut into ranges of `size` decisions, the oldest first: first, last, count."""
    where, parameters = period.where()
    newest = "ORDER BY decision_id DESC LIMIT %(limit)s" if period.limit is not None else ""
    # not every PostgreSQL that serves has a min of uuid
    query = f"""
        SELECT (array_agg(decision_id ORDER BY decision_id))[1],
            (array_agg(decision_id ORDER BY decision_id DESC))[1], count(*)
        FROM (
            SELECT decision_id, (row_number() OVER (ORDER BY decision_id) - 1) / %(size)s AS part
            FROM (SELECT decision_id FROM segue.decisions WHERE {where} {newest}) AS wanted
        ) AS parts
        GROUP BY part ORDER BY part
    """  # noqa: S608 - nothing of it comes from outside
    cursor = await connection.execute(query, {**parameters, "size": size, "limit": period.limit})
    return [(first, last, count) for first, last, count in await cursor.fetchall()]


def first_difference(logged: Any, replayed: Any, path: str = "") -> tuple[str, Any, Any] | None:
    """Return the path, and both values, of the first place where two JSON documents differ, or None."""
    if logged == replayed and type(logged) is type(replayed) and not isinstance(logged, dict | list):
        return None
    for before, after, name in _parts(logged, replayed):
        found = first_difference(before, after, f"{path}{name}")
        if found is not None:
            return found
    if isinstance(logged, dict) and isinstance(replayed, dict):
        return None
    if isinstance(logged, list) and isinstance(replayed, list):
        return None
    return path.lstrip("."), logged, replayed


def _parts(logged: Any, replayed: Any) -> Iterator[tuple[Any, Any, str]]:
    if isinstance(logged, dict) and isinstance(replayed, dict):
        for name in dict.fromkeys((*logged, *replayed)):
            yield logged.get(name, _ABSENT), replayed.get(name, _ABSENT), f".{name}"
    elif isinstance(logged, list) and isinstance(replayed, list):
        for number in range(max(len(logged), len(replayed))):
            before = logged[number] if number < len(logged) else _ABSENT
            after = replayed[number] if number < len(replayed) else _ABSENT
            yield before, after, f"[{number}]"


def _compare(
    decision_id: str,
    logged: dict[str, Any],
    facts: Mapping[str, Any],
    proposal: Mapping[str, Any] | None,
    packs: tuple[Pack, ...] | SegueError,
) -> Difference | None:
    """Decide again, and return the first field that came out otherwise, or None."""
    if isinstance(packs, SegueError):
        return Difference(decision_id, "policy", logged["policy"]["revision"], str(packs))
    try:
        again = decide(logged_facts(facts).snapshot(packs), proposal=proposal).to_json(Explain.SHORT)
    except (SegueError, KeyError, TypeError, ValueError) as error:
        return Difference(decision_id, "facts", _ABSENT, f"{type(error).__name__}: {error}")
    replayed = orjson.loads(orjson.dumps(again))
    for document in (logged, replayed):
        for name in LEFT_OUT:
            document.pop(name, None)
    if orjson.dumps(logged) == orjson.dumps(replayed):
        return None
    different = first_difference(logged, replayed)
    return None if different is None else Difference(decision_id, *different)


async def _chain(
    policies: LivePolicies, chains: Chains, policy: Mapping[str, Any]
) -> tuple[Pack, ...] | SegueError:
    revisions, artifacts = policy["packs"], policy.get("artifacts", {})
    ids = (each for pack in artifacts.values() for each in pack.values())
    key = (*revisions.values(), *ids)
    found = chains.get(key)
    if found is None:
        try:
            found = await policies.chain(revisions, artifacts)
        except UnavailableError:
            raise
        except SegueError as error:
            found = error
        chains[key] = found
    return found
