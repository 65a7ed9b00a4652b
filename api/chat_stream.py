"""A turn as the AI SDK's UI message stream: a list of chunks for each part, sent as server-sent events.

The protocol: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol. What is our own goes in `data-*` chunks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segue.agents.conversations.parts import Citation, Cited, Decided, Finished, Part, Replaced, Started, Text
from segue.api.chat_shown import as_json, citation_data, shown

HEADER = "x-vercel-ai-ui-message-stream"
"""By this header, whose value is `v1`, a client knows the protocol."""
DONE = b"data: [DONE]\n\n"
Chunk = dict[str, Any]


def event(chunk: Chunk) -> bytes:
    """Return a chunk as a server-sent event."""
    return b"data: %b\n\n" % as_json(chunk)


def reply_id(conversation_id: str, turn: int) -> str:
    """Return the id of the message that a turn answers with; the same in the stream and in the history."""
    return f"{conversation_id}:{turn}:reply"


def source_parts(points: tuple[Citation, ...]) -> list[Chunk]:
    """Return the chunks of what a reply rests on, which are parts of its message too."""
    found: list[Chunk] = []
    for point in points:
        if point.evidence:
            found.append(
                {"type": "source-url", "sourceId": point.id, "url": point.evidence, "title": point.claim}
            )
        found.append({"type": "data-citation", "id": point.id, "data": citation_data(point)})
    return found


class UiStream:
    """Translates the parts of one turn, in their order."""

    def __init__(self, is_browser: bool) -> None:
        self._is_browser = is_browser
        self._metadata: dict[str, Any] = {}
        self._ending: dict[str, Any] = {}
        """What is known of the message by its end alone."""
        self._is_open = False
        """A text is under way. Other chunks may stand between its pieces: it is one part of the message."""

    def chunks(self, part: Part) -> list[Chunk]:
        """Return the chunks of the next part."""
        match part:
            case Started(conversation_id, turn):
                self._metadata = {"conversation_id": conversation_id, "turn": turn}
                begin: Chunk = {
                    "type": "start", "messageId": reply_id(conversation_id, turn), "messageMetadata": self._metadata,
                }  # fmt: skip
                return [begin, {"type": "start-step"}, *self._own(part)]
            case Decided(decision):
                self._ending["decision_id"] = decision["decision_id"]
                return self._own(part)
            case Text(delta):
                return [*self._opened(), {"type": "text-delta", "id": "reply", "delta": delta}]
            case Cited(points):
                return source_parts(points)
            case Replaced():
                return [*self._closed(), *self._own(part), *source_parts(part.points)]
            case Finished(ending):
                metadata = self._metadata | self._ending | {"ending": ending.value}
                return [
                    *self._closed(), {"type": "finish-step"}, {"type": "finish", "messageMetadata": metadata},
                ]  # fmt: skip
            case _:
                return self._own(part)

    def failed(self, why: str) -> list[Chunk]:
        """Return the chunks of a turn that ends with an error after it began."""
        return [*self._closed(), {"type": "error", "errorText": why}]

    def _own(self, part: Part) -> list[Chunk]:
        return [{"type": f"data-{name}", "data": data} for name, data in shown(part, self._is_browser)]

    def _opened(self) -> list[Chunk]:
        is_new, self._is_open = not self._is_open, True
        return [{"type": "text-start", "id": "reply"}] if is_new else []

    def _closed(self) -> list[Chunk]:
        was_open, self._is_open = self._is_open, False
        return [{"type": "text-end", "id": "reply"}] if was_open else []


def replayed(message: Mapping[str, Any]) -> list[Chunk]:
    """Return the stream of a reply that was given before, from its message."""
    metadata = message["metadata"]
    begun = {name: metadata[name] for name in ("conversation_id", "turn")}
    found: list[Chunk] = [
        {"type": "start", "messageId": message["id"], "messageMetadata": begun},
        {"type": "start-step"},
        {"type": "data-conversation", "data": {"id": begun["conversation_id"], "turn": begun["turn"]}},
    ]
    for part in message["parts"]:
        if part["type"] != "text":
            found.append(part)
            continue
        found += [
            {"type": "text-start", "id": "reply"},
            {"type": "text-delta", "id": "reply", "delta": part["text"]},
            {"type": "text-end", "id": "reply"},
        ]
    return [*found, {"type": "finish-step"}, {"type": "finish", "messageMetadata": metadata}]
