"""Packs as PostgreSQL keeps them: whole revisions, and the deployments that say which are active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg.types.json import Jsonb

from segue.agents.artifact_store import read_artifacts
from segue.core.database import Connection, Database
from segue.core.errors import ConflictError, InputError, NotFoundError
from segue.policies.artifact import PROOF_SLOT
from segue.policies.pack import Pack

CHANGED = "segue_changed"
"""The channel on which replicas hear that policies, switches or keys changed."""

_DEPLOY_LOCK = 0x5E60D


@dataclass(frozen=True, slots=True)
class Deployed:
    """One pack of a deployment; a shadow labels and decides, and carries nothing out."""

    pack: str
    revision: str
    shadow: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"pack": self.pack, "revision": self.revision, "shadow": self.shadow}


ArtifactIds = Mapping[str, Mapping[str, str]]
"""Pack to trait to the id of the artifact that the trait reads; `PROOF_SLOT` is that of the proof points."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Which packs are active, in their order. `deployment_id` grows with every change."""

    deployment_id: int
    packs: tuple[Deployed, ...]
    previous_id: int | None = None
    action: str = "activate"
    artifacts: ArtifactIds = field(default_factory=dict)
    """What was decided for them outside their files. Proof points are not of a deployment: its rows leave them
    out, what is withdrawn stays withdrawn when a deployment is rolled back, and no label hangs on them."""


async def store_pack(connection: Connection, pack: Pack, files: Mapping[str, bytes], by: str) -> None:
    """Keep a revision that has loaded; one that is there already stays as it is."""
    texts = {path: content.decode() for path, content in files.items()}
    await connection.execute(
        "INSERT INTO segue.policy_revisions (revision, pack, files, stored_by) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (pack.revision, pack.name, Jsonb(texts), by),
    )


