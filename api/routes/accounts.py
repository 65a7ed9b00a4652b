"""`/v1/accounts`: what is known of accounts, what sources say, what is held by hand, and imports."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from pydantic import AfterValidator

from segue.accounts.book import AccountBook
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.label_changes import Cause
from segue.accounts.reader import AccountReader, account_key
from segue.accounts.stored import Pin, StoredAccount
from segue.accounts.writer import TraitValue, put_pin, put_traits, remove_pin, store_book
from segue.agents.account_view import account_view
from segue.agents.live_policies import LivePacks
from segue.agents.merging_by_hand import row_of
from segue.agents.pins import checked_pin, pack_of_pin
from segue.api.access import allow
from segue.api.audit import actor, record_call
from segue.api.bodies import StrictRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.accounts import (
    ImportedOut,
    KnownAccountOut,
    PinIn,
    PinnedOut,
    TraitsIn,
    TraitsStoredOut,
    UnpinnedOut,
)
from segue.api.models.base import Source, clean
from segue.api.trait_input import checked_value, no_source
from segue.core.errors import InputError, NotFoundError
from segue.policies.pack import Pack

_PLACES = ("source", "target", "problems_file")
"""What a report says of files of this machine."""
_FILE = {"schema": {"type": "string", "format": "binary"}, "example": "Website,Employees\nacme.example,800\n"}

router = APIRouter(tags=["accounts"], route_class=StrictRoute)

Secret = Annotated[Key, Depends(allow(Kind.SECRET))]
Writing = Annotated[Key, Depends(allow(Kind.SECRET, Kind.WRITE))]
Named = Annotated[
    str,
    InPath(
        min_length=1, max_length=300, description="The account by id or domain", examples=["acme.example"]
    ),
    AfterValidator(clean),
]
NOT_FOUND = problems(_404="No such account, pack or segment")


@router.get("/v1/accounts/{account:path}", response_model=KnownAccountOut, responses=NOT_FOUND)
async def get_account(request: Request, account: Named, key: Secret) -> dict[str, Any]:
    """Give what is known of an account: traits by source, its family, its labels and its buying committee.

    By the name of an account that was merged into another, it is that other one, and `asked_as` says so.
    """
    parts = request.app.state.services
    live: LivePacks = parts.policies.live
    now = datetime.now(UTC)
    stored = await parts.reader.with_events(await _stored(request, account), live.packs, now)
    async with parts.database.connection() as connection:
        return await account_view(connection, stored, live.packs, now)


@router.put("/v1/accounts/{account:path}/traits", response_model=TraitsStoredOut, responses=NOT_FOUND)
async def put_account_traits(
    request: Request, account: Named, wanted: TraitsIn, key: Writing
) -> dict[str, Any]:
    """Store what sources say of an account, all of it or nothing. An account that is new is made."""
    parts = request.app.state.services
    live: LivePacks = parts.policies.live
    now = datetime.now(UTC)
    values = [
        TraitValue(
            each.trait,
            checked_value(live.packs, each.trait, each.value, each.source, number),
            each.source,
            each.true_at or now,
            each.confidence,
        )
        for number, each in enumerate(wanted.traits)
    ]
    named = account_key(account)
    stored: StoredAccount = await parts.reader.read(named)
    # what is said of an account that was merged into another stays its own, should that be undone
    account_id = row_of(stored) if stored.known else named.domain or named.text
    relabelled = parts.labels.after(now, Cause.TRAITS, set_off_first=True)
    await put_traits(parts.database, account_id, named.domain, values, relabelled)
    return {"account": account_id, "stored": len(values)}


@router.put("/v1/accounts/{account:path}/pin", response_model=PinnedOut, responses=NOT_FOUND)
async def put_account_pin(request: Request, account: Named, wanted: PinIn, key: Secret) -> dict[str, Any]:
    """Hold a label or the owner by hand until `expires_at`, with the reason that decisions then show."""
    parts = request.app.state.services
    asked = Pin(wanted.kind, wanted.pack or "", wanted.value, wanted.reason, wanted.expires_at)
    now = datetime.now(UTC)
    pin = checked_pin(parts.policies.live, asked, now)
    stored = await _stored(request, account)
    relabelled = parts.labels.after(now, Cause.PIN, set_off_first=True)
    await put_pin(parts.database, stored.account.id, pin, actor(key), relabelled)
    await record_call(request, key, "pin", stored.account.id, wanted.model_dump(mode="json"))
    return {"account": stored.account.id, "pin": wanted.model_dump(mode="json")}


@router.delete("/v1/accounts/{account:path}/pin", response_model=UnpinnedOut, responses=NOT_FOUND)
async def delete_account_pin(
    request: Request,
    account: Named,
    key: Secret,
    kind: Annotated[Literal["label", "owner"], Query()],
    pack: Annotated[str, Query(pattern=r"^([a-z][a-z0-9_]{0,62})?$")] = "",
) -> dict[str, Any]:
    """Let go of what is held by hand."""
    parts = request.app.state.services
    stored = await _stored(request, account)
    pack = pack_of_pin(parts.policies.live, kind, pack)
    relabelled = parts.labels.after(datetime.now(UTC), Cause.PIN)
    if not await remove_pin(parts.database, stored.account.id, kind, pack, relabelled):
        raise NotFoundError(f"nothing is held by hand as {kind} of this account")
    await record_call(request, key, "unpin", stored.account.id, {"kind": kind, "pack": pack})
    return {"account": stored.account.id}


@router.post(
    "/v1/accounts:import",
    response_model=ImportedOut,
    responses=NOT_FOUND,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": _FILE}}},
)
async def import_file(
    request: Request,
    key: Writing,
    filename: Annotated[
        str,
        Query(
            min_length=1,
            max_length=200,
            description="The file's name: its ending tells the format",
            examples=["accounts.csv"],
        ),
        AfterValidator(clean),
    ],
    pack: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = None,
    source: Annotated[Source, Query()] = "crm",
) -> dict[str, Any]:
    """Import a file of accounts, the body of the request: as `segue import`, into the store."""
    parts = request.app.state.services
    read_for: Pack = parts.policies.live.up_to(pack)[-1]
    if source not in read_for.file.sources:
        raise InputError(f"source: {no_source(read_for, source)}")
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="segue-import-"))
    try:
        place = folder / f"upload{_endings(filename)}"
        with place.open("wb") as file:
            async for piece in request.stream():
                await asyncio.to_thread(file.write, piece)
        now = datetime.now(UTC)
        options = ImportOptions(source_name=source, imported_at=now)
        made = folder / "accounts.parquet"
        try:
            report = await asyncio.to_thread(import_accounts, place, made, read_for.traits, options)
        except InputError as error:
            raise InputError(f"{filename}: {error.message}") from None
        with AccountBook(made) as book:
            stored = await store_book(parts.database, book, now, parts.labels.after(now, Cause.IMPORT))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)
    await record_call(request, key, "import", source, {"accounts": stored})
    told = {name: value for name, value in report.as_dict().items() if name not in _PLACES}
    return {"stored": stored, "rows": report.rows_read, "written": report.rows_written, "report": told}


def _endings(filename: str) -> str:
    return "".join(
        each for each in Path(filename).suffixes[-2:] if re.fullmatch(r"\.[A-Za-z0-9]{1,10}", each)
    )


async def _stored(request: Request, account: str) -> StoredAccount:
    reader: AccountReader = request.app.state.services.reader
    return await reader.read_known(account_key(account))
