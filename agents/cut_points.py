"""Cut points made from the whole population: of every trait `rfm` of the packs that serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from segue.accounts.event_population import gather_events
from segue.agents.artifact_store import store_artifact
from segue.core.database import Connection, Database
from segue.core.errors import InputError, NotFoundError, nearest
from segue.policies.artifact import Artifact, ArtifactKind, artifact_of
from segue.policies.artifacts import definition_of
from segue.policies.event_traits import EventTrait, event_traits_of
from segue.policies.language.dialects import Dialect
from segue.policies.models.events import Rfm
from segue.policies.pack import Pack
from segue.policies.rfm import PARTS, RfmScale, recency_cut
from segue.policies.rfm_program import cut_points_query, rfm_query


@dataclass(frozen=True, slots=True)
class MadeCutPoints:
    """Cut points that were made and stored, and how many accounts came into each quantile."""

    artifact: Artifact
    sizes: dict[str, list[int]]
    """By part, from the lowest quantile to the highest."""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        found = self.artifact
        return {
            "artifact": found.id, "kind": found.kind.value, "pack": found.pack, "trait": found.trait,
            "as_of": found.as_of.isoformat(), **found.body, "sizes": self.sizes,
        }  # fmt: skip


async def make_cut_points(
    database: Database, packs: Sequence[Pack], as_of: datetime, by: str, only: str | None = None
) -> list[MadeCutPoints]:
    """Make and store the cut points of every `rfm` of some packs at an instant, or of one; none is active yet.

    Made of the events that are stored now and were dated up to `as_of`.

    Raises:
        NotFoundError: no pack has such a trait.
        InputError: no account has an event that would count.
    """
    wanted = [
        (pack, name, trait.rfm)
        for pack in packs
        for name, trait in pack.traits.items()
        if trait.rfm is not None and only in (None, name)
    ]
    if not wanted:
        known = [name for pack in packs for name, trait in pack.traits.items() if trait.rfm is not None]
        named = "trait by `rfm`" if only is None else f"trait {only!r} by `rfm`"
        raise NotFoundError(f"no active pack has a {named}{nearest(only or '', known)}")
    instant = as_of.astimezone(UTC)
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL TimeZone = 'UTC'")
        if not await gather_events(connection, instant):
            raise InputError("no event was ever stored: there is no population to cut")
        made = []
        for pack, name, rfm in wanted:
            trait = event_traits_of(pack)[name]
            body = await _cut(connection, name, rfm, trait, instant)
            artifact = artifact_of(ArtifactKind.CUT_POINTS, pack.name, name, instant, body)
            await store_artifact(connection, artifact, by)
            scale = RfmScale.of(rfm.quantiles, rfm.part, body)
            made.append(MadeCutPoints(artifact, await _sizes(connection, trait, scale, instant)))
    return made


async def _cut(
    connection: Connection, name: str, rfm: Rfm, trait: EventTrait, now: datetime
) -> dict[str, Any]:
    cursor = await connection.execute(
        cut_points_query(trait, "population_events", Dialect.POSTGRES, now).encode()
    )
    row = await cursor.fetchone()
    if row is None or not row[0]:
        raise InputError(f"{name}: no account has such an event in the window up to {now.isoformat()}")
    lasts, days, totals = row[1::3], row[2::3], row[3::3]
    return {
        "definition": definition_of(rfm),
        "accounts": row[0],
        "recency": [recency_cut(now - last) for last in lasts],
        "frequency": list(days),
        "monetary": list(totals),
    }


async def _sizes(
    connection: Connection, trait: EventTrait, scale: RfmScale, now: datetime
) -> dict[str, list[int]]:
    cursor = await connection.execute(rfm_query(trait, "population_events", Dialect.POSTGRES, now).encode())
    sizes = {part: [0] * scale.quantiles for part in PARTS}
    while rows := await cursor.fetchmany(10_000):
        for _, last, days, total in rows:
            for part, score in scale.scores(now - last, days, total).items():
                sizes[part][score - 1] += 1
    return sizes
