"""The `mcp` package's own client, against a replica, with a key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

T = TypeVar("T")


def with_client(url: str, key: str | None, work: Callable[[Client], Awaitable[T]], **options: Any) -> T:
    """Return what a piece of work gives that has a client."""

    async def run() -> T:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers | options.pop("headers", {}), timeout=30) as http,
            Client(
                streamable_http_client(f"{url}/mcp", http_client=http), read_timeout_seconds=20, **options
            ) as client,
        ):
            return await work(client)

    return asyncio.run(run())


def called(url: str, key: str, tool: str, **arguments: Any) -> CallToolResult:
    """Return the result of one call."""

    async def work(client: Client) -> CallToolResult:
        found = await client.call_tool(tool, arguments)
        assert isinstance(found, CallToolResult)
        return found

    return with_client(url, key, work)


def answered(url: str, key: str, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return the structured answer of a call that succeeds."""
    found = called(url, key, tool, **arguments)
    assert not found.is_error, found.content
    assert isinstance(found.structured_content, dict)
    return found.structured_content


def refused(url: str, key: str, tool: str, **arguments: Any) -> str:
    """Return the one sentence of a call that is refused."""
    found = called(url, key, tool, **arguments)
    assert found.is_error and found.structured_content is None
    (only,) = found.content
    return str(getattr(only, "text", ""))
