"""Add, approve and expire proof points beside the packs'. What is approved takes part in decisions at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from segue.agents.knowledge.proof_rows import (
    add_version,
    approve_drafts,
    expire_versions,
    lock_proof,
    newest_versions,
    publish_proof,
)
from segue.agents.knowledge.stored_proof import ProofDraft, ProofState, StoredProof
from segue.core.database import Connection
from segue.core.errors import ConflictError, InputError, NotFoundError, nearest
from segue.policies.pack import Pack


class Added(StrEnum):
    """What adding a draft did."""

    NEW = "new"
    CHANGED = "changed"
    """A draft of that id was there: it says this now."""
    NEW_VERSION = "new_version"
    """A version that was approved, or expired, is there: it stays as it is until this one is approved."""
    UNCHANGED = "unchanged"
    """The newest version says just this already."""


@dataclass(frozen=True, slots=True)
class ProofChange:
    """What an approval or an expiry changed."""

    pack: str
    ids: tuple[str, ...]
    artifact_id: str | None
    """What the pack reads now; None where nothing that it read changed."""


def of_the_pack(pack: Pack, proof_id: str) -> str:
    """Return why a proof point of the pack's own files is not changed in the store."""
    return f"{proof_id!r} is the pack's own: change {pack.name}/proof/{proof_id}.md in git and activate the revision"


async def add_drafts(
    connection: Connection, pack: Pack, drafts: Sequence[ProofDraft], by: str, now: datetime
) -> list[Added]:
    """Store drafts, in the caller's transaction; return what each did.

    Raises:
        ConflictError: the pack has one of that id of its own.
    """
    for draft in drafts:
        if draft.id in pack.proof:
            raise ConflictError(of_the_pack(pack, draft.id))
    await lock_proof(connection)
    newest = {
        each.proof_id: each
        for each in await newest_versions(connection, pack.name, {draft.id for draft in drafts})
    }
    found = []
    for draft in drafts:
        before = newest.get(draft.id)
        what, version = _place(before, draft)
        if what is not Added.UNCHANGED:
            await add_version(connection, pack.name, draft, version, by, now)
        found.append(what)
    return found


def _place(before: StoredProof | None, draft: ProofDraft) -> tuple[Added, int]:
    if before is None:
        return Added.NEW, 1
    if before.state is not ProofState.EXPIRED and before.content() == draft.content():
        return Added.UNCHANGED, before.version
    if before.state is ProofState.DRAFT:
        return Added.CHANGED, before.version
    return Added.NEW_VERSION, before.version + 1


async def approve_proof(
    connection: Connection, pack: Pack, ids: Sequence[str], by: str, now: datetime
) -> ProofChange:
    """Approve drafts, in the caller's transaction: from the commit on they take part in decisions.

    Raises:
        NotFoundError: none of an id is stored.
        ConflictError: one is no draft, or is the pack's own.
        InputError: its last day has passed.
    """
    for each in await _named(connection, pack, ids):
        if each.state is not ProofState.DRAFT:
            how = f"{each.state.value} as version {each.version}"
            raise ConflictError(f"{each.proof_id!r} is {how}: add a changed text, and approve that")
        if each.expires_on <= now.astimezone(UTC).date():
            raise InputError(f"{each.proof_id!r} expires on {each.expires_on}: expected a day to come")
    await approve_drafts(connection, pack.name, ids, by, now)
    artifact = await publish_proof(connection, pack.name, by, now)
    return ProofChange(pack.name, tuple(ids), artifact.id)


async def expire_proof(
    connection: Connection, pack: Pack, ids: Sequence[str], by: str, reason: str, now: datetime
) -> ProofChange:
    """Take proof points out, drafts too, in the caller's transaction: from the commit on nobody is shown them.

    Raises:
        NotFoundError: none of an id is stored.
        ConflictError: one is expired already, or is the pack's own.
    """
    named = await _named(connection, pack, ids)
    for each in named:
        if each.state is ProofState.EXPIRED:
            raise ConflictError(f"{each.proof_id!r} is expired already, since {each.expired_at}")
    for state in (ProofState.DRAFT, ProofState.APPROVED):
        await expire_versions(connection, pack.name, ids, state, by, now, reason)
    were_read = any(each.state is ProofState.APPROVED or each.version > 1 for each in named)
    artifact = await publish_proof(connection, pack.name, by, now) if were_read else None
    return ProofChange(pack.name, tuple(ids), artifact.id if artifact else None)


async def _named(connection: Connection, pack: Pack, ids: Sequence[str]) -> list[StoredProof]:
    """Return the newest version of each id, with nobody else changing them until the transaction ends."""
    await lock_proof(connection)
    found = {each.proof_id: each for each in await newest_versions(connection, pack.name)}
    for name in ids:
        if name not in found and name in pack.proof:
            raise ConflictError(of_the_pack(pack, name))
        if name not in found:
            raise NotFoundError(f"no proof point {name!r} is stored for {pack.name}{nearest(name, found)}")
    return [found[name] for name in dict.fromkeys(ids)]
