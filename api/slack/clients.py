"""The client by which jobs post in Slack."""

from __future__ import annotations

from typing import Any

from segue.core.settings import Settings


def client_of(settings: Settings) -> Any:
    """Return a client of Slack's API, or None where no app is set up."""
    if settings.slack_bot_token is None:
        return None
    from slack_sdk.web.async_client import AsyncWebClient

    token, seconds = settings.slack_bot_token.get_secret_value(), int(max(1, settings.activation_timeout))
    return AsyncWebClient(token, settings.slack_url, timeout=seconds, retry_handlers=[])
