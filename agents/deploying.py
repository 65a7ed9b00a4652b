"""A new deployment, put together from stored revisions."""

from __future__ import annotations

from collections.abc import Sequence

from segue.agents.live_policies import LivePolicies
from segue.agents.policy_store import Deployed
from segue.core.errors import InputError
from segue.policies.load import load_files
from segue.policies.pack import Pack


async def deployment_of(
    policies: LivePolicies, revisions: Sequence[str], shadows: Sequence[str]
) -> tuple[Deployed, ...]:
    """Return the packs of a deployment, each loaded after those before it to see that it can be.

    Raises:
        NotFoundError: a revision is not stored.
        PackError: one does not load there.
        InputError: a pack is named twice.
    """
    found: list[Deployed] = []
    packs: list[Pack] = []
    for shadow, wanted in ((False, revisions), (True, shadows)):
        for revision in wanted:
            pack = await policies.pack(revision, packs[:-1] if shadow else packs)
            if any(each.pack == pack.name and each.shadow == shadow for each in found):
                raise InputError(f"packs: {pack.name!r} is named twice")
            found.append(Deployed(pack.name, revision, shadow))
            if not shadow:
                packs.append(pack)
    return tuple(found)


def loaded_beside(files: dict[str, bytes], root: str, live: Sequence[Pack]) -> Pack:
    """Load a pack after the live ones of another name, whose labels it may read.

    Raises:
        PackError: it does not load.
    """
    name = load_files(files, root, live).name
    return load_files(files, root or name, tuple(pack for pack in live if pack.name != name))
