"""`/v1/consequences`: what changes of label set off, shown and tried again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from segue.activation.listing import consequence_json, list_consequences, try_again
from segue.api.access import allow
from segue.api.audit import record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.base import Identifier
from segue.api.models.consequences import ConsequenceOut, ConsequencesOut, Status

router = APIRouter(tags=["consequences"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(Kind.SECRET))]


@router.get("/v1/consequences", response_model=ConsequencesOut, responses=problems())
async def get_consequences(
    request: Request,
    key: Secret,
    status: Status | None = None,
    account: Identifier | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> dict[str, list[dict[str, Any]]]:
    """List what changes of label set off, the last that changed first."""
    async with request.app.state.services.database.connection() as connection:
        found = await list_consequences(connection, status, account, limit)
    return {"consequences": [consequence_json(each) for each in found]}


@router.post(
    "/v1/consequences/{consequence_id}:retry",
    response_model=ConsequenceOut,
    responses=problems(_404="No such consequence", _409="It is done, cancelled or under way"),
)
async def retry(request: Request, consequence_id: UUID, key: Secret) -> dict[str, Any]:
    """Have a consequence carried out now, its tries counted anew, under the id that it has."""
    parts = request.app.state.services
    async with parts.database.transaction() as connection:
        found = await try_again(connection, str(consequence_id))
        await record_call(request, key, "retry", str(consequence_id), {"play": found.play}, connection)
    return consequence_json(found)
