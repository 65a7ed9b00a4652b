"""The two forms behind buttons of an alert: to whom it goes instead, and why its play is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from segue.activation.connectors.slack_text import seen
from segue.agents.overrides import MOST_NOTE, WRONG_BECAUSE

REASSIGN, WRONG_PLAY = "segue_reassign", "segue_wrong_play"
DAYS = {"30": "30 days", "90": "90 days", "365": "A year"}
"""How long an account may be held for somebody."""
_MOST_OPTIONS = 100


def reassign_modal(about: Mapping[str, Any], account: str, reps: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the form that asks for the rep who gets an account, of (address, name)."""
    options = [_option(f"{name} ({rep})", rep) for rep, name in reps[:_MOST_OPTIONS]]
    days = [_option(text, code) for code, text in DAYS.items()]
    blocks = [
        _input("owner", "Who gets it?", {"type": "static_select", "options": options}),
        _input(
            "days", "For how long?", {"type": "static_select", "options": days, "initial_option": days[1]}
        ),
        _note("Why? Decisions and the audit show it."),
    ]
    return _modal(REASSIGN, f"Reassign {account}", "Reassign", about, blocks)


def wrong_play_modal(about: Mapping[str, Any], account: str) -> dict[str, Any]:
    """Return the form that asks why a play is wrong."""
    options = [_option(text, code) for code, text in WRONG_BECAUSE.items()]
    blocks = [
        _input("reason", f"Why was it wrong for {account}?", {"type": "radio_buttons", "options": options}),
        _note("Anything that helps whoever keeps the policy?"),
    ]
    return _modal(WRONG_PLAY, "Wrong play", "Send", about, blocks)


def given(view: Mapping[str, Any]) -> dict[str, str]:
    """Return what was chosen and written in a form, by the names of its fields."""
    found = {}
    for name, held in view["state"]["values"].items():
        said = held.get("value") or {}
        chosen = (said.get("selected_option") or {}).get("value") or said.get("value")
        if chosen:
            found[name] = str(chosen)
    return found


def _modal(
    callback: str, title: str, submit: str, about: Mapping[str, Any], blocks: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "type": "modal", "callback_id": callback, "private_metadata": json.dumps(dict(about)),
        "title": _plain(title, 24), "submit": _plain(submit, 24), "close": _plain("Cancel", 24), "blocks": blocks,
    }  # fmt: skip


def _input(name: str, label: str, element: dict[str, Any], *, optional: bool = False) -> dict[str, Any]:
    return {
        "type": "input", "block_id": name, "optional": optional, "label": _plain(label, 2_000),
        "element": {**element, "action_id": "value"},
    }  # fmt: skip


def _note(label: str) -> dict[str, Any]:
    element = {"type": "plain_text_input", "multiline": True, "max_length": MOST_NOTE}
    return _input("note", label, element, optional=True)


def _option(text: str, value: str) -> dict[str, Any]:
    return {"text": _plain(text, 75), "value": value[:150]}


def _plain(text: str, most: int) -> dict[str, Any]:
    clean = " ".join(seen(text).split())
    return {
        "type": "plain_text",
        "emoji": False,
        "text": clean if len(clean) <= most else f"{clean[: most - 1]}…",
    }
