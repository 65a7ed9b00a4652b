"""`/v1/links`: who belongs to whom, stated by hand; and who is linked to an account."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator

from segue.accounts.explicit_links import Stated, part_stated, put_stated
from segue.accounts.label_changes import Cause
from segue.accounts.linked import read_family, read_linked
from segue.accounts.links import LinkKind
from segue.accounts.reader import account_key
from segue.api.audit import actor, record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.models.base import clean
from segue.api.models.links import AccountLinksOut, LinkRemovedOut, LinksIn, LinksStoredOut
from segue.api.routes.accounts import NOT_FOUND, Named, Secret
from segue.core.errors import InputError

router = APIRouter(tags=["links"], route_class=StrictRoute)

_End = Annotated[str, AfterValidator(clean)]


@router.put(
    "/v1/links",
    response_model=LinksStoredOut,
    responses=problems(_404="No such parent or subsidiary", _409="Too many parents above one another"),
)
async def put_links(request: Request, wanted: LinksIn, key: Secret) -> dict[str, int]:
    """Link by hand: visitors to contacts and accounts, contacts to accounts, subsidiaries to parents."""
    parts = request.app.state.services
    now = datetime.now(UTC)
    links = [Stated(each.kind, each.from_.strip(), each.to.strip(), each.confidence) for each in wanted.links]
    relabelled = parts.labels.after(now, Cause.IDENTITY, set_off_first=True)
    stored = await put_stated(parts.database, links, parts.policies.live.packs, now, relabelled)
    kinds = {str(each.kind): sum(other.kind is each.kind for other in links) for each in links}
    await record_call(request, key, "link", "links", kinds)  # the links say whom, until those are erased
    return {"stored": stored}


@router.delete("/v1/links", response_model=LinkRemovedOut, responses=problems(_404="No such account"))
async def delete_link(
    request: Request,
    key: Secret,
    kind: Annotated[LinkKind, Query()],
    from_: Annotated[_End, Query(alias="from", min_length=1, max_length=300, examples=["c-1"])],
    to: Annotated[_End, Query(min_length=1, max_length=300, examples=["acme.example"])],
) -> dict[str, bool]:
    """Part two by hand, whatever linked them: nothing but a link by hand links them again. May be repeated."""
    parts = request.app.state.services
    now = datetime.now(UTC)
    relabelled = parts.labels.after(now, Cause.IDENTITY, set_off_first=True)
    link = Stated(kind, from_.strip(), to.strip())
    removed = await part_stated(parts.database, link, actor(key), parts.policies.live.packs, now, relabelled)
    await record_call(request, key, "unlink", "links", {kind.value: 1})
    return {"removed": removed}


@router.get("/v1/accounts/{account:path}/links", response_model=AccountLinksOut, responses=NOT_FOUND)
async def get_account_links(
    request: Request,
    account: Named,
    key: Secret,
    after: Annotated[
        _End | None, Query(min_length=1, max_length=320, description="The `next` of the answer before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> dict[str, Any]:
    """Give who is linked to an account, how that is known and how far it is believed; its parent and subsidiaries."""
    parts = request.app.state.services
    place = _place(after)
    stored = await parts.reader.read_known(account_key(account))
    async with parts.database.connection() as connection:
        found = await read_linked(connection, stored.account.id, limit + 1, place)
        family = await read_family(connection, stored.account.id)
    shown = found[:limit]
    following = f"{shown[-1].kind}:{shown[-1].id}" if len(found) > limit else None
    links = [asdict(each) for each in shown]
    return {"account": stored.account.id, **family, "links": links, "next": following}


def _place(after: str | None) -> tuple[str, str]:
    if after is None:
        return "", ""
    kind, mark, who = after.partition(":")
    if kind not in ("contact", "visitor") or not mark:
        raise InputError("after: expected the `next` of the answer before")
    return kind, who
