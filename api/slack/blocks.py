"""Block Kit, piece by piece, within Slack's limits; whatever comes from outside is shown literally."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from segue.activation.connectors.slack_text import link, literal, name, seen

__all__ = ["Block", "Message", "actions", "button", "context", "divider", "header", "link", "literal", "message",
           "name", "section", "when"]  # fmt: skip

Block = dict[str, Any]

MOST_BLOCKS = 50
_MOST_SECTION = 3_000
_MOST_HEADER = 150
_MOST_BUTTON = 75
_MOST_CONTEXT = 2_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its blocks, and the one line that a notification shows."""

    text: str
    blocks: list[Block]


def when(at: datetime) -> str:
    """Return an instant as Slack shows it to each reader by their own clock: `today at 4:42 PM`."""
    utc = at.astimezone(UTC)
    return f"<!date^{int(utc.timestamp())}^{{date_short_pretty}} at {{time}}|{utc:%a %d %b %H:%M} UTC>"


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": _plain(text, _MOST_HEADER)}


def section(*lines: str, accessory: Block | None = None) -> Block:
    """Return a paragraph of lines of mrkdwn; those that do not fit whole are left out."""
    found: Block = {"type": "section", "text": _mrkdwn(_fitting(lines, _MOST_SECTION))}
    return found if accessory is None else {**found, "accessory": accessory}


def context(*lines: str) -> Block:
    """Return small print."""
    return {"type": "context", "elements": [_mrkdwn(_fitting(lines, _MOST_CONTEXT))]}


def divider() -> Block:
    """Return a line across."""
    return {"type": "divider"}


def actions(*elements: Block, block_id: str | None = None) -> Block:
    """Return a row of buttons."""
    found: Block = {"type": "actions", "elements": list(elements)[:25]}
    return found if block_id is None else {**found, "block_id": block_id}


def button(text: str, action_id: str, value: str, style: str | None = None) -> Block:
    """Return a button."""
    found = {
        "type": "button", "action_id": action_id, "value": value[:2_000], "text": _plain(text, _MOST_BUTTON),
    }  # fmt: skip
    return found if style is None else {**found, "style": style}


def message(text: str, blocks: Iterable[Block]) -> Message:
    """Return a message of at most as many blocks as Slack takes; where some are left out it says so."""
    found = list(blocks)
    if len(found) > MOST_BLOCKS:
        found = [*found[: MOST_BLOCKS - 1], context("There is more than a message holds.")]
    return Message(literal(text, 300), found)


def _fitting(lines: Sequence[str], most: int) -> str:
    size, found = 0, []
    for line in lines:
        size += len(line) + 1
        if size > most - 1:
            found.append("…")
            break
        found.append(line)
    return "\n".join(found) or " "


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no links and mentions of what merely looks like one
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, most: int) -> dict[str, Any]:
    clean = " ".join(seen(text).split())
    return {
        "type": "plain_text",
        "text": clean if len(clean) <= most else f"{clean[: most - 1]}…",
        "emoji": False,
    }
