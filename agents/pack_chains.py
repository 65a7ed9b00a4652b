"""Packs to compare, by name: folders, packs that ship, stored revisions, and the chain each stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from segue.agents.artifact_store import read_artifacts
from segue.agents.policy_store import newest_deployment, read_files_of, revision_of_prefix
from segue.core.database import Connection
from segue.core.errors import InputError
from segue.policies.artifact import Artifact
from segue.policies.artifacts import with_artifacts
from segue.policies.documents import read_document
from segue.policies.files import find_pack, read_files, revision_of
from segue.policies.load import load_files
from segue.policies.pack import Pack

REVISION = "sha256:"


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack that is not loaded yet, so that it can go to another process."""

    root: str
    """What its files are shown under when one is wrong."""
    files: dict[str, bytes]
    artifacts: tuple[Artifact, ...] = ()
    """What its traits read, where they still fit."""

    @property
    def name(self) -> str:
        """The name that its `pack.yaml` gives, or the root where that does not say."""
        head = self.files.get("pack.yaml")
        data = None if head is None else read_document(head, f"{self.root}/pack.yaml").data
        return str(data["pack"]) if isinstance(data, dict) and "pack" in data else self.root


Chain = tuple[PackFiles, ...]
"""The packs of a deployment in their order, each able to read the labels of those before it."""


def load_chains(*chains: Chain) -> list[tuple[Pack, ...]]:
    """Load chains; where two begin alike, they share the packs of that beginning.

    Raises:
        PackError: a pack does not load.
    """
    loaded: dict[tuple[str, ...], Pack] = {}
    found = []
    for chain in chains:
        packs: list[Pack] = []
        key: tuple[str, ...] = ()
        for each in chain:
            key = (*key, revision_of(each.files), *(artifact.id for artifact in each.artifacts))
            if key not in loaded:
                pack = load_files(each.files, each.root, tuple(packs))
                loaded[key] = with_artifacts(pack, each.artifacts)
            packs.append(loaded[key])
        found.append(tuple(packs))
    return found


async def pack_files(connection: Connection | None, name: str) -> PackFiles:
    """Return a pack by folder, by the name of one that ships, or by (the start of) a stored revision.

    Raises:
        NotFoundError: there is no such pack.
        InputError: a revision is named and there is no store, or several begin like it.
    """
    if not name.startswith(REVISION):
        folder = find_pack(name)
        return PackFiles(str(folder), read_files(folder))
    if connection is None:
        raise InputError(f"{name}: a stored revision needs the store, and none is used here")
    pack, files = await read_files_of(connection, await revision_of_prefix(connection, name))
    return PackFiles(pack, files)


async def active_chain(connection: Connection) -> Chain:
    """Return the live packs of the active deployment, none where nothing is active."""
    deployment = await newest_deployment(connection)
    found = []
    for each in deployment.packs if deployment else ():
        if not each.shadow:
            pack, files = await read_files_of(connection, each.revision)
            ids = deployment.artifacts.get(each.pack, {}) if deployment else {}
            artifacts = await read_artifacts(connection, ids.values())
            found.append(PackFiles(pack, files, tuple(artifacts.values())))
    return tuple(found)


async def chains_to_compare(
    connection: Connection | None, before: str | None, after: str, others: Sequence[str] = ()
) -> tuple[Chain, Chain]:
    """Return two chains that differ in one pack: where `before` is None, the active one and its change.

    A pack takes the place of the active one of its name, or comes last. Without a store, or with
    nothing active, `others` are the packs that come before.

    Raises:
        NotFoundError: there is no such pack.
        InputError: `before` is None and nothing is active; the two are different packs.
    """
    base = await active_chain(connection) if connection is not None else ()
    if before is None and not base:
        raise InputError("no policy is active to compare with; name two packs")
    base = base or tuple([await pack_files(connection, name) for name in others])
    changed = await pack_files(connection, after)
    if before is None:
        return base, _with(base, changed)
    old = await pack_files(connection, before)
    if old.name != changed.name:
        raise InputError(
            f"expected two versions of one pack, found {old.name!r} and {changed.name!r}:"
            " the name stands in pack.yaml"
        )
    return _with(base, old), _with(base, changed)


def _with(base: Chain, pack: PackFiles) -> Chain:
    names = [each.name for each in base]
    if pack.name not in names:
        return (*base, pack)
    at = names.index(pack.name)
    return (*base[:at], replace(pack, artifacts=base[at].artifacts), *base[at + 1 :])
