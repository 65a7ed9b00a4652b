"""Artifacts as PostgreSQL keeps them: stored once by the hash of their content, and read by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from segue.core.database import Connection
from segue.core.errors import InputError, NotFoundError
from segue.policies.artifact import Artifact, ArtifactKind

_COLUMNS = "artifact_id, kind, pack, trait, as_of, body"


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An artifact, and when and by whom it was stored."""

    artifact: Artifact
    made_at: datetime
    made_by: str

    def to_json(self) -> dict[str, Any]:
        """Return all but the body as plain JSON."""
        found = self.artifact
        return {
            "artifact": found.id, "kind": found.kind.value, "pack": found.pack, "trait": found.trait,
            "as_of": found.as_of.isoformat(), "made_at": self.made_at.isoformat(), "made_by": self.made_by,
        }  # fmt: skip


async def store_artifact(connection: Connection, artifact: Artifact, by: str) -> None:
    """Keep an artifact; one that is there already stays as it is."""
    await connection.execute(
        "INSERT INTO segue.artifacts (artifact_id, kind, pack, trait, as_of, body, made_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (artifact.id, artifact.kind.value, artifact.pack, artifact.trait, artifact.as_of,
         Jsonb(dict(artifact.body)), by),
    )  # fmt: skip


async def read_artifacts(connection: Connection, ids: Iterable[str]) -> dict[str, Artifact]:
    """Return artifacts by their ids.

    Raises:
        NotFoundError: one is not stored.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM segue.artifacts WHERE artifact_id = ANY(%s)",  # noqa: S608
        (wanted,),
    )
    found = {row[0]: _artifact(row) for row in await cursor.fetchall()}
    for each in wanted:
        if each not in found:
            raise NotFoundError(f"no artifact {each!r} is stored")
    return found


async def artifact_of_prefix(connection: Connection, prefix: str) -> StoredArtifact:
    """Return the one stored artifact whose id begins so, with or without its `sha256:`.

    Raises:
        NotFoundError: none does.
        InputError: several do.
    """
    start = prefix if prefix.startswith("sha256:") else f"sha256:{prefix}"
    cursor = await connection.execute(
        f"SELECT {_COLUMNS}, made_at, made_by FROM segue.artifacts WHERE starts_with(artifact_id, %s) LIMIT 2",  # noqa: S608
        (start,),
    )
    rows = await cursor.fetchall()
    if not rows:
        raise NotFoundError(f"no artifact {prefix!r} is stored")
    if len(rows) > 1:
        raise InputError(f"several stored artifacts begin with {prefix!r}: give more of it")
    return _stored(rows[0])


async def list_artifacts(connection: Connection, limit: int = 500) -> list[StoredArtifact]:
    """Return the stored artifacts, the newest first."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS}, made_at, made_by FROM segue.artifacts"  # noqa: S608
        " ORDER BY made_at DESC, artifact_id LIMIT %s",
        (limit,),
    )
    return [_stored(row) for row in await cursor.fetchall()]


def _artifact(row: Sequence[Any]) -> Artifact:
    return Artifact(row[0], ArtifactKind(row[1]), *row[2:6])


def _stored(row: Sequence[Any]) -> StoredArtifact:
    return StoredArtifact(_artifact(row), row[6], row[7])
