"""`/v1/decisions`: translate a request, nothing else."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from segue.accounts.reader import account_key
from segue.agents.decision_log import read_decision
from segue.agents.decision_request import Answer, Caller, DecisionRequest
from segue.api.access import allow, is_denied
from segue.api.asking import check_public, proven, public_decision
from segue.api.bodies import StrictRoute
from segue.api.direct_route import DirectRoute
from segue.api.document import problems
from segue.api.idempotency import HEADER, REPLAYED, idempotency_key
from segue.api.keys import Key, Kind
from segue.api.models.decisions import DecisionIn, DecisionOut, DecisionsIn, DecisionsOut, PublicDecisionOut
from segue.api.problems import error_problem
from segue.core.errors import InputError, SegueError

router = APIRouter(tags=["decisions"], route_class=StrictRoute)
most_asked = APIRouter(tags=["decisions"], route_class=DirectRoute)

Asking = Annotated[Key, Depends(allow(Kind.SECRET, Kind.PUBLISHABLE))]
Secret = Annotated[Key, Depends(allow(Kind.SECRET))]
_FOR_SERVERS = ("account", "contact_id", "contact", "as_of", "policy_revision")
"""What a publishable key may not name."""


@most_asked.post(
    "/v1/decisions",
    response_model=DecisionOut | PublicDecisionOut,
    responses=problems(
        _404="No such live pack or stored revision", _409="Others kept taking what the limits had left"
    ),
    openapi_extra={"parameters": [HEADER]},
)
async def decide(request: Request, asked: DecisionIn, key: Asking) -> Response:
    """Decide for an account or a visitor. The decision is stored before the answer goes out."""
    once = idempotency_key(request)
    digest = hashlib.sha256(await request.body()).digest() if once is not None else b""
    answer = await request.app.state.services.decisions.decide(
        _request(asked, key, request),
        Caller(key.key_id, _writer(key), once, digest),
    )
    headers = REPLAYED if answer.repeated else None
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
        named = {name: getattr(asked, name) for name in _FOR_SERVERS}
        check_public(named, asked.context, request.app.state.services.policies.live)
    if asked.as_of is not None and asked.as_of > now:
        raise InputError(f"as_of: expected an instant that has passed, found {asked.as_of.isoformat()}")
    known = proven(asked.identity_token, asked.contact_id, request, now)
    signed = known.account if known is not None and asked.account is None else None
    account = asked.account or signed
    return DecisionRequest(
        asked.surface.value, account_key(account) if account is not None else None, asked.visitor, asked.contact,
        asked.contact_id or (known.user_id if known is not None else None), asked.context, asked.pack,
        asked.mode, asked.budget_ms, asked.as_of, asked.policy_revision, asked.dry_run, asked.explain,
        not is_denied(request.headers), signed,
    )  # fmt: skip


def _writer(key: Key) -> Any:
    return _public if key.kind is Kind.PUBLISHABLE else orjson.dumps


def _public(answer: Mapping[str, Any]) -> bytes:
    return orjson.dumps(public_decision(answer))


def _refused(error: SegueError) -> bytes:
    response = error_problem(error)
    return b'{"status":%d,"problem":%b}' % (error.status, bytes(response.body))
