"""The buttons under an alert in Slack: what a seller did about it."""

from __future__ import annotations

from typing import Any

ACTIONS = "segue_alert_actions"
"""The block that holds them."""
ACCEPT, REASSIGN, NOT_NOW, WRONG_PLAY = (
    "segue_alert_accept",
    "segue_alert_reassign",
    "segue_alert_not_now",
    "segue_alert_wrong_play",
)
WAITS = {
    "2h": "In 2 hours",
    "tomorrow": "Tomorrow morning",
    "monday": "Next Monday morning",
    "2w": "In two weeks",
}
"""How long Not now may last, by code."""


def answer_buttons(consequence_id: str, moment: str = "enter", round_: int = 0) -> list[dict[str, Any]]:
    """Return the block of buttons of an alert that was shown `round_` times before; none where a segment is left."""
    if moment != "enter":
        return []
    value = f"{consequence_id}:{round_}"
    waits = [
        {"text": {"type": "plain_text", "text": text}, "value": f"{value}:{code}"}
        for code, text in WAITS.items()
    ]
    return [
        {
            "type": "actions",
            "block_id": ACTIONS,
            "elements": [
                {**_button("Accept", ACCEPT, value), "style": "primary"},
                _button("Reassign", REASSIGN, value),
                {
                    "type": "static_select", "action_id": NOT_NOW, "options": waits,
                    "placeholder": {"type": "plain_text", "text": "Not now"},
                },
                _button("Wrong play", WRONG_PLAY, value),
            ],
        }
    ]  # fmt: skip


def _button(text: str, action_id: str, value: str) -> dict[str, Any]:
    return {
        "type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": text},
    }  # fmt: skip
