"""The rows of the proof points that are stored, and the pointer to those that each pack reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.agents.artifact_store import store_artifact
from segue.agents.knowledge.stored_proof import ProofDraft, ProofState, StoredProof
from segue.agents.policy_store import CHANGED
from segue.core.database import Connection
from segue.policies.artifact import PROOF_SLOT, Artifact, ArtifactKind, artifact_of

_LOCK = 0x5E60F
_COLUMNS = (
    "pack, proof_id, version, state, claim, body, tags, evidence, expires_on, example, source,"
    " added_by, added_at, approved_by, approved_at, expired_by, expired_at, reason"
)


async def lock_proof(connection: Connection) -> None:
    """Let nobody else change stored proof points until this transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


async def newest_versions(
    connection: Connection, pack: str | None = None, ids: Iterable[str] | None = None
) -> list[StoredProof]:
    """Return the version of each stored proof point that was added last, by pack and id."""
    return await _read(
        connection,
        f"SELECT DISTINCT ON (pack, proof_id) {_COLUMNS} FROM segue.proof_points"  # noqa: S608
        " WHERE (%(pack)s::text IS NULL OR pack = %(pack)s) AND (%(ids)s::text[] IS NULL OR proof_id = ANY(%(ids)s))"
        " ORDER BY pack, proof_id, version DESC",
        {"pack": pack, "ids": None if ids is None else sorted(ids)},
    )


async def stored_proof_points(
    connection: Connection, pack: str | None = None, state: ProofState | None = None
) -> list[StoredProof]:
    """Return every version that is stored, of one pack or all, in one state or all."""
    return await _read(
        connection,
        f"SELECT {_COLUMNS} FROM segue.proof_points"  # noqa: S608
        " WHERE (%(pack)s::text IS NULL OR pack = %(pack)s) AND (%(state)s::text IS NULL OR state = %(state)s)"
        " ORDER BY pack, proof_id, version",
        {"pack": pack, "state": state},
    )


async def add_version(
    connection: Connection, pack: str, draft: ProofDraft, version: int, by: str, now: datetime
) -> None:
    """Store a draft; one of the same version takes its text and who added it."""
    found = draft.claim
    await connection.execute(
        "INSERT INTO segue.proof_points (pack, proof_id, version, state, claim, body, tags, evidence, expires_on,"
        " example, source, added_by, added_at) VALUES (%s, %s, %s, 'draft', %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (pack, proof_id, version) DO UPDATE SET claim = excluded.claim, body = excluded.body,"
        " tags = excluded.tags, evidence = excluded.evidence, expires_on = excluded.expires_on,"
        " example = excluded.example, source = excluded.source, added_by = excluded.added_by,"
        " added_at = excluded.added_at",
        (pack, found.id, version, found.claim, draft.body, Jsonb(found.tags), found.evidence, found.expires_on,
         found.example, draft.source, by, now),
    )  # fmt: skip


async def expire_versions(
    connection: Connection, pack: str, ids: Sequence[str], state: ProofState, by: str, now: datetime, why: str
) -> None:
    """End the versions of some proof points that are in a state."""
    await connection.execute(
        "UPDATE segue.proof_points SET state = 'expired', expired_by = %s, expired_at = %s, reason = %s"
        " WHERE pack = %s AND proof_id = ANY(%s) AND state = %s",
        (by, now, why, pack, list(ids), state),
    )


async def approve_drafts(
    connection: Connection, pack: str, ids: Sequence[str], by: str, now: datetime
) -> None:
    """Approve the drafts of some proof points; a version that was approved before ends with that."""
    await expire_versions(connection, pack, ids, ProofState.APPROVED, by, now, "replaced by a later version")
    await connection.execute(
        "UPDATE segue.proof_points SET state = 'approved', approved_by = %s, approved_at = %s"
        " WHERE pack = %s AND proof_id = ANY(%s) AND state = 'draft'",
        (by, now, pack, list(ids)),
    )


async def publish_proof(connection: Connection, pack: str, by: str, now: datetime) -> Artifact:
    """Let the pack read the proof points that are approved now, and tell every replica."""
    approved = await stored_proof_points(connection, pack, ProofState.APPROVED)
    body = {"points": [each.as_point() for each in approved]}
    artifact = artifact_of(ArtifactKind.PROOF_POINTS, pack, PROOF_SLOT, now, body)
    await store_artifact(connection, artifact, by)
    await connection.execute(
        "INSERT INTO segue.live_proof VALUES (%s, %s, %s, %s) ON CONFLICT (pack) DO UPDATE"
        " SET artifact_id = excluded.artifact_id, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        (pack, artifact.id, now, by),
    )
    await connection.execute(f"NOTIFY {CHANGED}")
    return artifact


async def _read(connection: Connection, query: str, values: dict[str, Any]) -> list[StoredProof]:
    cursor = await connection.execute(query.encode(), values)
    return [_stored(row) for row in await cursor.fetchall()]


def _stored(row: Sequence[Any]) -> StoredProof:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("added_at", "approved_at", "expired_at"):
        values[name] = values[name] and values[name].astimezone(UTC)
    return StoredProof(**{**values, "state": ProofState(values["state"])})
