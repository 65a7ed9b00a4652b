"""A replica whose Chroma is not there goes on without, and says so to whoever watches it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.service.running import Service, replica

pytestmark = pytest.mark.trial


def test_who_watches_a_replica_learns_that_proof_is_ranked_by_policy_alone(
    service: Service, tmp_path: Path
) -> None:
    assert service.call("GET", "/readyz", key=None).json()["knowledge"] is None
    with replica(service.database, tmp_path, CHROMA_URL="http://127.0.0.1:1") as other:
        other.keys = service.keys
        said = {"role": "user", "parts": [{"type": "text", "text": "How quickly would we be live?"}]}
        until = time.monotonic() + 30
        while time.monotonic() < until:
            assert other.post("/v1/chat", {"message": said, "visitor": "v-knowledge"}).status_code == 200
            ready = other.call("GET", "/readyz", key=None)
            if ready.json()["knowledge"] is not None:
                break
            time.sleep(0.1)
        assert ready.status_code == 200
        assert (ready.json()["status"], ready.json()["knowledge"]) == ("ready", "not_indexed")
        metrics = other.call("GET", "/metrics", key=None).text.splitlines()
        assert "segue_knowledge_degraded 1.0" in metrics
    assert "segue_knowledge_degraded 0.0" in service.call("GET", "/metrics", key=None).text.splitlines()
