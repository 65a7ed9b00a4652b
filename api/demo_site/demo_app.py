"""The service with the demo site in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from segue.api.app import create_app
from segue.api.demo_site.routes import router
from segue.api.demo_site.stage import Stage


def demo_app(stage: Stage) -> FastAPI:
    """Return the service with the demo's pages, whose companies are known once it is up."""
    app = create_app()
    app.state.stage = stage
    app.include_router(router)
    served = app.router.lifespan_context

    @asynccontextmanager
    async def life(api: Any) -> AsyncIterator[Any]:
        async with served(api) as state:
            await stage.prepare(api)
            try:
                yield state
            finally:
                await stage.close()

    app.router.lifespan_context = life
    return app