async def read_files_of(connection: Connection, revision: str) -> tuple[str, dict[str, bytes]]:
    """Return the pack's name and the files of a stored revision.

    Raises:
        NotFoundError: no such revision was stored.
    """
    cursor = await connection.execute(
        "SELECT pack, files FROM segue.policy_revisions WHERE revision = %s", (revision,)
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFoundError(f"no policy revision {revision!r} is stored")
    return row[0], {path: text.encode() for path, text in row[1].items()}


async def revision_of_prefix(connection: Connection, prefix: str) -> str:
    """Return the one stored revision that begins so.

    Raises:
        NotFoundError: none does.
        InputError: several do.
    """
    cursor = await connection.execute(
        "SELECT revision FROM segue.policy_revisions WHERE starts_with(revision, %s) LIMIT 2", (prefix,)
    )
    rows = await cursor.fetchall()
    if not rows:
        raise NotFoundError(f"no policy revision {prefix!r} is stored")
    if len(rows) > 1:
        raise InputError(f"several stored revisions begin with {prefix!r}: give more of it")
    return str(rows[0][0])


async def newest_deployment(connection: Connection) -> Deployment | None:
    """Return what is active, with the proof points that are live now, or None before the first activation."""
    cursor = await connection.execute(
        "SELECT deployment_id, packs, previous_id, action, artifacts,"
        " (SELECT coalesce(jsonb_object_agg(pack, artifact_id), '{}') FROM segue.live_proof)"
        " FROM segue.deployments ORDER BY deployment_id DESC LIMIT 1"
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    found = _deployment(row[:5])
    proof = {each.pack: row[5][each.pack] for each in found.packs if each.pack in row[5]}
    return replace(found, artifacts=_with_proof(found.artifacts, proof)) if proof else found


def _with_proof(artifacts: ArtifactIds, proof: Mapping[str, str]) -> ArtifactIds:
    merged = {pack: dict(ids) for pack, ids in artifacts.items()}
    for pack, artifact_id in proof.items():
        merged.setdefault(pack, {})[PROOF_SLOT] = artifact_id
    return merged


async def deploy(
    database: Database,
    packs: Sequence[Deployed],
    action: str,
    by: str,
    expected_id: int | None = None,
    *,
    set_off: bool = False,
) -> Deployment:
    """Make some packs the active ones, all of them or none, and tell every replica.

    What the population decided stays active, as far as it fits the packs. Every account is labelled
    again; what moves by that sets nothing off, unless `set_off` is true.

    Raises:
        ConflictError: `expected_id` is given and another deployment was made since.
        NotFoundError: a revision is not stored.
    """
    async with database.transaction() as connection:
        before = await _locked(connection, expected_id)
        wanted = [each.revision for each in packs]
        cursor = await connection.execute(
            "SELECT revision FROM segue.policy_revisions WHERE revision = ANY(%s)", (wanted,)
        )
        missing = set(wanted) - {row[0] for row in await cursor.fetchall()}
        if missing:
            raise NotFoundError(f"no policy revision {min(missing)!r} is stored")
        kept = before or Deployment(0, ())
        previous = before.deployment_id if before else None
        return await _append(connection, packs, action, by, previous, set_off, kept.artifacts)


async def activate_artifacts(
    database: Database,
    wanted: ArtifactIds,
    by: str,
    *,
    superseded: Mapping[tuple[str, str], str | None] | None = None,
    set_off: bool = False,
) -> Deployment:
    """Let traits of the active packs read other artifacts, and tell every replica, as `deploy` does.

    `superseded` says, by pack and trait, which artifact is to be active before.

    Raises:
        ConflictError: no pack is active; or another artifact is than is to be superseded.
        NotFoundError: an artifact is not stored.
    """
    async with database.transaction() as connection:
        before = await _locked(connection, None)
        if before is None:
            raise ConflictError("no pack is active: activate one first")
        for (pack, trait), expected in (superseded or {}).items():
            active = before.artifacts.get(pack, {}).get(trait)
            if active != expected:
                raise ConflictError(
                    f"{pack}.{trait}: {active or 'none'} is active, expected {expected or 'none'}:"
                    " another was applied meanwhile"
                )
        await read_artifacts(connection, [each for ids in wanted.values() for each in ids.values()])
        packs = {*before.artifacts, *wanted}
        merged = {pack: {**before.artifacts.get(pack, {}), **wanted.get(pack, {})} for pack in packs}
        return await _append(connection, before.packs, "activate", by, before.deployment_id, set_off, merged)


async def roll_back(
    database: Database, by: str, expected_id: int | None = None, *, set_off: bool = False
) -> Deployment:
    """Make the packs and artifacts active that were so before the last activation, and tell every replica.

    Rolled back again, it goes one further back. `set_off` is as for `deploy`.

    Raises:
        ConflictError: there is nothing to go back to, or another deployment was made meanwhile.
    """
    async with database.transaction() as connection:
        now = await _locked(connection, expected_id)
        if now is None or now.previous_id is None:
            raise ConflictError("there is no earlier deployment to go back to")
        cursor = await connection.execute(f"{_SELECT} WHERE deployment_id = %s", (now.previous_id,))
        row = await cursor.fetchone()
        assert row is not None
        before = _deployment(row)
        return await _append(
            connection, before.packs, "rollback", by, before.previous_id, set_off, before.artifacts
        )


async def _locked(connection: Connection, expected_id: int | None) -> Deployment | None:
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_DEPLOY_LOCK,))
    found = await newest_deployment(connection)
    at = found.deployment_id if found else 0
    if expected_id is not None and expected_id != at:
        raise ConflictError(f"deployment {at} is active, expected {expected_id}: another was made meanwhile")
    return found


async def _append(
    connection: Connection,
    packs: Sequence[Deployed],
    action: str,
    by: str,
    previous_id: int | None,
    set_off: bool,
    artifacts: ArtifactIds,
) -> Deployment:
    without_proof = {
        pack: {name: each for name, each in ids.items() if name != PROOF_SLOT}
        for pack, ids in artifacts.items()
    }
    kept = {pack: ids for pack, ids in without_proof.items() if ids}
    cursor = await connection.execute(
        "INSERT INTO segue.deployments (packs, action, made_by, previous_id, artifacts)"
        " VALUES (%s, %s, %s, %s, %s) RETURNING deployment_id",
        (Jsonb([each.to_json() for each in packs]), action, by, previous_id, Jsonb(kept)),
    )
    row = await cursor.fetchone()
    assert row is not None
    await connection.execute(
        "INSERT INTO segue.relabellings (deployment_id, set_off) VALUES (%s, %s)", (row[0], set_off)
    )
    await connection.execute(f"NOTIFY {CHANGED}")
    return Deployment(row[0], tuple(packs), previous_id, action, kept)


_SELECT = "SELECT deployment_id, packs, previous_id, action, artifacts FROM segue.deployments"


def _deployment(row: Sequence[Any]) -> Deployment:
    packs = tuple(Deployed(**each) for each in row[1])
    return Deployment(row[0], packs, *row[2:])
