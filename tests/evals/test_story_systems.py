"""The stand-ins of the story: without a client its system is left out, and no real system is ever reached."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.util import find_spec

import pytest

from segue.core.settings import Settings
from segue.evals.story import systems
from segue.evals.story.systems import Systems


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systems, "find_spec", lambda name: None if name == "aiohttp" else find_spec(name))
    for name in ("SLACK_BOT_TOKEN", "SALESFORCE_SESSION_ID"):
        monkeypatch.setenv(name, "the-token-of-somebody")
    monkeypatch.setenv("SALESFORCE_INSTANCE_URL", "https://real.my.salesforce.com")
    with ExitStack() as stack:
        found = Systems.started(stack)
        assert found.missing == ["slack"] and found.slack is None and found.posted() == []
        for name, value in found.settings().items():
            monkeypatch.setenv(name, value)
    seen = Settings()
    assert seen.slack_bot_token is None and seen.salesforce_session_id is None
    assert seen.salesforce_instance_url == "" and seen.hubspot_url.startswith("http://127.0.0.1:")
