"""A turn in the OpenAI protocol: a chat completion, or its chunks.

A client of this protocol shows text alone. The question is therefore a part of the text too, with its answers; what
is not text is under `segue`, and citations are annotations as well.
"""

from __future__ import annotations

from typing import Any

from segue.agents.conversations.parts import Asked, Citation, Cited, Finished, Part, Replaced, Started, Text
from segue.api.chat_shown import citation_data, shown

DECLINES = "I would rather not say"
Body = dict[str, Any]


class Completion:
    """Takes the parts of one turn, in their order, and says what there is of it."""

    def __init__(self, model: str, created: int, prompt: str, *, waits: bool = False) -> None:
        self._model = model
        self._created = created
        self._prompt = prompt
        self._waits = waits
        """A model may revise the reply, and what was sent cannot be taken back: it is sent at the end."""
        self._id = ""
        self._text = ""
        self._asked: Asked | None = None
        self._points: tuple[Citation, ...] = ()
        self._own: Body = {}

    def take(self, part: Part) -> str:
        """Take the next part and return the piece of the reply that may be sent now."""
        for name, data in shown(part, is_browser=False):
            if name == "conversation":
                self._own |= {"conversation_id": data["id"], "turn": data["turn"]}
            elif name == "replaced":
                self._own["decision"] = data["decision"]
            else:
                self._own[name] = data
        match part:
            case Started(conversation_id, turn):
                self._id = f"chatcmpl-{conversation_id}-{turn}"
            case Text(delta):
                self._text += delta
                return "" if self._waits else delta
            case Cited(points):
                self._points = (*self._points, *points)
            case Replaced(text, points=points):
                self._text, self._points = text, points
            case Asked():
                self._asked = part
            case Finished(ending):
                self._own["ending"] = ending.value
                return self._end()
            case _:
                pass
        return ""

    def whole(self) -> Body:
        """Return the completion, once its last part was taken."""
        content = self._text + self._after()
        message = {
            "role": "assistant", "content": content, "refusal": None, "annotations": self._annotations(),
        }  # fmt: skip
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return self._body("chat.completion", [choice]) | {"usage": self.usage(), "segue": self.own()}

    def chunk(self, delta: Body, finish: str | None = None, **more: Any) -> Body:
        """Return a chunk of the stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._body("chat.completion.chunk", [choice]) | more

    def last(self) -> Body:
        """Return the last chunk that has a choice: why it ends, what it rests on, and what is no text."""
        annotations = self._annotations()
        return self.chunk({"annotations": annotations} if annotations else {}, "stop", segue=self.own())

    def usage_chunk(self) -> Body:
        """Return the chunk that has no choice, for who asked for the usage."""
        return self._body("chat.completion.chunk", []) | {"usage": self.usage()}

    def own(self) -> Body:
        """Return what is no text."""
        citations = [citation_data(each) for each in self._points]
        return self._own | ({"citations": citations} if citations else {})

    def usage(self) -> dict[str, int]:
        """Return the tokens, estimated at four bytes each."""
        prompt, reply = _tokens(self._prompt), _tokens(self._text + self._after())
        return {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}

    def _end(self) -> str:
        return (self._text if self._waits else "") + self._after()

    def _after(self) -> str:
        if self._asked is None:
            return ""
        words = asked_in_words(self._asked, self._asked.question in self._text)
        return f"\n\n{words}" if self._text and words else words

    def _body(self, kind: str, choices: list[Body]) -> Body:
        return {
            "id": self._id, "object": kind, "created": self._created, "model": self._model, "choices": choices,
        }  # fmt: skip

    def _annotations(self) -> list[Body]:
        found = []
        for point in self._points:
            if point.evidence:
                at = max(self._text.find(point.claim), 0)
                until = at + len(point.claim) if point.claim in self._text else len(self._text)
                place = {"start_index": at, "end_index": until}
                cited = {"url": point.evidence, "title": point.claim, **place}
                found.append({"type": "url_citation", "url_citation": cited})
        return found


def asked_in_words(part: Asked, is_said: bool) -> str:
    """Return a question as text, a line for each of its answers; the answers alone where the reply asks it already."""
    lines = [] if is_said else [part.question]
    lines += [f"- {label}" for label, _ in part.answers]
    return "\n".join([*lines, f"- {DECLINES}"] if part.may_decline and part.answers else lines)


def _tokens(text: str) -> int:
    return (len(text.encode("utf-8", "replace")) + 3) // 4
