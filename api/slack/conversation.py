"""What people say to the assistant, wherever they say it, and its answer in the same place."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from segue.agents.seller import Asked, Assistant, CanDo
from segue.agents.seller_exemplars import Intent
from segue.agents.seller_threads import thread_of
from segue.api.slack.answers import PROMPTS, can_do_message, message_of, stranger_message, unavailable_message
from segue.api.slack.blocks import Message
from segue.api.slack.people import People
from segue.core.errors import SegueError

_log = logging.getLogger(__name__)
_MOST_TEXT = 2_000
_LINK = re.compile(r"<(?:https?://|mailto:)[^|>\s]*\|([^>]*)>")
_BARE = re.compile(r"<((?:https?://|mailto:)[^|>\s]*)>")
_MENTION = re.compile(r"<[@#!][^>]*>")
_TITLE = 60


def plain_text(text: str) -> str:
    """Return what somebody wrote without Slack's own spelling of links, mentions and escapes."""
    found = _MENTION.sub(" ", _BARE.sub(r"\1", _LINK.sub(r"\1", text[: 2 * _MOST_TEXT])))
    for escaped, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        found = found.replace(escaped, character)
    return " ".join(found.replace("mailto:", "").split())[:_MOST_TEXT]


class Conversation:
    """Listens to people, and answers them."""

    def __init__(self, assistant: Assistant, people: People) -> None:
        self._assistant = assistant
        self._people = people

    async def thread_started(self, *, payload: Mapping[str, Any], client: Any, **_: Any) -> None:
        """Greet somebody who opens the assistant, and suggest what to ask."""
        thread = payload["assistant_thread"]
        where = {"channel": thread["channel_id"], "thread_ts": thread["thread_ts"]}
        seller, _person = await self._people.seller(client, thread["user_id"])
        if seller is None:
            await _post(client, stranger_message(), **where)
            return
        await _post(client, can_do_message(CanDo(unsure=False)), **where)
        await client.assistant_threads_setSuggestedPrompts(
            channel_id=where["channel"], thread_ts=where["thread_ts"],
            prompts=[{"title": title, "message": said} for title, said in PROMPTS],
        )  # fmt: skip

    async def thread_message(self, *, payload: Mapping[str, Any], client: Any, **_: Any) -> None:
        """Answer in a thread of the assistant."""
        if payload.get("subtype") not in (None, "file_share"):
            return
        channel, thread = payload["channel"], payload["thread_ts"]
        text = plain_text(payload.get("text") or "")
        with suppress(Exception):  # the answer does not hang on them
            await client.assistant_threads_setStatus(
                channel_id=channel, thread_ts=thread, status="is looking that up"
            )
            await client.assistant_threads_setTitle(
                channel_id=channel, thread_ts=thread, title=text[:_TITLE] or "A question"
            )
        found = await self._answer(client, payload["user"], Asked(text, thread_of(channel, thread, "")))
        await _post(client, found, channel=channel, thread_ts=thread)

    async def direct_message(self, *, payload: Mapping[str, Any], client: Any, **_: Any) -> None:
        """Answer what is said to the app alone; what is said in channels is not for it."""
        if payload.get("channel_type") != "im" or payload.get("bot_id") or not payload.get("user"):
            return
        if payload.get("subtype") not in (None, "file_share"):
            return
        channel, thread = payload["channel"], payload.get("thread_ts")
        asked = Asked(plain_text(payload.get("text") or ""), thread_of(channel, thread, payload["user"]))
        found = await self._answer(client, payload["user"], asked)
        await _post(client, found, channel=channel, **({"thread_ts": thread} if thread else {}))

    async def mentioned(self, *, payload: Mapping[str, Any], client: Any, **_: Any) -> None:
        """Answer whoever names the app in a channel, seen by them alone: not everybody there is a seller."""
        if payload.get("bot_id") or not payload.get("user"):
            return
        channel, user, thread = payload["channel"], payload["user"], payload.get("thread_ts")
        asked = Asked(plain_text(payload.get("text") or ""), thread_of(channel, thread, user))
        found = await self._answer(client, user, asked)
        await client.chat_postEphemeral(
            channel=channel, user=user, text=found.text, blocks=found.blocks,
            **({"thread_ts": thread} if thread else {}),
        )  # fmt: skip

    async def command(self, *, payload: Mapping[str, Any], client: Any, respond: Any, **_: Any) -> None:
        """Answer the slash command, seen by whoever gave it alone."""
        channel, user = payload["channel_id"], payload["user_id"]
        asked = Asked(plain_text(payload.get("text") or ""), thread_of(channel, None, user))
        found = await self._answer(client, user, asked)
        await respond(text=found.text, blocks=found.blocks, response_type="ephemeral")

    async def asked_by_button(
        self, *, body: Mapping[str, Any], payload: Mapping[str, Any], client: Any, respond: Any, **_: Any
    ) -> None:
        """Answer a button under an answer: about its account, in the same thread or to whoever pressed it."""
        value = json.loads(payload["value"])
        user, held = body["user"]["id"], body.get("container") or {}
        channel = held.get("channel_id") or (body.get("channel") or {}).get("id") or ""
        thread = held.get("thread_ts") or (body.get("message") or {}).get("thread_ts")
        intent = Intent(value["intent"])
        asked = Asked(
            str(value.get("text") or ""), thread_of(channel, thread, user), str(value["account"]), intent
        )
        found = await self._answer(client, user, asked)
        if channel.startswith("D") and not held.get("is_ephemeral"):
            await _post(client, found, channel=channel, **({"thread_ts": thread} if thread else {}))
        else:
            await respond(
                text=found.text, blocks=found.blocks, response_type="ephemeral", replace_original=False
            )

    async def _answer(self, client: Any, user: str, asked: Asked) -> Message:
        """Return the answer to somebody, of whatever kind: a refusal of strangers, else what was asked, or why not."""
        try:
            seller, _ = await self._people.seller(client, user)
            if seller is None:
                return stranger_message()
            return message_of(await self._assistant.reply(seller, asked, datetime.now(UTC)))
        except Exception as error:  # whoever asked is told that there is no answer, whatever it is
            if not isinstance(error, SegueError):
                _log.warning("a question in Slack is not answered: %s", type(error).__name__)
            return unavailable_message()


async def _post(client: Any, found: Message, **where: Any) -> None:
    await client.chat_postMessage(
        text=found.text, blocks=found.blocks, unfurl_links=False, unfurl_media=False, **where
    )
