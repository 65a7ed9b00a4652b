"""What is noted while something is under way, and where that goes: OpenTelemetry's spans and histograms."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol

from opentelemetry import context as contexts
from opentelemetry.metrics import Histogram, MeterProvider
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, TracerProvider, set_span_in_context

from segue.agents.decision import Decision
from segue.agents.degradation import KNOWLEDGE, observed

_SECONDS = tuple(0.01 * 2**power for power in range(14))
_TOKENS = tuple(float(4**power) for power in range(14))
_SCOPE = "segue"


class Recorder:
    """Where spans and figures go."""

    def __init__(
        self, tracers: TracerProvider, meters: MeterProvider, *, capture_content: bool = False
    ) -> None:
        self.tracer: Tracer = tracers.get_tracer(_SCOPE)
        meter = meters.get_meter(_SCOPE)
        self.duration: Histogram = meter.create_histogram(
            "gen_ai.client.operation.duration", "s", "How long a call of a model took",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )  # fmt: skip
        self.tokens: Histogram = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Tokens sent and received",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )  # fmt: skip
        self.decisions: Histogram = meter.create_histogram(
            "segue.decision.duration", "s", "How long a decision took, storing it included",
            explicit_bucket_boundaries_advisory=(0.0005, 0.001, *_SECONDS),
        )  # fmt: skip
        meter.create_observable_gauge(KNOWLEDGE, [observed], "1", "1 where proof is ranked by policy alone")
        self.capture_content = capture_content


class Noted(Protocol):
    """One thing under way, as those who do it see it: a context manager with what came of it."""

    def __enter__(self) -> Noted: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def used(self, input_tokens: int | None, output_tokens: int | None = None) -> None:
        """Say how many tokens a call of a model took, where the endpoint says so."""
        ...

    def content(self, instructions: str | None, sent: str, received: str | None) -> None:
        """Say what was sent and received; kept only where an operator switched that on."""
        ...

    def failed(self, kind: str) -> None:
        """Say what kind of failure came of it, in a word such as `timeout`."""
        ...

    def decided(self, decision: Decision, recorded: bool) -> None:
        """Say what was decided."""
        ...


class Off:
    """Nothing under way: telemetry is off."""

    def __enter__(self) -> Off:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def used(self, input_tokens: int | None, output_tokens: int | None = None) -> None:
        """Say nothing."""

    def content(self, instructions: str | None, sent: str, received: str | None) -> None:
        """Say nothing."""

    def failed(self, kind: str) -> None:
        """Say nothing."""

    def decided(self, decision: Decision, recorded: bool) -> None:
        """Say nothing."""


OFF = Off()
"""The one that does nothing."""


class NotedSpan:
    """A span under way; what is measured goes to `histogram` at its end."""

    def __init__(
        self,
        recorder: Recorder,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, Any],
        histogram: Histogram | None = None,
        within: contexts.Context | None = None,
    ) -> None:
        self._recorder = recorder
        self._span: Span = recorder.tracer.start_span(name, within, kind, dict(attributes))
        self._figures = dict(attributes)
        self._histogram = histogram
        self._started = time.perf_counter()
        self._failed = False

    def about(self, name: str, value: Any) -> None:
        """Say one thing more of it, which is no dimension of a figure."""
        self._span.set_attribute(name, value)

    def __enter__(self) -> NotedSpan:
        self._token = contexts.attach(set_span_in_context(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        contexts.detach(self._token)
        if error is not None and not self._failed:
            self.failed(_kind_of(error))
        if self._histogram is not None:
            self._histogram.record(time.perf_counter() - self._started, self._figures)
        self._span.end()

    def used(self, input_tokens: int | None, output_tokens: int | None = None) -> None:
        """Put the tokens on the span, and count them."""
        for kind, tokens in (("input", input_tokens), ("output", output_tokens)):
            if tokens is not None:
                self._span.set_attribute(f"gen_ai.usage.{kind}_tokens", tokens)
                self._recorder.tokens.record(tokens, {**self._figures, "gen_ai.token.type": kind})

    def content(self, instructions: str | None, sent: str, received: str | None) -> None:
        """Put the texts on the span, where an operator switched that on."""
        if not self._recorder.capture_content:
            return
        if instructions is not None:
            said = json.dumps([{"type": "text", "content": instructions}])
            self._span.set_attribute("gen_ai.system_instructions", said)
        self._span.set_attribute("gen_ai.input.messages", _message("user", sent))
        if received is not None:
            self._span.set_attribute("gen_ai.output.messages", _message("assistant", received))

    def failed(self, kind: str) -> None:
        """Mark the span and its figures."""
        self._failed = True
        self._figures["error.type"] = kind
        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)

    def decided(self, decision: Decision, recorded: bool) -> None:
        """Say what was decided, by the names that policy gives."""
        label = decision.label
        known = {
            "segue.pack": decision.pack,
            "segue.surface": decision.surface,
            "segue.chooser": decision.chooser,
            **(
                {}
                if decision.fallback_reason is None
                else {"segue.fallback_reason": decision.fallback_reason}
            ),
        }
        self._figures |= known
        self._span.update_name(f"decide {decision.pack}")
        self._span.set_attributes(
            {
                **known,
                "segue.segment": label.segment,
                "segue.label.status": label.status.value,
                "segue.play": decision.play.name,
                "segue.policy.revision": decision.revisions[decision.pack],
                "segue.recorded": recorded,
                **({"segue.decision.id": decision.decision_id} if recorded else {}),
            }
        )


def _kind_of(error: BaseException) -> str:
    """Return the kind of an error: the code or reason that ours carry, else its type. Never its message."""
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    for name in ("reason", "code"):
        found = getattr(error, name, None)
        if isinstance(found, str):
            return str(found)
    return type(error).__qualname__


def _message(role: str, text: str) -> str:
    parts: Sequence[Mapping[str, str]] = [{"type": "text", "content": text}]
    return json.dumps([{"role": role, "parts": parts}])
