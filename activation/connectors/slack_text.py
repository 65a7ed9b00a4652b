"""Text from outside in a message of Slack: shown literally, so that nothing in it is a link, a mention or a mark."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""What is not seen and may turn or hide what is."""
_MARKS = str.maketrans({"*": "\u2217", "`": "\u02cb", "~": "\u223c", "\n": " ", "\t": " "})


def seen(text: str) -> str:
    """Return text without characters that are not seen."""
    return _HIDDEN.sub("", text)


def literal(text: str, most: int = 600) -> str:
    """Return text as mrkdwn shows it literally, cut so that it takes at most so many characters escaped."""
    size = 0
    found: list[str] = []
    for character in seen(text):
        escaped = _ENTITIES.get(character, character)
        size += len(escaped)
        if size > most - 1:
            return "".join(found) + "…"
        found.append(escaped)
    return "".join(found)


def name(text: str, most: int = 120) -> str:
    """Return a name as one line without any formatting: it may be what anybody typed into a CRM."""
    return literal(" ".join(text.translate(_MARKS).split()), most)


def link(url: str, text: str) -> str:
    """Return a link, or the words alone where the address is none of the web."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return literal(text)
    address = quote(url, safe=":/?#[]@!$&()*+,;=%~-._")[:1_500].replace("&", "&amp;")
    return f"<{address}|{name(text)}>"
