"""`/v1/accounts`: what is known of accounts, what sources say, what is held by hand, and imports."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from pydantic import AfterValidator

from segue.accounts.book import AccountBook
from segue.accounts.event_values import values_at
from segue.accounts.importing import ImportOptions, import_accounts
from segue.accounts.label_changes import Cause
from segue.accounts.label_rows import LabelRow, read_labels
from segue.accounts.reader import AccountReader, account_key
from segue.accounts.stored import Pin, StoredAccount, instant_of, known_of
from segue.accounts.transition_log import read_transitions
from segue.accounts.writer import TraitValue, put_pin, put_traits, remove_pin, store_book
from segue.agents.live_policies import LivePacks
from segue.agents.pins import checked_pin, pack_of_pin
from segue.agents.snapshot import take_snapshot
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
from segue.policies.artifacts import seats_of
from segue.policies.classifier import HeldLabel, Label, label_of
from segue.policies.models.rank import NO_SEAT
from segue.policies.pack import Pack

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
_LAST = 10
"""Transitions that are shown with an account."""
NOT_FOUND = problems(_404="No such account, pack or segment")


@router.get("/v1/accounts/{account:path}", response_model=KnownAccountOut, responses=NOT_FOUND)
async def get_account(request: Request, account: Named, key: Secret) -> dict[str, Any]:
    """Give what is known of an account: traits by source, what is held by hand, its label in every pack."""
    parts = request.app.state.services
    live: LivePacks = parts.policies.live
    now = datetime.now(UTC)
    stored = await parts.reader.with_events(await _stored(request, account), live.packs, now)
    state = stored.events
    who = stored.with_pinned_owner()
    async with parts.database.connection() as connection:
        rows = (await read_labels(connection, [who.id]))[who.id]
        changes = await read_transitions(connection, account_id=who.id, limit=_LAST)
    return {
        "account": {
            "id": who.id, "domain": who.domain, "name": who.name, "owner": who.owner,
            "open_opportunity_owner": who.open_opportunity_owner,
        },
        "traits": {
            name: [
                {"value": value, "source": source, "confidence": confidence, "true_at": instant_of(since)}
                for source, (value, confidence, since) in said.items()
            ]
            for name, said in sorted(stored.traits.items())
        },
        "events": {
            pack.name: values_at(pack, state.kept, state.at, now) if state is not None else {}
            for pack in live.packs
        },
        "ranks": {
            pack.name: {name: tiers.get(who.id, NO_SEAT) for name, tiers in seats_of(pack).items()}
            for pack in live.packs
        },
        "pins": [
            {"kind": pin.kind, "pack": pin.pack or None, "value": pin.value, "reason": pin.reason,
             "expires_at": pin.expires_at}
            for pin in stored.pins
        ],
        "labels": _labels(stored, live, rows, now),
        "transitions": [each.to_json() for each in changes],
    }  # fmt: skip


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
    account_id = stored.account.id if stored.known else named.domain or named.text
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
    return {"stored": stored, "rows": report.rows_read, "written": report.rows_written}


def _endings(filename: str) -> str:
    return "".join(
        each for each in Path(filename).suffixes[-2:] if re.fullmatch(r"\.[A-Za-z0-9]{1,10}", each)
    )


async def _stored(request: Request, account: str) -> StoredAccount:
    reader: AccountReader = request.app.state.services.reader
    return await reader.read_known(account_key(account))


def _labels(
    stored: StoredAccount, live: LivePacks, rows: Mapping[str, LabelRow], now: datetime
) -> dict[str, Any]:
    held = {pin.pack: HeldLabel(pin.value, pin.reason) for pin in stored.pins if pin.kind == "label"}
    known = {pack.name: known_of(stored, pack, now) for pack in live.packs}
    snapshot = take_snapshot(
        live.packs, stored.account, live.packs[-1].file.surfaces[0], now, known=known, held=held
    )
    labels = (*snapshot.earlier, label_of(snapshot.pack, snapshot.facts, held))
    return {
        label.pack: {
            "segment": label.segment,
            "status": label.status.value,
            "missing": list(label.missing),
            "stale": list(known[label.pack].stale),
            "since": _since(label, rows.get(label.pack)),
        }
        for label in labels
    }


def _since(label: Label, row: LabelRow | None) -> datetime | None:
    """Return when the account came into its segment; None in the moment between a change and its being written."""
    return row.since if row is not None and row.segment == label.segment else None
