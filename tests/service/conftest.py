"""A database of a worker's own, and a replica over it that knows one account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from segue.core.private_server import PrivateServer
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from tests.service.running import ACCOUNT, OWNER, Service, replica

PAGE = "https://www.example.com"
"""The page that the publishable key is for."""


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The URL of a database with an empty store.

    Not under pytest's own folder: each start of pytest closes that to other users, and as root the server is one.
    """
    with TemporaryDirectory(prefix="segue-test-") as folder:
        server = PrivateServer(server_folder(Path(folder)))
        try:
            url = server.start()
            migrate(url)
            yield url
        finally:
            server.stop()


@pytest.fixture(scope="session")
def service(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A replica with a key of every kind, of which no limit of a rate is in the way."""
    folder: Path = tmp_path_factory.mktemp("replica")
    with replica(
        database, folder, SEGUE_RATE_ADDRESS="1000000/minute", SEGUE_RATE_PUBLISHABLE="1000000/minute"
    ) as found:
        for kind in ("secret", "write"):
            _, found.keys[kind] = found.new_key(kind)
        _, found.keys["publishable"] = found.new_key("publishable", (PAGE,))
        _, found.keys["anywhere"] = found.new_key("publishable")
        _, found.keys["expired"] = found.new_key("secret", (), datetime.now(UTC) - timedelta(seconds=1))
        revoked, found.keys["revoked"] = found.new_key("secret")
        found.rows("UPDATE segue.keys SET revoked_at = now() WHERE key_id = %s", revoked)
        found.keys["rubbish"] = "segue_sk_0123456789abcdef_0123"
        found.heard_of(found.keys["anywhere"])
        _know_acme(found)
        yield found


def _know_acme(service: Service) -> None:
    said = [
        {"trait": "employees", "value": 7431, "source": "crm"},
        {"trait": "industry", "value": "fintech", "source": "crm"},
    ]
    assert service.put(f"/v1/accounts/{ACCOUNT}/traits", {"traits": said}).status_code == 200
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    pin = {"kind": "owner", "value": OWNER, "reason": "A test", "expires_at": until}
    assert service.put(f"/v1/accounts/{ACCOUNT}/pin", pin).status_code == 200
