"""`/v1/switches`: the kill switch of a surface or a play."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath

from segue.agents.switches import list_switches, turn
from segue.api.access import allow
from segue.api.audit import actor, record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.switches import SwitchesOut, SwitchIn, SwitchOut

router = APIRouter(tags=["switches"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(Kind.SECRET))]


@router.get("/v1/switches", response_model=SwitchesOut, responses=problems())
async def get_switches(request: Request, key: Secret) -> dict[str, list[dict[str, Any]]]:
    """List the switches that were ever set."""
    return {"switches": await list_switches(request.app.state.services.database)}


@router.put(
    "/v1/switches/{name}", response_model=SwitchOut, responses=problems(_404="No such surface or play")
)
async def put_switch(
    request: Request,
    name: Annotated[str, InPath(min_length=1, max_length=100, examples=["chat"])],
    wanted: SwitchIn,
    key: Secret,
) -> dict[str, Any]:
    """Hold a surface or a play back on every replica within seconds, or let it go again."""
    parts = request.app.state.services
    await turn(parts.database, parts.policies.live, name, wanted.off, wanted.reason, actor(key))
    await record_call(request, key, "switch", name, {"off": wanted.off, "reason": wanted.reason})
    await parts.state.refresh()
    return {"name": name, "off": wanted.off, "reason": wanted.reason}
