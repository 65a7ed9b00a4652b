"""How the body of a request is read: JSON as UTF-8, each key once, nothing that is not JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute


class StrictRoute(APIRoute):
    """A route that refuses a body of another type with 415 and one that is no sound JSON with 400."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def strict(request: Request) -> Response:
            check_type(request.headers.get("content-type"))
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


def read_json(body: bytes) -> Any:
    """Return what a body says.

    Raises:
        HTTPException: 400, the body is no JSON, no UTF-8, nested too deep, or names a key twice in one object.
    """
    try:
        found = orjson.loads(body)
        # the fast reader keeps the last of equal keys; numbers were read already, at any length
        json.loads(body, object_pairs_hook=_once_each, parse_int=str, parse_float=str)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"body: expected JSON as UTF-8: {error.msg} at {_place(error)}") from None
    except RecursionError:
        raise HTTPException(400, "body: expected JSON that is nested less deep") from None
    return found


class _StrictRequest(Request):
    async def json(self) -> Any:
        return read_json(await self.body())


def check_type(given: str | None) -> None:
    """Refuse a body that is not JSON by its Content-Type.

    Raises:
        HTTPException: 415.
    """
    kind = (given or "").partition(";")[0].strip().lower()
    if not (kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))):
        shown = f"found {kind[:80]!r}" if kind else "found none"
        raise HTTPException(415, f"Content-Type: expected application/json, {shown}")


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    if len(dict.fromkeys(name for name, _ in pairs)) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                shown = name if len(name) <= 80 else f"{name[:77]}..."
                raise HTTPException(400, f"body: expected each key once, found {shown!r} twice in one object")
            seen.add(name)


def _place(error: json.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"
