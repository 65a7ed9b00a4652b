"""The Slack assistant of one replica: made where its settings are given, without its library where they are not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from segue.accounts.reader import AccountReader
from segue.accounts.writer import Then
from segue.agents.knowledge.embedding import Embedder
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.seller import Assistant
from segue.agents.seller_case import Desk
from segue.core.database import Database
from segue.core.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class SlackParts:
    """What answers Slack. `handler` is None where Slack is not set up; `missing` then says what is."""

    assistant: Assistant
    secret: str = ""
    handler: Any = None
    missing: str | None = None
    library_missing: bool = False
    _warming: asyncio.Task[None] | None = field(default=None, init=False)

    def start(self) -> None:
        """Load what the first question would have to wait for, beside everything else."""
        if self.handler is not None:
            self._warming = asyncio.create_task(self._warm_up())

    async def close(self) -> None:
        """End it."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)

    async def _warm_up(self) -> None:
        try:
            await self.assistant.warm_up()
        except Exception as error:  # questions are then understood by their words
            _log.warning("questions in Slack are understood by words alone: %s", type(error).__name__)


def slack_parts(
    settings: Settings,
    database: Database,
    reader: AccountReader,
    policies: LivePolicies,
    state: LiveState,
    embedder: Embedder | None,
    then: Callable[[datetime], Then],
    knowledge: Knowledge | None = None,
) -> SlackParts:
    """Return the assistant by the settings."""
    desk = Desk(database, reader, policies, state, knowledge)
    assistant = Assistant(desk, embedder)
    token, secret = settings.slack_bot_token, settings.slack_signing_secret
    missing = [
        name for name, held in (("SLACK_BOT_TOKEN", token), ("SLACK_SIGNING_SECRET", secret)) if held is None
    ]
    if token is None or secret is None:
        return SlackParts(assistant, missing=" and ".join(missing))
    if find_spec("slack_bolt") is None:
        return SlackParts(assistant, library_missing=True)
    from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler

    from segue.api.slack.alerts import Alerts
    from segue.api.slack.app import bolt_app, slack_client
    from segue.api.slack.people import People

    client = slack_client(token.get_secret_value(), settings.slack_url, settings.activation_timeout)
    people = People(desk)
    key = secret.get_secret_value()
    app = bolt_app(client, key, database, assistant, Alerts(desk, people, then), people)
    return SlackParts(assistant, key, AsyncSlackRequestHandler(app))
