"""One call of a model over HTTP: an OpenAI-compatible endpoint, bounded in what it may send back.

No retry, no deadline: those belong to the chooser. Only an answer with status 2xx is read at all,
and never more than `MOST_BYTES` of it.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
from openai import APIConnectionError, APITimeoutError, AsyncOpenAI
from pydantic import SecretStr

from segue.agents import telemetry
from segue.agents.choosers.model.endpoint import EndpointFault, Said
from segue.agents.choosers.model.prompt import Prompt
from segue.agents.choosers.model.proposal import FallbackReason

MOST_BYTES = 65_536
"""A completion of a few hundred tokens takes some kilobytes."""
_CONNECT_SECONDS = 1.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 529})


class OpenAIEndpoint:
    """An endpoint that speaks OpenAI's chat completions. Redirects are not followed: facts would go with them."""

    def __init__(
        self, base_url: str, key: SecretStr, model: str, answer_tokens: int, limit_parameter: str
    ) -> None:
        timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)  # the rest is the deadline's
        self._client = AsyncOpenAI(
            api_key=key.get_secret_value(),
            base_url=base_url,
            max_retries=0,
            timeout=timeout,
            default_headers={"Accept-Encoding": "identity"},
            http_client=httpx2.AsyncClient(
                timeout=timeout,
                follow_redirects=False,
                event_hooks={"response": [_refuse_unread]},
            ),
        )
        self._model = model
        self._base_url = base_url
        self._answer_tokens = answer_tokens
        self._limit: dict[str, Any] = {limit_parameter: answer_tokens}

    async def ask(self, prompt: Prompt, message: str) -> Said:
        """Return the completion of one request."""
        with telemetry.model_call(
            "chat", self._model, base_url=self._base_url, max_tokens=self._answer_tokens
        ) as noted:
            said = await self._asked(prompt, message)
            noted.used(said.input_tokens, said.output_tokens)
            noted.content(prompt.instructions, message, said.content)
            return said

    async def _asked(self, prompt: Prompt, message: str) -> Said:
        try:
            async with self._client.chat.completions.with_streaming_response.create(
                model=self._model,
                messages=[
                    {"role": "system", "content": prompt.instructions},
                    {"role": "user", "content": message},
                ],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": prompt.name, "strict": True, "schema": dict(prompt.schema)},
                },
                **self._limit,
            ) as response:
                return _completion(await _body(response.http_response))
        except (APITimeoutError, httpx2.TimeoutException):
            raise EndpointFault(FallbackReason.TIMEOUT, again=True) from None
        except (APIConnectionError, httpx2.HTTPError):
            raise EndpointFault(FallbackReason.CONNECTION, again=True) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()


async def _refuse_unread(response: httpx2.Response) -> None:
    """Refuse, before any of its body is read, what cannot be a completion."""
    status = response.status_code
    if 200 <= status < 300:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        encoded = response.headers.get("content-encoding", "identity").strip().lower() != "identity"
        if encoded or not (kind == "application/json" or kind.endswith("+json")):
            raise EndpointFault(FallbackReason.INVALID_ANSWER)
        return
    if status == 429:
        reason = FallbackReason.RATE_LIMITED
    elif status == 408:
        reason = FallbackReason.TIMEOUT
    else:
        reason = FallbackReason.SERVER_ERROR if status >= 500 else FallbackReason.REQUEST_REFUSED
    raise EndpointFault(reason, again=status in _AGAIN, after=retry_after(response.headers))


async def _body(response: httpx2.Response) -> bytes:
    found = bytearray()
    async for part in response.aiter_raw():
        found += part
        if len(found) > MOST_BYTES:
            raise EndpointFault(FallbackReason.INVALID_ANSWER)
    return bytes(found)


def _completion(body: bytes) -> Said:
    """Return what a chat completion says. Nothing about its shape is taken on trust."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise EndpointFault(FallbackReason.INVALID_ANSWER) from None
    choices = _within(found, "choices")
    message = _within(choices[0] if isinstance(choices, list) and choices else None, "message")
    content, refusal = _within(message, "content"), _within(message, "refusal")
    if not isinstance(content, str) and not isinstance(refusal, str):
        raise EndpointFault(FallbackReason.INVALID_ANSWER)
    usage = _within(found, "usage")
    tokens = [_count(_within(usage, name)) for name in ("prompt_tokens", "completion_tokens")]
    return Said(content if isinstance(content, str) and not refusal else None, *tokens)


def _within(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 10_000_000 else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds to wait by `Retry-After` or `retry-after-ms` (RFC 9110, 10.2.3), or None."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if not math.isnan(seconds):
            return max(0.0, seconds)
    try:
        then = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, then.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
