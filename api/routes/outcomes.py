"""`/v1/outcomes`: what came of decisions, from servers and from pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import Response

from segue.agents.outcomes import Answered, Outcome, Taken, take_outcomes
from segue.api.access import admit, header_secret
from segue.api.bodies import read_json
from segue.api.document import problems
from segue.api.keys import Kind
from segue.api.models.outcomes import OutcomeIn, OutcomesIn, OutcomesOut, outcome_time
from segue.core.errors import InputError

router = APIRouter(tags=["website"])

_ALLOWED = frozenset({Kind.SECRET, Kind.PUBLISHABLE})


@router.post(
    "/v1/outcomes",
    response_model=OutcomesOut,
    responses=problems(),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": OutcomesIn.model_config["json_schema_extra"]["examples"][0],  # type: ignore[index]
                }
            },
        }
    },
)
async def take(request: Request) -> Response:
    """Take what came of decisions. The body is JSON whatever its type says; a page may send it as text/plain."""
    secret = header_secret(request)
    key = admit(request, secret, _ALLOWED) if secret else None
    found = read_json(await request.body())
    if key is None:
        written = found.get("writeKey") if isinstance(found, dict) else None
        key = admit(request, written if isinstance(written, str) else "", _ALLOWED)
    try:
        wanted = OutcomesIn.model_validate(found)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        ) from None
    now = datetime.now(UTC)
    of_pages = key.kind is Kind.PUBLISHABLE
    read = [_read(each, now, of_pages) for each in wanted.outcomes]
    sound = [each for each in read if isinstance(each, Outcome)]
    database = request.app.state.services.database
    answers = iter(await take_outcomes(database, sound, key.key_id, of_pages=of_pages) if sound else ())
    shown = []
    for each, given in zip(read, wanted.outcomes, strict=True):
        answered = next(answers) if isinstance(each, Outcome) else each
        shown.append({"id": _id_of(given), "status": answered.taken.value, "reason": answered.reason})
    return Response(orjson.dumps({"outcomes": shown}), media_type="application/json")


def _read(given: Any, now: datetime, of_pages: bool) -> Outcome | Answered:
    try:
        found = OutcomeIn.model_validate_json(orjson.dumps(given))
        if of_pages and (found.account is not None or found.visitor is None):
            raise InputError("visitor: a publishable key names the visitor of the decision, and no account")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "outcome"
        return Answered(Taken.REFUSED, f"{place}: {str(first['msg']).removeprefix('Value error, ')}")
    except InputError as error:
        return Answered(Taken.REFUSED, error.message)
    return Outcome(
        found.id, found.kind, found.decision_id, found.account, found.visitor, found.flag, found.value,
        outcome_time(found.at, now),
    )  # fmt: skip


def _id_of(given: Any) -> str | None:
    found = given.get("id") if isinstance(given, dict) else None
    return found[:200] if isinstance(found, str) else None
