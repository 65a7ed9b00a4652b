"""Requests of pages from elsewhere (CORS)."""

from __future__ import annotations

from fastapi.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send


class CrossOrigin(CORSMiddleware):
    """The framework's middleware, for requests that come from a page; servers send no `Origin`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] == "http" and any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
