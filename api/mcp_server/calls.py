"""A tool's call: arguments checked, the tool run, and every error one clear sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, ValidationError

from segue.agents import telemetry
from segue.api.keys import Key
from segue.api.mcp_server.bounds import bounded
from segue.api.mcp_server.tools import KeyTool, tools_of
from segue.api.problems import invalid_part
from segue.api.services import Services
from segue.core.errors import InputError, SegueError, nearest

_log = logging.getLogger(__name__)

LARGEST_ARGUMENTS = 100_000
"""Bytes of the arguments of one call."""
LARGEST_ANSWER = 100_000
"""Bytes of an answer as JSON."""
_RECORDS = "record"


async def call_tool(
    services: Services,
    key: Key,
    name: str,
    arguments: Mapping[str, Any] | None,
    carrier: Mapping[str, Any] | None = None,
) -> CallToolResult:
    """Return what a tool answers; whatever goes wrong is an answer too, that says what was expected."""
    try:
        tool = _tool(key, name)
        with telemetry.tool(tool.name, carrier):
            asked = _checked(tool, arguments or {}, key)
            found = tool.answered.model_validate(bounded(await tool.run(services, key, asked)))
            return _answer(found)
    except SegueError as error:
        return _error(f"{error.code}: {error}")
    except Exception as error:  # its message may quote what a caller sent
        _log.error("defect: %s in the tool %s", type(error).__name__, name if name.isidentifier() else "?")
        return _error("internal_error: a defect of Segue; nothing was done")


def _tool(key: Key, name: str) -> KeyTool:
    tools = tools_of(key)
    found = tools.get(name)
    if found is None:
        raise InputError(
            f"there is no tool {_shown(name)}; expected one of {', '.join(tools)}{nearest(name[:100], tools)}"
        )
    return found


def _checked(tool: KeyTool, arguments: Mapping[str, Any], key: Key) -> BaseModel:
    """Return what is asked.

    Raises:
        InputError: an argument is not what the tool's schema says; only the first is named.
    """
    if tool.name == "decide" and _RECORDS in arguments and not key.may_act:
        raise InputError(
            "record: this key may only look; `segue keys create --kind secret --may-act` makes one that may act"
        )
    try:
        body = orjson.dumps(arguments)
    except (TypeError, ValueError):  # a lone surrogate, a number of more than 64 bits, nesting without end
        raise InputError("arguments: expected JSON of Unicode text and 64-bit numbers") from None
    if len(body) > LARGEST_ARGUMENTS:
        raise InputError(f"arguments: expected at most {LARGEST_ARGUMENTS:,} bytes, found {len(body):,}")
    try:
        return tool.asked.model_validate_json(body)
    except ValidationError as error:
        part = invalid_part(error.errors(include_url=False)[0])
        raise InputError(f"{part['place'] or 'arguments'}: {part['message']}") from None


def _answer(found: BaseModel) -> CallToolResult:
    plain = found.model_dump(mode="json", by_alias=True)
    text = orjson.dumps(plain).decode()
    if len(text) > LARGEST_ANSWER:
        return _error(
            f"too_large: the answer is over {LARGEST_ANSWER:,} bytes; ask for less, or over HTTP under /v1"
        )
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=plain)


def _error(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=bounded(text))], is_error=True)


def _shown(name: str) -> str:
    return ascii(name if len(name) <= 80 else f"{name[:77]}...")
