"""A replica that sends its traces and metrics to a collector, by OTLP over HTTP and over gRPC."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from segue.evals.fakes.server import FakeServer
from tests.service.mcp_client import answered
from tests.service.running import ACCOUNT, Service, replica

pytestmark = pytest.mark.trial

WHO = "somebody-9c1f.example"


class Spans(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def Export(self, request: Any, context: Any) -> Any:
        self.asked.append(request)
        return trace_service_pb2.ExportTraceServiceResponse()


class Figures(metrics_service_pb2_grpc.MetricsServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def Export(self, request: Any, context: Any) -> Any:
        self.asked.append(request)
        return metrics_service_pb2.ExportMetricsServiceResponse()


Collector = tuple[str, str, Callable[[], list[Any]], Callable[[], list[Any]]]
"""Its address, the protocol, and what came in: requests with spans, requests with figures."""


@pytest.fixture(params=["http/protobuf", "grpc"])
def collector(request: pytest.FixtureRequest) -> Iterator[Collector]:
    """A stand-in for a collector, which speaks the protocol in earnest."""
    if request.param == "grpc":
        server = grpc.server(futures.ThreadPoolExecutor(2))
        spans, figures = Spans(), Figures()
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(spans, server)  # type: ignore[no-untyped-call]
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(figures, server)  # type: ignore[no-untyped-call]
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"http://127.0.0.1:{port}", request.param, lambda: spans.asked, lambda: figures.asked
        server.stop(0).wait()
        return
    with FakeServer().running() as fake:

        def read(path: str, kind: Any) -> list[Any]:
            return [kind.FromString(each.body) for each in fake.asked if each.path == path]

        yield (
            fake.url.rstrip("/"), request.param,
            lambda: read("/v1/traces", trace_service_pb2.ExportTraceServiceRequest),
            lambda: read("/v1/metrics", metrics_service_pb2.ExportMetricsServiceRequest),
        )  # fmt: skip


def names_of(requests: list[Any]) -> dict[str, dict[str, str]]:
    return {
        span.name: {each.key: each.value.string_value for each in span.attributes}
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


def test_a_replica_tells_its_collector(service: Service, collector: Collector, tmp_path: Path) -> None:
    url, protocol, spans, figures = collector
    with replica(
        service.database, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url, OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_BSP_SCHEDULE_DELAY="100", OTEL_METRIC_EXPORT_INTERVAL="200",
    ) as other:  # fmt: skip
        other.keys = service.keys
        assert other.decide(account=WHO, visitor=f"visitor-of-{WHO}").status_code == 200
        answered(other.url, service.keys["secret"], "account", account=ACCOUNT)
        until = time.monotonic() + 20
        while time.monotonic() < until and len(names_of(spans())) < 2:
            time.sleep(0.05)
    found = names_of(spans())
    assert found["decide saas_pipeline"]["segue.play"] and found["execute_tool account"]
    assert {
        metric.name
        for request in figures()
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    } == {
        "segue.decision.duration",
        "segue.knowledge.degraded",
        "gen_ai.client.operation.duration",
    }  # the local embedder warms up
    assert WHO not in str(spans()) + str(figures()) and ACCOUNT not in str(spans())
    assert "segue" in {
        each.value.string_value
        for request in spans()
        for resource in request.resource_spans
        for each in resource.resource.attributes
        if each.key == "service.name"
    }


def test_a_collector_that_is_away_is_in_nobodys_way(service: Service, tmp_path: Path) -> None:
    with replica(
        service.database, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        OTEL_BSP_SCHEDULE_DELAY="50", OTEL_EXPORTER_OTLP_TIMEOUT="1",
    ) as other:  # fmt: skip
        other.keys = service.keys
        started = time.monotonic()
        assert [other.decide(account=WHO).status_code for _ in range(5)] == [200] * 5
        assert time.monotonic() - started < 10
        ended = time.monotonic()
    assert time.monotonic() - ended < 25
