"""`/healthz` and `/readyz`."""

from __future__ import annotations

from typing import Literal

from segue.api.models.base import Answer, example


class AliveOut(Answer):
    """The process lives."""

    model_config = example(status="ok")

    status: Literal["ok"]


class ReadyOut(Answer):
    """Decisions can be made; degraded when the newest deployment does not load and an older one serves."""

    model_config = example(
        status="ready", deployment=7, packs={"saas_pipeline": f"sha256:{64 * '0'}"}, knowledge=None
    )

    status: Literal["ready", "degraded"]
    deployment: int
    packs: dict[str, str]
    """Pack to revision."""
    reason: str | None = None
    knowledge: Literal["not_indexed", "index_unavailable", "embedder_unavailable"] | None
    """Why proof is ranked by policy alone, where it is: the log says more."""


class NotReadyOut(Answer):
    """No decision can be made, and why."""

    model_config = example(status="not_ready", reason="no policy is active yet")

    status: Literal["not_ready"]
    reason: str
