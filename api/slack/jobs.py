"""What is posted in Slack later: an alert that was put off, and the summary of a week."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from segue.accounts.reader import AccountReader
from segue.activation.connectors.alert_buttons import answer_buttons
from segue.activation.connectors.connector import RefusedError
from segue.activation.connectors.slack_post import post_once, user_of
from segue.activation.worker import Task
from segue.agents.conversations.hand_overs import ALERT
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.overrides import ALERT_AGAIN, alert_of
from segue.agents.seller_case import Desk, segment_title
from segue.agents.seller_summary import Recipient, recipients, week_summary
from segue.api.slack.answer_summary import summary_message
from segue.api.slack.blocks import Message, context, message, name, section
from segue.api.slack.clients import client_of
from segue.api.slack.hand_overs import tell_hand_over
from segue.core.database import Database
from segue.core.ending import end_tasks
from segue.core.errors import NotFoundError
from segue.core.ids import new_id
from segue.core.jobs import defer
from segue.core.settings import Settings
from segue.core.weekly import parse_weekly

_log = logging.getLogger(__name__)
SUMMARY = "segue.week_summary"
"""The job that sends one summary."""
_LOOK_EVERY = 60.0
_LATEST = timedelta(hours=24)
"""A summary that nobody could send for so long is not sent any more."""


def slack_jobs(settings: Settings, policies: LivePolicies, database: Database) -> Mapping[str, Task]:
    """Return what does the jobs of Slack over a database; without Slack's settings they do nothing."""
    desk = Desk(database, AccountReader(database), policies, LiveState(database))
    return {
        ALERT_AGAIN: partial(_alert_again, settings, desk),
        SUMMARY: partial(_send_summary, settings, desk),
        ALERT: partial(tell_hand_over, settings, database),
    }


def pod_channels(settings: Settings) -> dict[str, str]:
    """Return the channel of each pod's summary."""
    pairs = (part.strip().partition("=") for part in settings.slack_pod_channels.split(","))
    return {pod: channel for pod, _, channel in pairs if channel}


class Summaries:
    """Defers the summaries of a week once it is over: once over all replicas."""

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, where Slack is set up and a summary is wanted."""
        if self._settings.slack_bot_token is not None and self._settings.slack_summary:
            self._task = asyncio.create_task(self._go_on())

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            await end_tasks(self._task)

    async def defer_due(self, now: datetime) -> int:
        """Defer the summaries that are due and that nobody deferred; return how many.

        Raises:
            UnavailableError: the database does not answer, or no policy is active.
        """
        until = parse_weekly(self._settings.slack_summary).last(now)
        if now - until > _LATEST:
            return 0
        wanted = recipients(
            self._desk, list(pod_channels(self._settings)), everybody=bool(self._settings.slack_channel)
        )
        made = 0
        async with self._desk.database.transaction() as connection:
            for each in wanted:
                cursor = await connection.execute(
                    "INSERT INTO segue.seller_summaries (week, recipient, summary_id) VALUES (%s, %s, %s)"
                    " ON CONFLICT DO NOTHING",
                    (until.date(), str(each), new_id()),
                )
                if cursor.rowcount:
                    made += 1
                    arguments = {
                        "week": until.date().isoformat(),
                        "recipient": str(each),
                        "until": until.isoformat(),
                    }
                    await defer(connection, SUMMARY, None, None, arguments)
        return made

    async def _go_on(self) -> None:
        while True:
            try:
                await self.defer_due(datetime.now(UTC))
            except Exception as error:  # the next look tries again
                _log.warning("the summaries of the week are not deferred: %s", type(error).__name__)
            await asyncio.sleep(_LOOK_EVERY)


async def _alert_again(settings: Settings, desk: Desk, arguments: Mapping[str, Any]) -> None:
    """Show an alert again that was put off, or say that there is no need any more."""
    client = client_of(settings)
    if client is None:
        return
    round_, now = int(arguments["round"]), datetime.now(UTC)
    async with desk.database.connection() as connection:
        try:
            alert = await alert_of(connection, arguments["consequence_id"])
        except NotFoundError:
            return
        cursor = await connection.execute(
            "SELECT segment FROM segue.labels WHERE account_id = %s AND pack = %s",
            (alert.account_id, alert.pack),
        )
        row = await cursor.fetchone()
    if row is not None and row[0] != alert.segment:
        title = next((segment_title(each, row[0]) for each in desk.packs if each.name == alert.pack), row[0])
        gone = f"{alert.told.get('text', 'An alert')}: put off, and now in {name(title)}. Nothing to do any more."
        found, buttons = message(gone, [section(gone)]), []
    else:
        found = Message(
            str(alert.told.get("text") or "An alert"), [context("You put this off:"), *alert.told["blocks"]]
        )
        buttons = answer_buttons(alert.consequence_id, "enter", round_)
    message_id = f"{alert.consequence_id}:{round_}"
    first_try = now - timedelta(hours=1)
    try:
        await post_once(
            client, str(alert.detail["channel"]), message_id, found.text, [*found.blocks, *buttons], first_try
        )
    except RefusedError as error:
        _log.warning("an alert is not shown again: %s", error)


async def _send_summary(settings: Settings, desk: Desk, arguments: Mapping[str, Any]) -> None:
    """Send one summary, unless it was; what Slack refuses is stored."""
    client = client_of(settings)
    if client is None:
        return
    recipient, until = Recipient.read(arguments["recipient"]), datetime.fromisoformat(arguments["until"])
    key = (arguments["week"], arguments["recipient"])
    async with desk.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT summary_id::text, deferred_at, done_at FROM segue.seller_summaries"
            " WHERE week = %s AND recipient = %s",
            key,
        )
        row = await cursor.fetchone()
    if row is None or row[2] is not None:
        return
    found = await week_summary(desk, recipient, until - timedelta(days=7), until)
    outcome = "sent"
    try:
        channel = await _channel(client, settings, recipient)
        if channel is None:
            outcome = "nobody_in_slack"
        elif found.is_empty and recipient.kind == "rep":
            outcome = "nothing_to_tell"
        else:
            sent = summary_message(found)
            await post_once(client, channel, row[0], sent.text, sent.blocks, row[1])
    except RefusedError as error:
        outcome = str(error)[:200]
    async with desk.database.transaction() as connection:
        await connection.execute(
            "UPDATE segue.seller_summaries SET done_at = now(), outcome = %s WHERE week = %s AND recipient = %s",
            (outcome, *key),
        )


async def _channel(client: Any, settings: Settings, recipient: Recipient) -> str | None:
    if recipient.kind == "rep":
        return await user_of(client, recipient.name)
    if recipient.kind == "pod":
        return pod_channels(settings).get(recipient.name)
    return settings.slack_channel or None
