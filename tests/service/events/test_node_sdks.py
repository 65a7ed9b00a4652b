"""@segment/analytics-node and rudder-sdk-node as they come from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.service.events.conftest import stored
from tests.service.running import Service, replica

pytestmark = pytest.mark.trial

HERE = Path(__file__).parent


def ran(node_modules: Path, script: str, *arguments: str) -> list[Any]:
    """Run a script beside the SDKs and return the errors that it was told of."""
    place = node_modules / script
    shutil.copyfile(HERE / script, place)
    done = subprocess.run(["node", str(place), *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3_000:]
    found: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_segment(service: Service, new_key: str, node_modules: Path) -> None:
    assert ran(node_modules, "segment_node.mjs", service.url, new_key, "node-v1", "20") == []
    found = stored(service, new_key, "kind, account_id")
    kinds = {"track": 20, "identify": 1, "page": 1, "screen": 1, "group": 1, "alias": 1}
    assert Counter(kind for kind, _ in found) == kinds
    assert {account for _, account in found} == {"node-sdk.com"}
    said = service.rows(
        "SELECT traits -> 'employees' -> 'declared' -> 0 FROM segue.accounts WHERE account_id = 'node-sdk.com'"
    )
    assert said == [(900,)]


def test_segment_comes_back_when_it_is_told_to_wait(
    service: Service, new_key: str, node_modules: Path, tmp_path: Path
) -> None:
    with replica(service.database, tmp_path / "limited", SEGUE_RATE_SECRET="2/second") as limited:
        assert ran(node_modules, "segment_node.mjs", limited.url, new_key, "node-v2", "35") == []
    assert len(stored(service, new_key)) == 40


def test_rudderstack(service: Service, new_key: str, node_modules: Path) -> None:
    assert ran(node_modules, "rudder_node.mjs", service.url, new_key, "rudder-v1", "20") == []
    found = stored(service, new_key, "kind, account_id")
    assert Counter(kind for kind, _ in found) == {"track": 20, "identify": 1, "group": 1}
    assert {account for _, account in found} == {"rudder-sdk.com"}
