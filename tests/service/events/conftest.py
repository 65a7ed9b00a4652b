"""A replica that takes events, and what it stored of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.npm import installed
from tests.service.running import Service, replica

PACKAGES = {
    "@segment/analytics-node": "3.1.0",
    "@rudderstack/rudder-sdk-node": "3.0.13",
    "@segment/analytics-next": "1.84.3",
}


@pytest.fixture(scope="session")
def service(
    new_lasting_store: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A replica with keys of every kind that may send events."""
    folder: Path = tmp_path_factory.mktemp("events")
    limits = {"SEGUE_RATE_ADDRESS": "1000000/minute", "SEGUE_RATE_PUBLISHABLE": "1000000/minute"}
    with replica(new_lasting_store(), folder, **limits) as found:
        for kind in ("secret", "write", "publishable"):
            _, found.keys[kind] = found.new_key(kind)
        for secret in found.keys.values():
            found.heard_of(secret)
        yield found


@pytest.fixture
def new_key(service: Service) -> str:
    """A write key of the test's own, under which it finds what it sent."""
    _, secret = service.new_key("write")
    service.heard_of(secret)
    return secret


def stored(service: Service, secret: str, columns: str = "kind, name") -> list[tuple[Any, ...]]:
    """Return what was stored of the events of a key, in the order of their time."""
    return service.rows(
        f"SELECT {columns} FROM segue.events WHERE source = %s ORDER BY at, message_id", secret.split("_")[2]
    )


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the SDKs that npm installed, unmodified."""
    return installed("node", PACKAGES)
