"""Whether the service lives, whether it can answer, and its metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from segue.core.errors import SegueError

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Not ready: `reason` says why"}})
async def ready(request: Request) -> Response:
    """Say whether decisions can be made: 200 when a policy serves and the database answers."""
    parts = request.app.state.services
    found: dict[str, Any] = {"status": "ready"}
    try:
        async with parts.database.connection() as connection:
            await connection.execute("SELECT 1")
        if not parts.policies.ready:
            await parts.policies.refresh()
        live = parts.policies.live
    except SegueError as error:
        return JSONResponse({"status": "not_ready", "reason": error.message}, 503)
    found["deployment"] = live.deployment.deployment_id
    found["packs"] = {pack.name: pack.revision for pack in live.packs}
    if parts.policies.degraded:
        found |= {"status": "degraded", "reason": parts.policies.degraded}
    return JSONResponse(found)


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Give the metrics of this replica in Prometheus's text form."""
    return Response(generate_latest(request.app.state.services.registry), media_type=CONTENT_TYPE_LATEST)
