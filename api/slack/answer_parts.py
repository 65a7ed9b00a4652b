"""What several answers have in common: how an account is named, lists, and buttons that ask on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from segue.agents.seller import WhichAccount
from segue.agents.seller_entities import Named
from segue.agents.seller_exemplars import Intent
from segue.api.slack.blocks import Block, actions, button, literal, name

ASK = "segue_ask"
"""The buttons that ask something of an account begin with it."""
_ASKS: Mapping[Intent, str] = {
    Intent.WHY_MINE: "Whose is it, and why?",
    Intent.WHAT_TO_SAY: "What do I say?",
    Intent.WHAT_WOULD_FLIP: "What would change it?",
}
_MOST_TEXT = 400


def who(account: Named) -> str:
    """Return an account by its name and domain, as mrkdwn."""
    shown = name(account.shown)
    return (
        f"{shown} ({name(account.domain)})" if account.domain and account.domain != account.shown else shown
    )


def bullets(lines: Iterable[str]) -> list[str]:
    """Return plain lines as a list."""
    return [f"• {literal(each)}" for each in lines]


def ask_buttons(account: Named, *intents: Intent) -> Block:
    """Return a row of buttons that ask of an account."""
    return actions(*(ask_button(account, each) for each in intents))


def ask_button(account: Named, intent: Intent) -> Block:
    """Return the button that asks one thing of an account."""
    value = json.dumps({"account": account.account_id, "intent": intent.value})
    return button(_ASKS[intent], f"{ASK}_{intent.value}", value)


def pick_button(account: Named, asked: WhichAccount, number: int) -> Block:
    """Return the button by which one of several accounts is picked: what was asked is asked of it again."""
    value = {"account": account.account_id, "intent": asked.intent.value, "text": asked.text[:_MOST_TEXT]}
    return button(account.shown, f"{ASK}_pick_{number}", json.dumps(value, ensure_ascii=True))
