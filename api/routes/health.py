"""Whether the service lives, whether it can answer, and its metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from segue.api.models.health import AliveOut, NotReadyOut, ReadyOut
from segue.core.errors import SegueError

router = APIRouter(tags=["health"])

_METRICS = {"text/plain": {"example": "segue_ready 1.0\n"}}


@router.get("/healthz", response_model=AliveOut)
async def alive() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    response_model=ReadyOut,
    responses={503: {"model": NotReadyOut, "description": "Not ready: `reason` says why"}},
)
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
    found["knowledge"] = parts.knowledge.lacking
    if parts.policies.degraded:
        found |= {"status": "degraded", "reason": parts.policies.degraded}
    return JSONResponse(found)


@router.get("/metrics", response_class=PlainTextResponse, responses={200: {"content": _METRICS}})
async def metrics(request: Request) -> Response:
    """Give the metrics of this replica, and the length of the queue, in Prometheus's text form."""
    parts = request.app.state.services
    await parts.queue.refresh()
    return Response(generate_latest(parts.registry), media_type=CONTENT_TYPE_LATEST)
