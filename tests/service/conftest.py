"""A database of a worker's own, and a replica over it that knows one account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.service.running import Service, know_acme, replica

PAGE = "https://www.example.com"
"""The page that the publishable key is for."""


@pytest.fixture(scope="session")
def database(shared_store: str) -> str:
    """The URL of a database with an empty store."""
    return shared_store


@pytest.fixture(scope="session")
def service(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A replica with a key of every kind, of which no limit of a rate is in the way."""
    folder: Path = tmp_path_factory.mktemp("replica")
    with replica(
        database, folder, SEGUE_RATE_ADDRESS="1000000/minute", SEGUE_RATE_PUBLISHABLE="1000000/minute"
    ) as found:
        revoked, found.keys["revoked"] = found.new_key("secret")
        found.rows("UPDATE segue.keys SET revoked_at = now() WHERE key_id = %s", revoked)
        for kind in ("secret", "write"):
            _, found.keys[kind] = found.new_key(kind)
        _, found.keys["publishable"] = found.new_key("publishable", (PAGE,))
        _, found.keys["expired"] = found.new_key("secret", (), datetime.now(UTC) - timedelta(seconds=1))
        found.keys["rubbish"] = "segue_sk_0123456789abcdef_0123"
        _, found.keys["anywhere"] = found.new_key("publishable")
        found.heard_of(found.keys["anywhere"])
        know_acme(found)
        yield found
