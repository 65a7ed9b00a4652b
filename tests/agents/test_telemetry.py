"""Spans and figures as OpenTelemetry's conventions name them, nothing personal in them, and no cost when off."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from segue.agents import telemetry
from segue.agents.choosers.model.opening import open_model_chooser
from segue.agents.decide import decide
from segue.agents.degradation import KNOWLEDGE, watch_knowledge, watch_no_more
from segue.agents.telemetry_spans import OFF, Recorder
from segue.core.settings import Settings
from segue.evals.model_faults.server import Behaviour, ModelServer, answering, hang, responding
from tests.agents.choosers.model.test_chooser import ask, options
from tests.agents.test_decide import snapshot
from tests.policies.mini import READY

RIGHT = answering(lambda asked: {"option": 1, "proof": ["general"], "why": "it fits"})
NAME = "Ada-9c1f"


class Recorded:
    """What was recorded."""

    def __init__(self, capture: bool) -> None:
        self._spans, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers, meters = TracerProvider(), MeterProvider([self._reader])
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        telemetry.record_to(Recorder(tracers, meters, capture_content=capture))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._spans.get_finished_spans()

    def points(self, name: str) -> list[tuple[Mapping[str, Any], Any]]:
        found = self._reader.get_metrics_data()
        return [
            (dict(point.attributes or {}), point)
            for resource in (found.resource_metrics if found else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def text(self) -> str:
        return "".join(each.to_json() for each in self.spans)


@pytest.fixture(params=[False])
def recorded(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    """A recorder in memory, which keeps no texts unless a test says so."""
    yield Recorded(request.param)
    telemetry.record_to(None)


def asked(behaviour: Behaviour, seconds: float = 5.0) -> str:
    """Have the chooser ask a model once, and return where that was."""

    async def run() -> str:
        async with ModelServer(behaviour) as server:
            given = {"OPENAI_API_KEY": "sk-s3cret", "OPENAI_BASE_URL": server.url, "model_retries": 0}
            chooser = open_model_chooser(Settings.model_validate(given))
            with telemetry.agent("chooser"):
                await ask(chooser, options(NAME), seconds)
            await chooser.aclose()
            return server.url

    return asyncio.run(run())


def test_a_call_of_a_model(recorded: Recorded) -> None:
    url = asked(RIGHT)
    chat, turn = recorded.spans
    port = int(url.split(":")[2].split("/")[0])
    figures = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4.1-mini",
        "server.address": "127.0.0.1", "server.port": port,
    }  # fmt: skip
    assert chat.name == "chat gpt-4.1-mini" and chat.kind is SpanKind.CLIENT
    assert dict(chat.attributes or {}) == figures | {
        "gen_ai.request.max_tokens": 300, "gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 40,
    }  # fmt: skip
    assert chat.status.status_code is StatusCode.UNSET
    assert turn.name == "invoke_agent chooser" and turn.kind is SpanKind.INTERNAL
    assert chat.parent is not None and chat.parent.span_id == turn.context.span_id
    ((attributes, point),) = recorded.points("gen_ai.client.operation.duration")
    assert attributes == figures and point.count == 1 and 0 < point.sum < 5
    assert point.explicit_bounds[:3] == (0.01, 0.02, 0.04) and point.explicit_bounds[-1] == 81.92
    tokens = {
        each["gen_ai.token.type"]: point.sum for each, point in recorded.points("gen_ai.client.token.usage")
    }
    assert tokens == {"input": 900, "output": 40}
    assert NAME not in recorded.text() and "s3cret" not in recorded.text()


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [(responding(500, b"{}"), "server_error"), (responding(429, b"{}"), "rate_limited"),
     (responding(200, b"no json"), "invalid_answer"), (hang, "cancelled")],
)  # fmt: skip
def test_a_call_that_fails_says_how_and_quotes_nothing(
    recorded: Recorded, behaviour: Behaviour, kind: str
) -> None:
    asked(behaviour, 0.5)
    chat = next(each for each in recorded.spans if each.name.startswith("chat"))
    assert (chat.attributes or {})["error.type"] == kind
    assert chat.status.status_code is StatusCode.ERROR and chat.status.description is None and not chat.events
    ((attributes, _),) = recorded.points("gen_ai.client.operation.duration")
    assert attributes["error.type"] == kind and recorded.points("gen_ai.client.token.usage") == []
    assert NAME not in recorded.text()


@pytest.mark.parametrize("recorded", [True], indirect=True)
def test_texts_are_kept_where_that_is_switched_on(recorded: Recorded) -> None:
    asked(RIGHT)
    said = dict(recorded.spans[0].attributes or {})
    (sent,) = json.loads(str(said["gen_ai.input.messages"]))
    assert sent["role"] == "user" and NAME in sent["parts"][0]["content"]
    (received,) = json.loads(str(said["gen_ai.output.messages"]))
    assert received["role"] == "assistant" and "it fits" in received["parts"][0]["content"]
    assert json.loads(str(said["gen_ai.system_instructions"]))[0]["type"] == "text"


def test_embeddings_tools_and_steps(recorded: Recorded) -> None:
    carrier = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    with (
        telemetry.tool("search_proof", carrier),
        telemetry.step("retrieve"),
        telemetry.model_call("embeddings", "all-MiniLM-L6-v2", provider="local") as noted,
    ):
        noted.used(12)
    with pytest.raises(KeyError), telemetry.tool("decide"):
        raise KeyError(NAME)
    embeddings, step, tool, failed = recorded.spans
    assert embeddings.name == "embeddings all-MiniLM-L6-v2" and step.name == "retrieve"
    assert (embeddings.attributes or {})["gen_ai.provider.name"] == "local"
    assert tool.name == "execute_tool search_proof" and tool.parent is not None
    assert f"{tool.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert (failed.attributes or {})["error.type"] == "KeyError" and NAME not in recorded.text()


def test_a_decision_by_the_names_of_policy(recorded: Recorded) -> None:
    made = decide(snapshot(dict(READY), request={"path": "/"}))
    for is_stored in (True, False):
        with telemetry.decision() as noted:
            noted.decided(made, is_stored)
    stored, dry = (dict(each.attributes or {}) for each in recorded.spans)
    assert recorded.spans[0].name == f"decide {made.pack}"
    assert stored["segue.decision.id"] == made.decision_id and "segue.decision.id" not in dry
    assert dry == {
        "segue.pack": made.pack, "segue.surface": made.surface, "segue.chooser": "rules", "segue.recorded": False,
        "segue.segment": made.label.segment, "segue.label.status": "matched", "segue.play": made.play.name,
        "segue.policy.revision": made.revisions[made.pack],
    }  # fmt: skip
    ((attributes, point),) = recorded.points("segue.decision.duration")
    assert set(attributes) == {"segue.pack", "segue.surface", "segue.chooser"} and point.count == 2


def test_off_is_one_object_that_does_nothing() -> None:
    assert not telemetry.is_on()
    every = [
        telemetry.model_call("chat", "m"), telemetry.agent("a"), telemetry.tool("t"), telemetry.step("s"),
        telemetry.decision(),
    ]  # fmt: skip
    assert all(each is OFF for each in every)
    calls, started = 20_000, time.perf_counter()
    for _ in range(calls):
        with telemetry.decision() as noted:
            noted.failed("never")
    assert (time.perf_counter() - started) / calls < 20e-6  # under a microsecond where the machine is idle


def test_knowledge_that_goes_without_meaning_is_a_gauge_by_its_reason(recorded: Recorded) -> None:
    lacking = {"not_indexed": True, "embedder_unavailable": False}
    watch_knowledge(recorded, lambda: lacking)
    try:
        points = {found["segue.knowledge.reason"]: point.value for found, point in recorded.points(KNOWLEDGE)}
        assert points == {"not_indexed": 1, "embedder_unavailable": 0}
        lacking["not_indexed"] = False
        assert {point.value for _, point in recorded.points(KNOWLEDGE)} == {0}
    finally:
        watch_no_more(recorded)
    assert recorded.points(KNOWLEDGE) == []
