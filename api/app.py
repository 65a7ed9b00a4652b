"""The HTTP service: its routes, what holds for all of them, and its life."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route

from segue.agents.telemetry_export import start_telemetry
from segue.api.access import CONSENT, IDENTITY
from segue.api.chat_stream import HEADER
from segue.api.cross_origin import CrossOrigin
from segue.api.document import document
from segue.api.envelope import Envelope
from segue.api.mcp_server.door import PATH, McpDoor
from segue.api.openai_errors import OpenAiErrors
from segue.api.problems import add_problem_handlers
from segue.api.routes import (
    accounts,
    chat,
    completions,
    consequences,
    decisions,
    duplicates,
    events,
    health,
    links,
    ofrep,
    outcomes,
    people,
    policies,
    slack,
    switches,
    target_accounts,
    transitions,
    web,
)
from segue.api.services import services
from segue.api.worker_life import end_with_parent, when_ending
from segue.core.errors import InputError
from segue.core.settings import Settings
from segue.core.settings import settings as read_settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the service over the database that `DATABASE_URL` names, whose schema is up to date.

    Raises:
        InputError: no database is named; `segue serve` starts a private one and names it.
    """
    settings = settings or read_settings()
    if settings.database_url is None:
        raise InputError("DATABASE_URL is not set; `segue serve` starts a private PostgreSQL without it")
    parts = services(settings, settings.database_url.get_secret_value())
    agents = McpDoor(parts, settings.mcp_hosts)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        end_with_parent()
        end_telemetry = start_telemetry(settings)
        when_ending(parts.streams.end)
        await parts.open()
        # what was loaded stays: a full collection of it would hold every answer up for a fifth of a second;
        # what a request makes holds no cycles, so that collecting it early is work for nothing
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        try:
            async with agents.open():
                yield
        finally:
            await parts.close()
            await asyncio.to_thread(end_telemetry)

    app = FastAPI(
        title="Segue",
        version="0.1.0",
        summary="Account segmentation, plays and policy for B2B go-to-market teams",
        lifespan=life,
        docs_url="/docs",
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = parts
    app.include_router(ofrep.most_asked)  # routes are tried in their order
    app.include_router(decisions.most_asked)
    # what is asked of an account comes before the account, whose name may hold slashes
    for routes in (
        ofrep, decisions, transitions, links, duplicates, accounts, people, events, policies, consequences,
        target_accounts, switches, outcomes, completions, chat, slack, health, web,
    ):  # fmt: skip
        app.include_router(routes.router)
    app.router.routes.append(Route(PATH, agents, methods=["POST"], include_in_schema=False))
    add_problem_handlers(app)
    app.add_middleware(
        Envelope,
        registry=parts.registry,
        body_bytes=settings.body_bytes,
        file_bytes=settings.file_bytes,
    )
    app.add_middleware(OpenAiErrors)
    # around the envelope, so that a page can read its errors too
    app.add_middleware(
        CrossOrigin,
        allow_origins=["*"],  # a key says for which pages it is
        allow_methods=["GET", "POST"],
        allow_headers=[
            "authorization",
            "content-type",
            "idempotency-key",
            "if-none-match",
            "x-request-id",
            CONSENT,
            IDENTITY,
        ],
        expose_headers=["etag", "x-request-id", "retry-after", "idempotent-replayed", HEADER],
        max_age=600,
    )
    app.openapi = partial(_document, app)  # type: ignore[method-assign]  # as fastapi says to
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = document(app)
    return app.openapi_schema
