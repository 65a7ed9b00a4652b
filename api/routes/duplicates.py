"""`/v1/duplicates`, and the merging of accounts: proposed here, done by a person, and undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from segue.agents.merging_by_hand import list_duplicates, merge_named, set_parent_named, undo_named
from segue.api.audit import actor, record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.models.base import Identifier
from segue.api.models.duplicates import DuplicatesPageOut, MergedOut, MergeIn, ParentIn, ParentOut
from segue.api.routes.accounts import NOT_FOUND, Named, Secret

router = APIRouter(tags=["accounts"], route_class=StrictRoute)

_ANSWERS = problems(_404="No such account, or it is merged into no other", _409="They are merged already")


@router.get("/v1/duplicates", response_model=DuplicatesPageOut, responses=NOT_FOUND)
async def get_duplicates(
    request: Request,
    key: Secret,
    account: Identifier | None = None,
    after: Identifier | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List accounts that may be one, the surest first, each group with the account that a tie-break would keep."""
    return await list_duplicates(request.app.state.services.database, after, limit, account)


@router.post("/v1/accounts/{account:path}/merge", response_model=MergedOut, responses=_ANSWERS)
async def merge_account(request: Request, account: Named, wanted: MergeIn, key: Secret) -> dict[str, Any]:
    """Merge an account into another: from then on it stands for that one, until it is undone."""
    parts = request.app.state.services
    keeping, now = parts.labels, datetime.now(UTC)
    async with parts.database.transaction() as connection:
        found = await merge_named(
            connection, keeping, account, wanted.into, reason=wanted.reason, by=actor(key), now=now
        )
        merge = found.merged.merge
        detail = {"into": merge.into, "alias_of": merge.alias_of, "reason": merge.reason}
        await record_call(request, key, "merge", merge.account_id, detail, connection)
    return found.to_json()


@router.delete("/v1/accounts/{account:path}/merge", response_model=MergedOut, responses=_ANSWERS)
async def undo_account_merge(request: Request, account: Named, key: Secret) -> dict[str, Any]:
    """Undo the merge of an account: both are as if never merged."""
    parts = request.app.state.services
    keeping, now = parts.labels, datetime.now(UTC)
    async with parts.database.transaction() as connection:
        found = await undo_named(connection, keeping, account, now=now)
        merge = found.merged.merge
        await record_call(request, key, "unmerge", merge.account_id, {"from": merge.alias_of}, connection)
    return found.to_json()


@router.put("/v1/accounts/{account:path}/parent", response_model=ParentOut, responses=_ANSWERS)
async def put_account_parent(
    request: Request, account: Named, wanted: ParentIn, key: Secret
) -> dict[str, Any]:
    """State the parent of an account, in place of what an import said, or take it away."""
    parts = request.app.state.services
    async with parts.database.transaction() as connection:
        child, parent = await set_parent_named(connection, account, wanted.parent)
        await record_call(request, key, "parent", child, {"parent": parent}, connection)
    return {"account": child, "parent": parent}
