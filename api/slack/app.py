"""The Bolt app: what Slack sends, to whom it is given, and that every fault ends as a decent answer."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncAssistant, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from segue.activation.connectors import alert_buttons
from segue.agents.seller import Assistant
from segue.api.slack import modals
from segue.api.slack.alerts import Alerts
from segue.api.slack.answer_parts import ASK
from segue.api.slack.conversation import Conversation
from segue.api.slack.once import answered, request_id, take
from segue.api.slack.people import People
from segue.core.database import Database
from segue.core.errors import SegueError

_log = logging.getLogger(__name__)
COMMAND = "/segue"


def slack_client(token: str, url: str, timeout: float) -> AsyncWebClient:
    """Return a client of Slack's API that tries once: whoever calls knows whether to try again."""
    return AsyncWebClient(token, url, timeout=int(max(1, timeout)), retry_handlers=[])


def bolt_app(
    client: AsyncWebClient,
    secret: str,
    database: Database,
    assistant: Assistant,
    alerts: Alerts,
    people: People,
) -> AsyncApp:
    """Return the app, over a client that has the bot's token."""
    quiet = logging.getLogger("segue.api.slack.bolt")
    quiet.setLevel(logging.CRITICAL)  # what Bolt logs may quote what people write
    app = AsyncApp(client=client, signing_secret=secret, logger=quiet, authorize=_authorized(client))
    conversation = Conversation(assistant, people)

    @app.middleware
    async def once(
        req: AsyncBoltRequest, body: dict[str, Any], next: Callable[[], Awaitable[Any]]
    ) -> BoltResponse | None:
        """Answer what is new; acknowledge everything else."""
        request = request_id(body, req.headers)
        if not await take(database, request):
            return BoltResponse(status=200, body="")
        req.context["segue_request"] = request
        await next()
        return None

    @app.error
    async def failed(error: Exception) -> BoltResponse:
        """Have Slack send it again where that helps, and refuse what is none of its requests."""
        _log.warning("what Slack sent is not taken: %s", type(error).__name__)
        return BoltResponse(status=503 if isinstance(error, SegueError) else 400, body="")

    def listener(do: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        return _finishing(do, database)

    surface = AsyncAssistant(logger=quiet)
    surface.thread_started(listener(conversation.thread_started))
    surface.user_message(listener(conversation.thread_message))
    app.assistant(surface)
    app.event("app_mention")(listener(conversation.mentioned))
    app.event("message")(listener(conversation.direct_message))
    app.command(COMMAND)(listener(conversation.command))
    app.action(re.compile(f"^{ASK}_"))(listener(conversation.asked_by_button))
    app.action(alert_buttons.ACCEPT)(listener(alerts.accept))
    app.action(alert_buttons.REASSIGN)(listener(alerts.open_reassign))
    app.action(alert_buttons.NOT_NOW)(listener(alerts.not_now))
    app.action(alert_buttons.WRONG_PLAY)(listener(alerts.open_wrong_play))
    app.view(modals.REASSIGN)(listener(alerts.reassign))
    app.view(modals.WRONG_PLAY)(listener(alerts.wrong_play))
    return app


def _authorized(client: AsyncWebClient) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Return what tells Bolt whose the token is, asked of Slack once."""
    known: list[AuthorizeResult] = []

    async def authorize() -> AuthorizeResult:
        if not known:
            said = await client.auth_test()
            known.append(
                AuthorizeResult(
                    enterprise_id=said.get("enterprise_id"), team_id=said.get("team_id"),
                    bot_user_id=said.get("user_id"), bot_id=said.get("bot_id"), bot_token=client.token,
                )
            )  # fmt: skip
        return known[0]

    return authorize


def _finishing(do: Callable[..., Awaitable[None]], database: Database) -> Callable[..., Awaitable[None]]:
    """Return a listener that acknowledges at once, notes that it is done, and logs faults by their kind alone."""

    async def listen(
        ack: Any, body: dict[str, Any], client: Any, context: Any, respond: Any, payload: dict[str, Any]
    ) -> None:
        await ack()
        try:
            await do(body=body, payload=payload, client=client, context=context, respond=respond)
        except Exception as error:  # its message may quote what was said
            _log.warning("an answer in Slack failed: %s", _kind(error))
        finally:
            try:
                await asyncio.shield(answered(database, context["segue_request"]))
            except SegueError:
                _log.warning("an answer in Slack is not noted")

    return listen


def _kind(error: Exception) -> str:
    response = getattr(error, "response", None)
    code = response.get("error") if response is not None and hasattr(response, "get") else None
    return f"{type(error).__name__}: {code}" if isinstance(code, str) else type(error).__name__
