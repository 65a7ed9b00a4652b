"""Alerts in Slack: to the rep who carries the play out, else to a channel, with the reasons and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segue.activation.connectors.alert_buttons import answer_buttons
from segue.activation.connectors.connector import Errand, NotDoneError
from segue.activation.connectors.slack_post import post_once, user_of
from segue.activation.connectors.slack_text import link, literal, name
from segue.policies.clause_words import clause_in_words

_MOST_CLAUSES = 6
_MOST_TEXT, _MOST_MESSAGE, _MOST_CLAUSE = 300, 2_500, 400
"""Characters of the first line, the play's message and a clause: a section of a message takes 3,000."""


class SlackConnector:
    """Posts alerts by one bot, each with the consequence's id in its metadata.

    Slack drops no repetition. So a try again looks first whether an earlier one was heard, where the app may
    read the history of the channel (`channels:history`, `groups:history`, `im:history` with `im:write`); where
    it may not, an alert may come twice.
    """

    name = "slack"

    def __init__(
        self, token: str, url: str, channel: str, timeout: float, *, answerable: bool = False
    ) -> None:
        self._token = token
        self._url = url
        self._channel = channel
        self._timeout = timeout
        self._answerable = answerable
        """Whether somebody hears the buttons: they are left out where nobody does."""

    def words(self, errand: Errand) -> Mapping[str, Any]:
        """Return the alert, and whose it is."""
        found = errand.assignment
        return {
            "text": summary(errand), "blocks": blocks(errand), "rep": found.rep, "via": found.via.value,
            "pod": found.pod,
        }  # fmt: skip

    async def tell(
        self, errand: Errand, words: Mapping[str, Any], first_try: datetime | None = None
    ) -> Mapping[str, Any]:
        """Post the alert, and return where it went."""
        from slack_sdk.web.async_client import AsyncWebClient

        client = AsyncWebClient(self._token, self._url, timeout=int(max(1, self._timeout)), retry_handlers=[])
        channel = await self._where(client, errand, words["rep"])
        buttons = answer_buttons(errand.consequence_id, errand.moment) if self._answerable else []
        return await post_once(
            client, channel, errand.consequence_id, words["text"], [*words["blocks"], *buttons], first_try
        )

    async def _where(self, client: Any, errand: Errand, rep: str | None) -> str:
        """Return the channel that the play names, else the person in Slack, else the common channel."""
        named = errand.parameters.get("channel")
        if isinstance(named, str) and named:
            return named
        if rep is not None and "@" in rep:
            user = await user_of(client, rep)
            if user is not None:
                return user
        if self._channel:
            return self._channel
        raise NotDoneError("nobody_in_slack", {"rep": rep})


def summary(errand: Errand) -> str:
    """Return the alert in one line, for notifications."""
    who = errand.account.name or errand.account.domain or errand.account.id
    segment = errand.segment.replace("_", " ")
    return name(f"{who} {'left' if errand.moment == 'exit' else 'came into'} {segment}", _MOST_TEXT)


def blocks(errand: Errand) -> list[dict[str, Any]]:
    """Return the alert whole: what happened and what to do, why, by what proof, and whose it is."""
    account = errand.account
    found = [
        _section(f"*{summary(errand)}*\n{literal(errand.message or errand.play.model.title, _MOST_MESSAGE)}")
    ]
    reasons = "\n".join(
        f"• {literal(clause_in_words(clause), _MOST_CLAUSE)}" for clause in errand.because[:_MOST_CLAUSES]
    )
    if reasons:
        found.append(_section(f"*Because*\n{reasons}"))
    found += [_section(f"{literal(point.claim)} {link(point.evidence, 'Proof')}") for point in errand.proof]
    owner = errand.assignment.rep or account.owner or "nobody yet"
    where = f" · {account.domain}" if account.domain else ""
    found.append(
        {"type": "context", "elements": [
            {"type": "mrkdwn", "verbatim": True, "text": literal(f"Owner: {owner}{where} · {errand.consequence_id}")}
        ]}
    )  # fmt: skip
    return found


def _section(text: str) -> dict[str, Any]:
    # verbatim: an address or a @name in what comes from outside stays text
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
