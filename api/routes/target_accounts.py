"""`/v1/target-accounts`: the target account list, proposed from every account and applied by a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from segue.agents.artifact_store import read_artifacts
from segue.agents.target_accounts import applied_list, apply_list, list_json, propose_list, rank_of
from segue.api.access import allow
from segue.api.audit import actor, record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.base import Identifier
from segue.api.models.target_accounts import AppliedOut, ApplyIn, ListOut, ProposalOut, ProposeIn

router = APIRouter(tags=["target accounts"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(Kind.SECRET))]
_NO_RANK = "No such live pack, or it has no such trait rank"


@router.get("/v1/target-accounts", response_model=ListOut, responses=problems(_404=_NO_RANK))
async def get_list(
    request: Request, key: Secret, pack: Identifier | None = None, trait: Identifier | None = None
) -> dict[str, Any]:
    """Give the list that is applied."""
    parts = request.app.state.services
    live = parts.policies.live
    found = live.up_to(pack)[-1]
    name = rank_of(found, trait)
    async with parts.database.connection() as connection:
        artifact = await applied_list(connection, live.deployment, found.name, name)
    return list_json(found.name, name, artifact)


@router.post(
    "/v1/target-accounts:propose",
    status_code=201,
    response_model=ProposalOut,
    responses=problems(_404=_NO_RANK),
)
async def propose(request: Request, wanted: ProposeIn, key: Secret) -> dict[str, Any]:
    """Rank every account, say who would enter the list, leave it or change tier, and keep that as a proposal."""
    parts = request.app.state.services
    packs = parts.policies.live.up_to(wanted.pack)
    found = await propose_list(parts.database, packs, wanted.trait, datetime.now(UTC), actor(key))
    return found.to_json()


@router.post(
    "/v1/target-accounts:apply",
    response_model=AppliedOut,
    responses=problems(
        _404="No such proposal, or its pack is not live",
        _409="Another list was applied since it was proposed, or its trait has other tiers",
    ),
)
async def apply(request: Request, wanted: ApplyIn, key: Secret) -> dict[str, Any]:
    """Make a proposed list the one that counts, and label every account again in the background."""
    parts = request.app.state.services
    async with parts.database.connection() as connection:
        found = (await read_artifacts(connection, [wanted.proposal]))[wanted.proposal]
    parts.policies.live.check_fits(found)
    made = await apply_list(parts.database, found, wanted.by, set_off=wanted.set_off)
    await parts.policies.refresh()
    detail = {
        "artifact": found.id,
        "pack": found.pack,
        "trait": found.trait,
        "by": wanted.by,
        "set_off": wanted.set_off,
    }
    await record_call(request, key, "apply_target_accounts", str(made.deployment_id), detail)
    return {"applied": found.id, "deployment": made.deployment_id}
