"""What was posted in Slack, as plain lines that a page can show without reading any markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from segue.evals.story.systems import Systems

_MOST = 3
_ID = re.compile(r" · [0-9a-f]{8}-[0-9a-f-]{27}$")
"""What a message says for its own sake alone."""
_LINK = re.compile(r"<([^|>]+)\|([^>]+)>")


def shown_messages(systems: Systems, domain: str | None) -> list[dict[str, Any]]:
    """Return the last messages about an account, the newest first: to whom, the lines and the buttons."""
    if domain is None:
        return []
    found = [each for each in systems.posted() if domain in str(each)]
    return [_message(each) for each in reversed(found[-_MOST:])]


def _message(said: Mapping[str, Any]) -> dict[str, Any]:
    blocks = said.get("blocks") or []
    lines = [line for block in blocks for line in _lines(block)] or [
        {"kind": "text", "text": _plain(said.get("text", ""))}
    ]
    buttons = [
        _plain(element["text"]["text"])
        for block in blocks if block.get("type") == "actions"
        for element in block.get("elements", ()) if "text" in element
    ]  # fmt: skip
    return {
        "to": said.get("channel", ""),
        "lines": [each for each in lines if each["text"]],
        "buttons": buttons,
    }


def _lines(block: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    kind = block.get("type")
    if kind == "header":
        yield {"kind": "head", "text": _plain(block["text"]["text"])}
    elif kind == "section":
        if "text" in block:
            yield from _several("text", block["text"]["text"])
        for each in block.get("fields", ()):
            yield from _several("field", each["text"])
    elif kind == "context":
        for each in block.get("elements", ()):
            yield from _several("soft", each.get("text", ""))


def _several(kind: str, text: str) -> Iterator[dict[str, str]]:
    for line in text.splitlines():
        is_bold = line.startswith("*") and line.endswith("*")
        yield {"kind": "head" if is_bold else kind, "text": _plain(line)}


def _plain(text: str) -> str:
    """Return a text of Slack without its marks."""
    text = _LINK.sub(r"(\2)", text)
    text = re.sub(r"(?<![A-Za-z0-9])[*_~`]+|[*_~`]+(?![A-Za-z0-9])", "", text)
    text = _ID.sub("", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
