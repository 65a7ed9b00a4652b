"""Traces and metrics by OpenTelemetry's conventions for generative AI, off unless an operator says where to.

Spans: `chat MODEL` and `embeddings MODEL` for calls of models, `invoke_agent NAME`, `execute_tool NAME`, steps
of a graph, and `decide PACK` with attributes of our own. Metrics: `gen_ai.client.operation.duration`,
`gen_ai.client.token.usage`, `segue.decision.duration` and `segue.knowledge.degraded`. Texts of people are in
none of them unless `capture_content` is set; names in them come from policy and settings, never from a caller.
While it is off every function here gives one object that does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import propagate
from opentelemetry.trace import SpanKind

from segue.agents.telemetry_spans import OFF, Noted, NotedSpan, Recorder

__all__ = ["Noted", "agent", "decision", "is_on", "model_call", "record_to", "step", "tool"]

_recorder: Recorder | None = None


def record_to(recorder: Recorder | None) -> None:
    """Send everything to a recorder from now on; None turns telemetry off."""
    global _recorder
    _recorder = recorder


def is_on() -> bool:
    """Return True where somebody records."""
    return _recorder is not None


def model_call(
    operation: str, model: str, *, base_url: str | None = None, provider: str = "openai",
    max_tokens: int | None = None,
) -> Noted:  # fmt: skip
    """Note a call of a model while the block runs; `operation` is `chat` or `embeddings`."""
    recorder = _recorder
    if recorder is None:
        return OFF
    figures: dict[str, Any] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        **_server(base_url),
    }
    noted = NotedSpan(recorder, f"{operation} {model}", SpanKind.CLIENT, figures, recorder.duration)
    if max_tokens is not None:
        noted.about("gen_ai.request.max_tokens", max_tokens)
    return noted


def agent(name: str, conversation_id: str | None = None) -> Noted:
    """Note one turn of an agent. Around a coroutine, not around the `yield`s of a generator."""
    recorder = _recorder
    if recorder is None:
        return OFF
    about = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
    if conversation_id is not None:
        about["gen_ai.conversation.id"] = conversation_id
    return NotedSpan(recorder, f"invoke_agent {name}", SpanKind.INTERNAL, about)


def tool(name: str, carrier: Mapping[str, Any] | None = None) -> Noted:
    """Note a call of a tool, which has this name; `carrier` may hold the caller's `traceparent`."""
    recorder = _recorder
    if recorder is None:
        return OFF
    about = {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, "gen_ai.tool.type": "function",
    }  # fmt: skip
    return NotedSpan(
        recorder, f"execute_tool {name}", SpanKind.INTERNAL, about,
        within=propagate.extract(carrier) if carrier else None,
    )  # fmt: skip


def step(name: str) -> Noted:
    """Note one step of a graph, such as `understand`."""
    recorder = _recorder
    return OFF if recorder is None else NotedSpan(recorder, name, SpanKind.INTERNAL, {"segue.step": name})


def decision() -> Noted:
    """Note one decision, from its request until it is stored."""
    recorder = _recorder
    return (
        OFF if recorder is None else NotedSpan(recorder, "decide", SpanKind.INTERNAL, {}, recorder.decisions)
    )


def _server(base_url: str | None) -> dict[str, Any]:
    if base_url is None:
        return {}
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {"server.address": parts.hostname or "", "server.port": port}
