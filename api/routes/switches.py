"""`/v1/switches`: the kill switch of a surface or a play."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath

from segue.agents.live_state import set_switch
from segue.api.access import allow
from segue.api.audit import actor, record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.switches import SwitchesOut, SwitchIn, SwitchOut
from segue.core.errors import NotFoundError, nearest
from segue.policies.models.pack import Surface

router = APIRouter(tags=["switches"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(Kind.SECRET))]


@router.get("/v1/switches", response_model=SwitchesOut, responses=problems())
async def get_switches(request: Request, key: Secret) -> dict[str, list[dict[str, Any]]]:
    """List the switches that were ever set."""
    names = ("name", "off", "reason", "changed_at", "changed_by")
    async with request.app.state.services.database.connection() as connection:
        cursor = await connection.execute(f"SELECT {', '.join(names)} FROM segue.switches ORDER BY name")  # noqa: S608
        return {"switches": [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]}


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
    live = parts.policies.live
    known = [*Surface, *(play for pack in (*live.packs, *live.shadows) for play in pack.plays)]
    if name not in known:
        raise NotFoundError(f"no surface or play {name!r}{nearest(name, known)}")
    async with parts.database.transaction() as connection:
        await set_switch(connection, name, wanted.off, wanted.reason, actor(key))
        await record_call(
            request, key, "switch", name, {"off": wanted.off, "reason": wanted.reason}, connection
        )
    await parts.state.refresh()
    return {"name": name, "off": wanted.off, "reason": wanted.reason}
