"""The policies that this replica serves: loaded by revision, changed under it, never half."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segue.agents.artifact_store import read_artifacts
from segue.agents.policy_store import (
    ArtifactIds,
    Deployed,
    Deployment,
    deploy,
    newest_deployment,
    read_files_of,
    store_pack,
)
from segue.core.database import Database
from segue.core.errors import ConflictError, NotFoundError, SegueError, UnavailableError, nearest
from segue.policies.artifact import Artifact
from segue.policies.artifacts import fits, with_artifacts
from segue.policies.files import find_pack, read_files
from segue.policies.load import load_files
from segue.policies.pack import Pack

_log = logging.getLogger(__name__)
_KEPT = 64
"""Loaded packs that are kept, by revision and by the revisions of those before them."""


@dataclass(frozen=True, slots=True)
class LivePacks:
    """The packs of one deployment, loaded. `shadows` decide beside the live ones."""

    deployment: Deployment
    packs: tuple[Pack, ...]
    shadows: tuple[Pack, ...] = ()

    def up_to(self, name: str | None) -> tuple[Pack, ...]:
        """Return the pack of a name, the last where none is given, after those that come before it.

        Raises:
            NotFoundError: no live pack has the name.
        """
        if name is None:
            return self.packs
        for number, pack in enumerate(self.packs, 1):
            if pack.name == name:
                return self.packs[:number]
        known = [pack.name for pack in self.packs]
        raise NotFoundError(
            f"no live pack {name!r}; expected one of {', '.join(known)}{nearest(name, known)}"
        )

    def check_fits(self, artifact: Artifact) -> None:
        """Refuse an artifact that its trait, as it is now, would not read.

        Raises:
            NotFoundError: its pack is not live.
            ConflictError: the trait is gone or defined otherwise.
        """
        pack = self.up_to(artifact.pack)[-1]
        if not fits(artifact, pack.traits.get(artifact.trait)):
            raise ConflictError(
                f"{artifact.pack}.{artifact.trait} is defined otherwise than when {artifact.id[:19]} was made:"
                " make it anew"
            )

    def before_shadow(self, shadow: Pack) -> tuple[Pack, ...]:
        """Return a shadow after the live packs that come before the one it stands in for."""
        names = [pack.name for pack in self.packs]
        at = names.index(shadow.name) if shadow.name in names else len(names)
        return (*self.packs[:at], shadow)


class LivePolicies:
    """Follows the newest deployment. One that does not load is refused, and the last good one serves on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._live: LivePacks | None = None
        self._loaded: OrderedDict[tuple[str, ...], Pack] = OrderedDict()
        self._undeployed = False
        self._artifacts: OrderedDict[str, Artifact] = OrderedDict()
        self.degraded: str | None = None
        """Why the newest deployment is not the one that serves."""

    @property
    def ready(self) -> bool:
        """True once some deployment serves."""
        return self._live is not None

    @property
    def live(self) -> LivePacks:
        """What serves.

        Raises:
            UnavailableError: nothing does yet.
        """
        if self._live is None:
            raise UnavailableError("no policy is active yet")
        return self._live

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The packs under which facts are taken in: none where none was ever deployed.

        Raises:
            UnavailableError: what is deployed was not read yet, or does not load. What is stored meanwhile
                would declare nothing and move no label, and its sender would not send it again.
        """
        return () if self._undeployed else self.live.packs

    async def refresh(self) -> None:
        """Follow the newest deployment, if it is another than the one that serves."""
        async with self._database.connection() as connection:
            newest = await newest_deployment(connection)
        self._undeployed = newest is None
        if newest is None or (self._live is not None and newest == self._live.deployment):
            return
        try:
            self._live = await self.load(newest)
            self.degraded = None
        except SegueError as error:
            if isinstance(error, UnavailableError):
                raise
            self.degraded = f"deployment {newest.deployment_id} does not load"
            _log.error("%s: %s", self.degraded, error)

    async def load(self, deployment: Deployment) -> LivePacks:
        """Load every pack of a deployment with its artifacts, or none.

        Raises:
            NotFoundError: a revision or an artifact is not stored.
            PackError: one does not load.
        """
        packs: list[Pack] = []
        for each in deployment.packs:
            if not each.shadow:
                pack = await self.pack(each.revision, packs)
                packs.append(await self.with_artifacts(pack, deployment.artifacts))
        shadows: list[Pack] = []
        for each in deployment.packs:
            if each.shadow:
                names = [pack.name for pack in packs]
                at = names.index(each.pack) if each.pack in names else len(names)
                pack = await self.pack(each.revision, packs[:at])
                shadows.append(await self.with_artifacts(pack, deployment.artifacts))
        return LivePacks(deployment, tuple(packs), tuple(shadows))

    async def with_artifacts(self, pack: Pack, artifacts: ArtifactIds) -> Pack:
        """Return a pack that reads those of some artifacts that are its own and fit.

        Raises:
            NotFoundError: one is not stored.
        """
        wanted = artifacts.get(pack.name, {}).values()
        missing = [each for each in wanted if each not in self._artifacts]
        if missing:
            async with self._database.connection() as connection:
                self._artifacts.update(await read_artifacts(connection, missing))
        found = [self._artifacts[each] for each in wanted]
        while len(self._artifacts) > _KEPT:
            self._artifacts.popitem(last=False)
        return with_artifacts(pack, found)

    async def pack(self, revision: str, after: Sequence[Pack] = ()) -> Pack:
        """Return the pack of a stored revision, loaded after others whose labels it may read.

        Raises:
            NotFoundError: no such revision is stored.
            PackError: it does not load.
        """
        key = (revision, *(pack.revision for pack in after))
        found = self._loaded.get(key)
        if found is None:
            async with self._database.connection() as connection:
                name, files = await read_files_of(connection, revision)
            found = await asyncio.to_thread(load_files, files, name, tuple(after))
            self._loaded[key] = found
            while len(self._loaded) > _KEPT:
                self._loaded.popitem(last=False)
        else:
            self._loaded.move_to_end(key)
        return found

    async def chain(
        self, revisions: Mapping[str, str], artifacts: ArtifactIds | None = None
    ) -> tuple[Pack, ...]:
        """Return the packs of a recorded decision: those of its revisions, in their order, with its artifacts."""
        packs: list[Pack] = []
        for revision in revisions.values():
            packs.append(await self.with_artifacts(await self.pack(revision, packs), artifacts or {}))
        return tuple(packs)

    async def start(self, packs: Sequence[str | Path], shadows: Sequence[str | Path], by: str) -> None:
        """Store the packs given at the start, and activate them unless just these were started before.

        So what was activated later survives a restart, until the files that the service is started with
        change.

        Raises:
            PackError: one does not load; nothing is stored then.
            NotFoundError: there is no such folder and no such shipped pack.
        """
        loaded: list[Pack] = []
        entries: list[tuple[Deployed, Pack, dict[str, bytes]]] = []
        for shadow, names in ((False, packs), (True, shadows)):
            for name in names:
                folder = find_pack(name)
                files = read_files(folder)
                pack = load_files(files, str(folder), tuple(loaded))
                if not shadow:
                    loaded.append(pack)
                entries.append((Deployed(pack.name, pack.revision, shadow), pack, files))
        if not entries:
            return
        wanted = [entry for entry, _, _ in entries]
        async with self._database.transaction() as connection:
            for _, pack, files in entries:
                await store_pack(connection, pack, files, by)
            cursor = await connection.execute(
                "SELECT packs FROM segue.deployments WHERE action = 'start' ORDER BY deployment_id DESC LIMIT 1"
            )
            row = await cursor.fetchone()
        if row is None or row[0] != [entry.to_json() for entry in wanted]:
            await deploy(self._database, wanted, "start", by)
