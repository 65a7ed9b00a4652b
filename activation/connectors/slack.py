"""Alerts in Slack: to the rep who carries the play out, else to a channel, with the reasons and the proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from segue.activation.connectors.answers import check_status
from segue.activation.connectors.connector import Errand, NotDoneError, RefusedError, TryAgainError
from segue.activation.connectors.slack_history import AGAIN, posted_before
from segue.policies.messages import number_words

if TYPE_CHECKING:
    from slack_sdk.errors import SlackApiError

_MOST_CLAUSES = 6
_MOST_TEXT = 2_900
"""A section of a message takes 3,000 characters."""


class SlackConnector:
    """Posts alerts by one bot, each with the consequence's id in its metadata.

    Slack drops no repetition. So a try again looks first whether an earlier one was heard, where the app may
    read the history of the channel (`channels:history`, `groups:history`, `im:history` with `im:write`); where
    it may not, an alert may come twice.
    """

    name = "slack"

    def __init__(self, token: str, url: str, channel: str, timeout: float) -> None:
        self._token = token
        self._url = url
        self._channel = channel
        self._timeout = timeout

    def words(self, errand: Errand) -> Mapping[str, Any]:
        """Return the alert, and whose it is."""
        return {"text": summary(errand), "blocks": blocks(errand), "rep": errand.assignment.rep}

    async def tell(
        self, errand: Errand, words: Mapping[str, Any], first_try: datetime | None = None
    ) -> Mapping[str, Any]:
        """Post the alert, and return where it went."""
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError, SlackClientError
        from slack_sdk.web.async_client import AsyncWebClient

        client = AsyncWebClient(self._token, self._url, timeout=int(max(1, self._timeout)), retry_handlers=[])
        try:
            channel = await self._where(client, errand, words["rep"])
            before = first_try and await posted_before(client, channel, errand.consequence_id, first_try)
            if before:
                return before
            answer = await client.chat_postMessage(
                channel=channel,
                text=words["text"],
                blocks=words["blocks"],
                client_msg_id=errand.consequence_id,
                metadata={
                    "event_type": "segue_consequence",
                    "event_payload": {"consequence_id": errand.consequence_id},
                },
                unfurl_links=False,
            )
        except SlackApiError as error:
            raise _meaning(error) from error
        except (SlackClientError, ClientError, TimeoutError, json.JSONDecodeError) as error:
            raise TryAgainError(f"Slack: {type(error).__name__}") from error
        if not answer.get("ok"):  # an answer that is no JSON comes as an empty one
            check_status("Slack", answer.status_code, answer.headers)
            raise TryAgainError("Slack answered with something else than JSON")
        return {"channel": answer.get("channel") or channel, "ts": answer.get("ts")}

    async def _where(self, client: Any, errand: Errand, rep: str | None) -> str:
        """Return the channel that the play names, else the person in Slack, else the common channel."""
        named = errand.parameters.get("channel")
        if isinstance(named, str) and named:
            return named
        if rep is not None and "@" in rep:
            from slack_sdk.errors import SlackApiError

            try:
                found = await client.users_lookupByEmail(email=rep)
                return str(found["user"]["id"])
            except SlackApiError as error:
                if error.response.get("error") != "users_not_found":
                    raise
            except (KeyError, TypeError):
                raise TryAgainError("Slack answered with something else than JSON") from None
        if self._channel:
            return self._channel
        raise NotDoneError("nobody_in_slack", {"rep": rep})


def summary(errand: Errand) -> str:
    """Return the alert in one line, for notifications."""
    who = errand.account.name or errand.account.domain or errand.account.id
    return f"{who} {'left' if errand.moment == 'exit' else 'came into'} {errand.segment}"


def blocks(errand: Errand) -> list[dict[str, Any]]:
    """Return the alert whole: what happened and what to do, why, by what proof, and whose it is."""
    account = errand.account
    found = [
        _section(f"*{_literal(summary(errand))}*\n{_literal(errand.message or errand.play.model.title)}")
    ]
    reasons = "\n".join(f"• {_reason(clause)}" for clause in errand.because[:_MOST_CLAUSES])
    if reasons:
        found.append(_section(f"*Because*\n{reasons}"))
    found += [_section(f"{_literal(point.claim)} <{point.evidence}|Proof>") for point in errand.proof]
    owner = errand.assignment.rep or account.owner or "nobody yet"
    where = f" · {account.domain}" if account.domain else ""
    found.append(
        {"type": "context", "elements": [
            {"type": "mrkdwn", "text": _literal(f"Owner: {owner}{where} · {errand.consequence_id}")}
        ]}
    )  # fmt: skip
    return found


def _reason(clause: Mapping[str, Any]) -> str:
    trait = clause.get("trait")
    shown = f" ({_literal(str(trait))} is {_literal(_value(clause.get('value')))})" if trait else ""
    return f"{_literal(str(clause.get('clause')))}{shown}"


def _value(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    return number_words(value) if isinstance(value, float) else str(value)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text)}}


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"


def _literal(text: str) -> str:
    """Return text as Slack shows it literally: nothing in it is a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _meaning(error: SlackApiError) -> Exception:
    response = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    code = response.get("error") if hasattr(response, "get") else None
    if isinstance(code, str) and 200 <= status < 300:
        return TryAgainError(f"Slack: {code}") if code in AGAIN else RefusedError(f"Slack: {code}")
    try:
        check_status("Slack", status, response.headers, code if isinstance(code, str) else "")
    except (RefusedError, TryAgainError) as meaning:
        return meaning
    return TryAgainError("Slack answered with something else than JSON")
