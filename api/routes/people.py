"""`/v1/contacts` and `/v1/visitors`: what people agreed to, and the erasure of one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from pydantic import AfterValidator

from segue.accounts.consent import Consent, Kind
from segue.accounts.consent_writer import put_consents
from segue.agents.counted_properties import counted_properties
from segue.agents.erasure import Asked, Erased
from segue.api.access import allow
from segue.api.audit import record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.keys import Key
from segue.api.keys import Kind as KeyKind
from segue.api.models.base import clean
from segue.api.models.people import ConsentIn, ConsentOut, ErasedOut
from segue.core.database import Connection

router = APIRouter(tags=["people"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(KeyKind.SECRET))]
Writing = Annotated[Key, Depends(allow(KeyKind.SECRET, KeyKind.WRITE))]
Contact = Annotated[
    str,
    InPath(min_length=1, max_length=300, description="The contact's id", examples=["c-1"]),
    AfterValidator(clean),
]
Visitor = Annotated[
    str,
    InPath(min_length=1, max_length=300, description="The browser or device", examples=["visitor-81f2"]),
    AfterValidator(clean),
]


@router.put("/v1/contacts/{contact_id:path}/consent", response_model=ConsentOut, responses=problems())
async def put_contact_consent(
    request: Request, contact_id: Contact, wanted: ConsentIn, key: Writing
) -> dict[str, int]:
    """Store what a contact agreed to or denied. Of several sources the newest `at` counts."""
    return await _put(request, "contact", contact_id, wanted)


@router.put("/v1/visitors/{visitor:path}/consent", response_model=ConsentOut, responses=problems())
async def put_visitor_consent(
    request: Request, visitor: Visitor, wanted: ConsentIn, key: Writing
) -> dict[str, int]:
    """Store what the person at a browser agreed to or denied."""
    return await _put(request, "visitor", visitor, wanted)


@router.delete("/v1/contacts/{contact_id:path}", response_model=ErasedOut, responses=problems())
async def delete_contact(request: Request, contact_id: Contact, key: Secret) -> dict[str, Any]:
    """Erase a person, all of it or nothing; what comes of them later is refused. It may be repeated.

    What the database's files hold of removed rows goes by `segue erase --finish`.
    """
    parts = request.app.state.services

    async def noted(connection: Connection, found: Erased) -> None:
        await record_call(request, key, "erase", "contact", found.to_json(), connection)

    counted = counted_properties(parts.policies.live.packs)
    found: Erased = await parts.erasures.erase(Asked(contact=contact_id), counted, noted)
    return found.to_json()


async def _put(request: Request, kind: Kind, subject: str, wanted: ConsentIn) -> dict[str, int]:
    at = wanted.at or datetime.now(UTC)
    said = [
        Consent(kind, subject.strip(), purpose, state, wanted.source, at)
        for purpose, state in wanted.purposes.items()
    ]
    return {"stored": await put_consents(request.app.state.services.database, said)}
