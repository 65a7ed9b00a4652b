"""Every error as RFC 9457 problem+json: a status, a stable code, one clear sentence, where and which."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from segue.core.errors import SegueError, UnavailableError
from segue.policies.faults import PackError

_log = logging.getLogger(__name__)

TYPE = "application/problem+json"
_TITLES = {
    400: "Bad request", 401: "Not authenticated", 403: "Not allowed", 404: "Not found", 405: "No such method",
    409: "Conflict", 413: "Body too large", 415: "Body of another type", 422: "Invalid input",
    429: "Too many requests", 500: "Internal error", 503: "Unavailable",
}  # fmt: skip
_CODES = {
    400: "bad_request", 401: "not_authenticated", 403: "not_allowed", 404: "not_found", 405: "no_such_method",
    413: "body_too_large", 415: "unsupported_media_type", 429: "too_many_requests",
}  # fmt: skip


class RefusedError(SegueError):
    """The caller may not do this: a status, its code and headers."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = _CODES[status]
        self.headers = dict(headers or {})


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    request_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """Return the response of an error, with `more` members where another protocol asks for some.

    ASCII alone goes out: what came in may be no text at all.
    """
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        content["errors"] = list(errors)
    if request_id is not None:
        content["request_id"] = request_id
    content |= more or {}
    return Response(json.dumps(content), status, dict(headers or {}), TYPE)


def error_problem(error: Exception, request_id: str | None = None) -> Response:
    """Return the response of an error that Segue raised on purpose."""
    assert isinstance(error, SegueError)
    headers = dict(getattr(error, "headers", {}))
    if isinstance(error, UnavailableError):
        headers["Retry-After"] = "1"
    errors: list[dict[str, Any]] = []
    if isinstance(error, PackError):
        errors = [{"place": str(each.place), "message": each.message} for each in error.faults]
    return problem(
        error.status, error.code, str(error), errors=errors, request_id=request_id, headers=headers
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error that is no defect a problem; the envelope does so with defects."""

    async def segue(request: Request, error: Exception) -> Response:
        return error_problem(error, _request_id(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [invalid_part(each) for each in error.errors()]
        first = errors[0]
        detail = f"{first['place']}: {first['message']}"
        return problem(422, "invalid_input", detail, errors=errors, request_id=_request_id(request))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = _CODES.get(error.status_code, "error")
        return problem(
            error.status_code, code, str(error.detail), request_id=_request_id(request), headers=error.headers
        )

    app.add_exception_handler(SegueError, segue)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def defect_problem(error: Exception, request_id: str) -> Response:
    """Log a defect and return its response.

    What is logged is where it was, never its message: that may quote what a caller sent.
    """
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown"
    _log.error("defect: %s at %s, request %s", type(error).__name__, where, request_id)
    return problem(
        500,
        "internal_error",
        "a defect of Segue; the log has more under the request id",
        request_id=request_id,
    )


def _request_id(request: Request) -> str | None:
    found = request.scope.get("segue.request_id")
    return found if isinstance(found, str) else None


def invalid_part(error: Mapping[str, Any]) -> dict[str, str]:
    """Return where an error of a model is, and what was expected and found there."""
    place = ".".join(str(part) for part in error["loc"])
    found = ascii(error.get("input"))
    shown = found if len(found) <= 80 else f"{found[:77]}..."
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"place": place, "message": f"{message}, found {shown}"}
