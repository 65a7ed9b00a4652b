"""Post a message in Slack under an id, so that it is not posted twice where the app may look; and what faults mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from segue.activation.connectors.answers import check_status
from segue.activation.connectors.connector import RefusedError, TryAgainError
from segue.activation.connectors.slack_history import AGAIN, posted_before

if TYPE_CHECKING:
    from slack_sdk.errors import SlackApiError


async def post_once(
    client: Any,
    channel: str,
    message_id: str,
    text: str,
    blocks: Sequence[Mapping[str, Any]],
    first_try: datetime | None = None,
) -> Mapping[str, Any]:
    """Post a message with its id in its metadata, and return where it went.

    With `first_try`, when it was tried first, one that was heard already is looked for before.

    Raises:
        RefusedError: Slack refuses it, and would again.
        TryAgainError: it may be taken later.
    """
    from aiohttp import ClientError
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        before = first_try and await posted_before(client, channel, message_id, first_try)
        if before:
            return before
        metadata = {"event_type": "segue_consequence", "event_payload": {"consequence_id": message_id}}
        answer = await client.chat_postMessage(
            channel=channel, text=text, blocks=list(blocks), client_msg_id=message_id, metadata=metadata,
            unfurl_links=False,
        )  # fmt: skip
    except SlackApiError as error:
        raise meaning(error) from error
    except (SlackClientError, ClientError, TimeoutError, json.JSONDecodeError) as error:
        raise TryAgainError(f"Slack: {type(error).__name__}") from error
    if not answer.get("ok"):  # an answer that is no JSON comes as an empty one
        check_status("Slack", answer.status_code, answer.headers)
        raise TryAgainError("Slack answered with something else than JSON")
    return {"channel": answer.get("channel") or channel, "ts": answer.get("ts")}


async def user_of(client: Any, email: str) -> str | None:
    """Return the user of an address, or None where Slack knows none.

    Raises:
        RefusedError, TryAgainError: as `post_once`.
    """
    from aiohttp import ClientError
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        found = await client.users_lookupByEmail(email=email)
        return str(found["user"]["id"])
    except SlackApiError as error:
        if error.response.get("error") != "users_not_found":
            raise meaning(error) from error
        return None
    except (SlackClientError, ClientError, TimeoutError, json.JSONDecodeError) as error:
        raise TryAgainError(f"Slack: {type(error).__name__}") from error
    except (KeyError, TypeError):
        raise TryAgainError("Slack answered with something else than JSON") from None


def meaning(error: SlackApiError) -> Exception:
    """Return what an error of Slack's means for whoever tries: that it is refused, or to be tried again."""
    response = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    code = response.get("error") if hasattr(response, "get") else None
    if isinstance(code, str) and 200 <= status < 300:
        return TryAgainError(f"Slack: {code}") if code in AGAIN else RefusedError(f"Slack: {code}")
    try:
        check_status("Slack", status, response.headers, code if isinstance(code, str) else "")
    except (RefusedError, TryAgainError) as found:
        return found
    return TryAgainError("Slack answered with something else than JSON")
