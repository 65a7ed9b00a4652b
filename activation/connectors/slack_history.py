"""Whether Slack has an alert already: looked up in the channel's history, by the id in a message's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slack_sdk.errors import SlackApiError
    from slack_sdk.web.async_client import AsyncWebClient

AGAIN = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""What Slack answers when the same call may pass later."""
_CLOCKS_APART = timedelta(minutes=2)
_PAGE = 200
_MOST_PAGES = 10


async def posted_before(
    client: AsyncWebClient, channel: str, consequence_id: str, since: datetime
) -> Mapping[str, Any] | None:
    """Return where the alert of a consequence is, if it was posted since an instant.

    None also where the app may not look: it lacks a scope, is not in the channel, or knows it by name only.

    Raises:
        SlackApiError: Slack cannot say now.
    """
    from slack_sdk.errors import SlackApiError

    try:
        return await _found(client, await _opened(client, channel), consequence_id, since - _CLOCKS_APART)
    except SlackApiError as error:
        if _is_for_now(error):
            raise
        return None


async def _opened(client: AsyncWebClient, channel: str) -> str:
    """Return the id of a channel; of a person, that of the app's conversation with them."""
    if not channel.startswith(("U", "W")):
        return channel
    answer = await client.conversations_open(users=channel)
    opened: Any = answer.get("channel") or {}
    return str(opened.get("id") or channel)


async def _found(
    client: AsyncWebClient, channel: str, consequence_id: str, since: datetime
) -> Mapping[str, Any] | None:
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        answer = await client.conversations_history(
            channel=channel, oldest=f"{since.timestamp():.6f}", limit=_PAGE, include_all_metadata=True,
            cursor=cursor,
        )  # fmt: skip
        for message in answer.get("messages") or []:
            told = ((message.get("metadata") or {}).get("event_payload") or {}).get("consequence_id")
            if told == consequence_id:
                return {"channel": channel, "ts": message.get("ts")}
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return None


def _is_for_now(error: SlackApiError) -> bool:
    response = error.response
    status = int(getattr(response, "status_code", None) or 0)
    return status != 200 or (response.get("error") if hasattr(response, "get") else None) in AGAIN
