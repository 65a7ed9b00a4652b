"""`/v1/accounts/{account}/transitions`: how the labels of an account changed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from segue.accounts.reader import account_key
from segue.accounts.transition_log import read_transitions
from segue.api.bodies import StrictRoute
from segue.api.models.transitions import AccountTransitionsOut
from segue.api.routes.accounts import NOT_FOUND, Named, Secret

router = APIRouter(tags=["accounts"], route_class=StrictRoute)


@router.get(
    "/v1/accounts/{account:path}/transitions", response_model=AccountTransitionsOut, responses=NOT_FOUND
)
async def get_account_transitions(
    request: Request,
    account: Named,
    key: Secret,
    pack: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = None,
    before: Annotated[
        int | None, Query(ge=1, le=2**53 - 1, description="Only those before this transition")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> dict[str, Any]:
    """Give how an account's labels changed, the newest first: why, and what that set off."""
    parts = request.app.state.services
    stored = await parts.reader.read_known(account_key(account))
    async with parts.database.connection() as connection:
        found = await read_transitions(
            connection, account_id=stored.account.id, pack=pack, before=before, limit=limit
        )
    return {"account": stored.account.id, "transitions": [each.to_json() for each in found]}
