"""`/v1/policies`: the stored revisions, what is active, and changing that for all replicas at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from segue.agents.deploying import deployment_of, loaded_beside
from segue.agents.live_policies import LivePolicies
from segue.agents.moves import what_moves
from segue.agents.policy_relabelling import policy_progress
from segue.agents.policy_store import Deployment, deploy, roll_back, store_pack
from segue.api.access import allow
from segue.api.audit import actor, record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.policies import (
    ActivatedOut,
    DeployIn,
    PackFilesIn,
    PoliciesOut,
    RollbackIn,
    RolledBackOut,
    StoredOut,
)
from segue.core.errors import InputError

router = APIRouter(tags=["policies"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(Kind.SECRET))]
_DEPLOYING = problems(
    _404="A revision is not stored",
    _409="Another deployment was made meanwhile, or there is none to go back to",
)


@router.get("/v1/policies", response_model=PoliciesOut, responses=problems())
async def get_policies(request: Request, key: Secret) -> dict[str, Any]:
    """Say what serves, and which revisions are stored, the newest first."""
    parts = request.app.state.services
    names = ("revision", "pack", "stored_at", "stored_by")
    async with parts.database.connection() as connection:
        cursor = await connection.execute(
            f"SELECT {', '.join(names)} FROM segue.policy_revisions ORDER BY stored_at DESC LIMIT 500"  # noqa: S608
        )
        rows = await cursor.fetchall()
        progress = await policy_progress(connection)
    return {
        "active": _deployment_json(parts.policies.live.deployment),
        "degraded": parts.policies.degraded,
        "relabelling": None if progress is None else progress.to_json(),
        "revisions": [dict(zip(names, row, strict=True)) for row in rows],
    }


@router.post("/v1/policies", status_code=201, response_model=StoredOut, responses=problems())
async def post_policy(request: Request, wanted: PackFilesIn, key: Secret) -> dict[str, Any]:
    """Load a pack from its files and store it as a revision, which is not active yet."""
    parts = request.app.state.services
    files = {path: _encoded(path, text) for path, text in wanted.files.items()}
    policies: LivePolicies = parts.policies
    pack = loaded_beside(files, "", policies.live.packs if policies.ready else ())
    async with parts.database.transaction() as connection:
        await store_pack(connection, pack, files, actor(key))
        await record_call(request, key, "store_policy", pack.revision, {"pack": pack.name}, connection)
    return {"pack": pack.name, "revision": pack.revision}


@router.post("/v1/policies:activate", response_model=ActivatedOut, responses=_DEPLOYING)
async def activate(request: Request, wanted: DeployIn, key: Secret) -> dict[str, Any]:
    """Serve these packs, all of them or none, and say which accounts that moves and to where."""
    parts = request.app.state.services
    policies: LivePolicies = parts.policies
    deployed = await deployment_of(policies, wanted.packs, wanted.shadows)
    kept = policies.live.deployment.artifacts if policies.ready else {}
    loaded = await policies.load(Deployment(0, deployed, artifacts=kept))
    moves = await what_moves(parts.database, policies.live.packs if policies.ready else (), loaded.packs)
    if wanted.dry_run:
        return {"moves": moves.to_json(), "active": _deployment_json(policies.live.deployment)}
    made = await deploy(
        parts.database, deployed, "activate", actor(key), wanted.expected_deployment, set_off=wanted.set_off
    )
    await policies.refresh()
    packs = [each.to_json() for each in deployed]
    await record_call(
        request, key, "activate", str(made.deployment_id), {"packs": packs, "set_off": wanted.set_off}
    )
    return {"moves": moves.to_json(), "active": _deployment_json(made)}


@router.post("/v1/policies:rollback", response_model=RolledBackOut, responses=_DEPLOYING)
async def rollback(request: Request, wanted: RollbackIn, key: Secret) -> dict[str, Any]:
    """Serve again what served before."""
    parts = request.app.state.services
    made = await roll_back(parts.database, actor(key), wanted.expected_deployment, set_off=wanted.set_off)
    await parts.policies.refresh()
    await record_call(request, key, "rollback", str(made.deployment_id), {"set_off": wanted.set_off})
    return {"active": _deployment_json(made)}


def _encoded(path: str, text: str) -> bytes:
    if "\x00" in text or "\x00" in path:
        raise InputError(f"files: {path!r} holds a NUL character")
    return text.encode()


def _deployment_json(deployment: Deployment) -> dict[str, Any]:
    return {
        "deployment": deployment.deployment_id,
        "action": deployment.action,
        "packs": [each.to_json() for each in deployment.packs],
    }
