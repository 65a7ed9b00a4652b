"""`/v1/decisions`: translate a request, nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from segue.accounts.events import Proven
from segue.accounts.reader import account_key
from segue.agents.decision_log import read_decision
from segue.agents.decision_request import Answer, Caller, DecisionRequest
from segue.agents.live_policies import LivePacks
from segue.api.access import IDENTITY, allow, is_denied
from segue.api.bodies import StrictRoute
from segue.api.direct_route import DirectRoute
from segue.api.document import problems
from segue.api.keys import Key, Kind
from segue.api.models.decisions import DecisionIn, DecisionOut, DecisionsIn, DecisionsOut, PublicDecisionOut
from segue.api.problems import RefusedError, error_problem
from segue.core.errors import InputError, SegueError
from segue.policies.models.traits import Scope

router = APIRouter(tags=["decisions"], route_class=StrictRoute)
most_asked = APIRouter(tags=["decisions"], route_class=DirectRoute)

Asking = Annotated[Key, Depends(allow(Kind.SECRET, Kind.PUBLISHABLE))]
Secret = Annotated[Key, Depends(allow(Kind.SECRET))]
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Repeating a call with the same key and body within 24 hours gives the same answer.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"},
}

_PUBLIC_PLAY = ("name", "title", "kind", "channel", "offer", "message", "parameters", "proof_points")


@most_asked.post(
    "/v1/decisions",
    response_model=DecisionOut | PublicDecisionOut,
    responses=problems(
        _404="No such live pack or stored revision", _409="Others kept taking what the limits had left"
    ),
    openapi_extra={"parameters": [_IDEMPOTENCY_KEY]},
)
async def decide(request: Request, asked: DecisionIn, key: Asking) -> Response:
    """Decide for an account or a visitor. The decision is stored before the answer goes out."""
    idempotency_key = _idempotency_key(request.headers.get("idempotency-key"))
    digest = hashlib.sha256(await request.body()).digest() if idempotency_key is not None else b""
    answer = await request.app.state.services.decisions.decide(
        _request(asked, key, request),
        Caller(key.key_id, _writer(key), idempotency_key, digest),
    )
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else None
    return Response(answer.body, media_type="application/json", headers=headers)


@router.post("/v1/decisions:batch", response_model=DecisionsOut, responses=problems())
async def decide_batch(request: Request, asked: DecisionsIn, key: Secret) -> Response:
    """Decide up to a thousand times. Answers are in order, each `{"status", "decision"}` or `{"status", "problem"}`."""

    async def one(item: Any) -> bytes:
        try:
            wanted = _request(DecisionIn.model_validate_json(orjson.dumps(item)), key, request)
            answer: Answer = await request.app.state.services.decisions.decide(wanted, Caller(key.key_id))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "decision"
            return _refused(InputError(f"{place}: {first['msg']}"))
        except SegueError as error:
            return _refused(error)
        return b'{"status":200,"decision":%b}' % answer.body

    found = await asyncio.gather(*(one(item) for item in asked.decisions))
    return Response(b'{"decisions":[' + b",".join(found) + b"]}", media_type="application/json")


@router.get(
    "/v1/decisions/{decision_id}",
    response_model=DecisionOut,
    responses=problems(_404="No such decision"),
)
async def get_decision(request: Request, decision_id: UUID, key: Secret) -> Response:
    """Give a stored decision, as it was answered with `explain: short`."""
    found = await read_decision(request.app.state.services.database, decision_id)
    return Response(found, media_type="application/json")


def _request(asked: DecisionIn, key: Key, request: Request) -> DecisionRequest:
    now = datetime.now(UTC)
    if key.kind is Kind.PUBLISHABLE:
        _check_public(asked, request.app.state.services.policies.live)
    if asked.as_of is not None and asked.as_of > now:
        raise InputError(f"as_of: expected an instant that has passed, found {asked.as_of.isoformat()}")
    proven = _proven(asked, request, now)
    signed = proven.account if proven is not None and asked.account is None else None
    named = asked.account or signed
    return DecisionRequest(
        asked.surface.value, account_key(named) if named is not None else None, asked.visitor, asked.contact,
        asked.contact_id or (proven.user_id if proven is not None else None), asked.context, asked.pack,
        asked.mode, asked.budget_ms, asked.as_of, asked.policy_revision, asked.dry_run, asked.explain,
        not is_denied(request.headers), signed,
    )  # fmt: skip


def _proven(asked: DecisionIn, request: Request, now: datetime) -> Proven | None:
    """Return who the request's token says is looking, if it has one.

    Raises:
        TokenError: 401, it is refused.
        RefusedError: 403, none is taken here, or it is of another than the contact who is named.
    """
    token = asked.identity_token or request.headers.get(IDENTITY)
    if not token:
        return None
    tokens = request.app.state.services.tokens
    if not tokens.are_taken:
        raise RefusedError(
            403, "identity token: SEGUE_IDENTITY_SECRET is not set, so that none can be checked"
        )
    found: Proven = tokens.read(token, now)
    if asked.contact_id is not None and asked.contact_id != found.user_id:
        raise RefusedError(403, "identity token: sub: expected the contact_id of the request, found another")
    return found


def _check_public(asked: DecisionIn, live: LivePacks) -> None:
    """A browser says who is looking and at what; never which account, nor what policy or past to look at."""
    for name in ("account", "contact_id", "contact", "as_of", "policy_revision"):
        if getattr(asked, name):
            raise RefusedError(
                403, f"{name}: a publishable key may not name it; expected a visitor or a token"
            )
    for name in asked.context:
        scopes = {pack.traits[name].scope for pack in live.packs if name in pack.traits}
        if scopes - {Scope.REQUEST}:
            raise RefusedError(403, f"context.{name}: a publishable key may give facts of the request alone")


def _writer(key: Key) -> Any:
    return _public if key.kind is Kind.PUBLISHABLE else orjson.dumps


def _public(answer: Mapping[str, Any]) -> bytes:
    play = {name: answer["play"][name] for name in _PUBLIC_PLAY}
    return orjson.dumps({"decision_id": answer["decision_id"], "surface": answer["surface"], "play": play})


def _idempotency_key(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[\x21-\x7e]{1,200}", text):
        raise InputError("Idempotency-Key: expected 1 to 200 visible ASCII characters")
    return text


def _refused(error: SegueError) -> bytes:
    response = error_problem(error)
    return b'{"status":%d,"problem":%b}' % (error.status, bytes(response.body))
