"""Where telemetry is sent: an OTLP collector, as OpenTelemetry's own environment variables say."""

from __future__ import annotations

import os
from collections.abc import Callable

from segue.agents.telemetry import record_to
from segue.agents.telemetry_spans import Recorder
from segue.core.settings import Settings


def start_telemetry(settings: Settings) -> Callable[[], None]:
    """Send traces and metrics to the collector that the settings name, if any, and return what ends that.

    The exporters read their headers, timeouts and intervals from OpenTelemetry's variables themselves;
    `OTEL_SDK_DISABLED` keeps it off.
    """
    if not settings.otlp_endpoint or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return _nothing
    # most run without, and need not wait for its import
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

    spans: SpanExporter
    figures: MetricExporter
    if settings.otlp_protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans

        spans = GrpcSpans(endpoint=settings.otlp_endpoint)
        figures = GrpcMetrics(endpoint=settings.otlp_endpoint)
    else:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        base = settings.otlp_endpoint.rstrip("/")
        spans = OTLPSpanExporter(endpoint=f"{base}/v1/traces")
        figures = OTLPMetricExporter(endpoint=f"{base}/v1/metrics")
    about = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "segue")})
    tracers = TracerProvider(resource=about, shutdown_on_exit=False)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    meters = MeterProvider([PeriodicExportingMetricReader(figures)], about, shutdown_on_exit=False)
    record_to(Recorder(tracers, meters, capture_content=settings.capture_message_content))

    def end() -> None:
        record_to(None)
        tracers.shutdown()
        meters.shutdown()

    return end


def _nothing() -> None:
    """End what was never begun."""
