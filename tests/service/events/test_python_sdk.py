"""segment-analytics-python as it comes from PyPI."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from segment.analytics.client import Client

from tests.service.events.conftest import stored
from tests.service.running import Service, replica


def test_every_call(service: Service, new_key: str) -> None:
    failed: list[object] = []
    client = Client(new_key, host=service.url, on_error=lambda error, _: failed.append(error), gzip=True)
    then = datetime.now(UTC) - timedelta(days=3)
    client.identify(
        "py-ada", {"email": "ada@python-sdk.com", "name": "Ada", "plan": None}, anonymous_id="py-v1"
    )
    client.track("py-ada", "Demo Requested", {"employees": 500, "industry": "saas"}, timestamp=then)
    client.page("py-ada", "Docs", "Pricing", {"path": "/pricing", "url": "https://x.example/pricing"})
    client.screen("py-ada", "Docs", "Home")
    client.group("py-ada", "python-sdk.com", {"name": "Python SDK Ltd"})
    client.alias("py-v0", "py-ada")
    client.flush()
    client.join()
    assert not failed
    found = stored(service, new_key, "kind, name, account_id, path")
    assert found[0] == ("track", "Demo Requested", "python-sdk.com", None)
    assert {each[0] for each in found} == {"identify", "track", "page", "screen", "group", "alias"}
    assert {each[2] for each in found} == {"python-sdk.com"}
    assert ("page", "Pricing", "python-sdk.com", "/pricing") in found
    at = stored(service, new_key, "at")[0][0]
    assert abs(at - then) < timedelta(minutes=1)
    traits = service.rows("SELECT traits FROM segue.accounts WHERE account_id = 'python-sdk.com'")[0][0]
    assert traits["employees"]["declared"][0] == 500


def test_a_full_replica_is_asked_again(service: Service, new_key: str, tmp_path: Path) -> None:
    """Past the rate limit it is told 429 and when to come back; nothing is lost and nothing counted twice."""
    logging.getLogger("segment").setLevel(logging.CRITICAL)
    with replica(service.database, tmp_path / "limited", SEGUE_RATE_SECRET="2/second") as limited:
        failed: list[object] = []
        client = Client(
            new_key, host=limited.url, on_error=lambda error, _: failed.append(error),
            upload_size=5, max_retries=10, thread=4,
        )  # fmt: skip
        for number in range(40):
            client.track(f"busy-{number}", "Clicked", {"number": number})
        started = time.monotonic()
        client.flush()
        client.join()
        assert not failed and time.monotonic() - started > 1
    assert len(stored(service, new_key)) == 40


@pytest.mark.parametrize("secret", ["", "nobody's"])
def test_a_wrong_key_is_an_error_that_is_not_tried_again(service: Service, secret: str) -> None:
    failed: list[object] = []
    client = Client(
        secret or "x", host=service.url, on_error=lambda error, _: failed.append(error), max_retries=2
    )
    client.track("nobody", "Clicked")
    client.flush()
    client.join()
    assert len(failed) == 1 and "401" in str(failed[0])
