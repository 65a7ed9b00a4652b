"""`/v1/chat`: the messages of the AI SDK's chats, and what is said beside them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator

from segue.agents.decision_request import Mode
from segue.api.models.base import Answer, FactValues, Identifier, Model, example
from segue.api.models.examples import PUBLIC_DECISION

LONGEST_TEXT = 100_000
"""Characters of what is said in one turn."""
ChatId = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
"""What a client calls a chat: any text."""
_CONVERSATION = "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b7"


class UiMessageIn(Model):
    """A message as the AI SDK keeps it. What it holds beside these is not looked at."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [{"id": "m-1", "role": "user", "parts": [{"type": "text", "text": "Is it SOC 2?"}]}]
        },
    )

    id: str | None = None
    role: Literal["user", "assistant", "system"]
    parts: list[JsonValue]
    """`text` parts say what is said; a `data-answer` part, `{trait, value}`, is a press of a button."""


class AnswerIn(Model):
    """A press of one of the buttons of a question."""

    model_config = example(trait="industry", value="fintech")

    trait: Identifier
    value: JsonValue = None
    """Null where the person would rather not say."""


class ChatIn(Model):
    """One turn of a chat, as the AI SDK's `DefaultChatTransport` posts it."""

    model_config = example(
        id="chat-1",
        messages=[{"id": "m-1", "role": "user", "parts": [{"type": "text", "text": "Is it SOC 2?"}]}],
        trigger="submit-message",
        visitor="visitor-81f2",
    )

    id: ChatId | None = None
    """The client's own name of the chat: the same one by the same visitor goes on with the conversation."""
    messages: Annotated[list[UiMessageIn], Field(min_length=1)] | None = None
    """The newest, the user's, is the turn. Earlier ones are not looked at: the service keeps its own."""
    message: UiMessageIn | None = None
    """The newest alone, in place of `messages`."""
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"
    """`regenerate-message` gives the reply to the last message again; a turn is taken where it has none."""
    messageId: str | None = None
    """Of the message that is sent anew. It is not looked at."""
    conversation_id: Identifier | None = None
    """The conversation that goes on. Without it, and where `id` is not known, one begins."""
    answer: AnswerIn | None = None
    """A press of a button; also as a `data-answer` part of the message."""
    account: Identifier | None = None
    """The account by id or domain."""
    visitor: Identifier | None = None
    """A browser or device."""
    identity_token: Annotated[str, StringConstraints(min_length=1, max_length=4_096)] | None = None
    """Who looks, signed by your backend. Also as the header `Segue-Identity`."""
    contact_id: Identifier | None = None
    """Who the visitor is, where a server knows it."""
    contact: FactValues = {}
    """Facts of the person, such as `persona`."""
    context: FactValues = {}
    """Facts of the request, such as `path`."""
    pack: Identifier | None = None
    """The live pack that decides; the last one, when it is left out."""
    mode: Annotated[Mode, Field(strict=False)] = Mode.RULES
    """With `model` a model may revise the rules' reply afterwards, as a `data-replaced` chunk."""
    budget_ms: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """The milliseconds in which the rules' reply is there."""

    @model_validator(mode="after")
    def _one_message(self) -> ChatIn:
        if (self.messages is None) is (self.message is None):
            raise ValueError("expected `messages`, or `message` with the newest alone")
        return self


class UiMessageOut(Answer):
    """A message as the AI SDK keeps it, for `useChat({messages})`."""

    id: str
    role: Literal["user", "assistant"]
    metadata: dict[str, Any]
    """`conversation_id` and `turn`; of a reply `decision_id` and `ending` too."""
    parts: list[dict[str, Any]]


class ConversationOut(Answer):
    """A conversation so far."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "conversation_id": _CONVERSATION,
                    "messages": [
                        {
                            "id": f"{_CONVERSATION}:1:said",
                            "role": "user",
                            "metadata": {"conversation_id": _CONVERSATION, "turn": 1},
                            "parts": [{"type": "text", "text": "Is it SOC 2?"}],
                        },
                        {
                            "id": f"{_CONVERSATION}:1:reply",
                            "role": "assistant",
                            "metadata": {
                                "conversation_id": _CONVERSATION,
                                "turn": 1,
                                "decision_id": PUBLIC_DECISION["decision_id"],
                                "ending": "answered",
                            },
                            "parts": [{"type": "text", "text": "Audited to SOC 2 Type II."}],
                        },
                    ],
                }
            ]
        }
    )

    conversation_id: str
    messages: list[UiMessageOut]
    """The oldest first. A reply that a model revised stands as revised."""


EVENT: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "title": "ServerSentEvent",
            "description": "One event of the stream. `data` holds a chunk as JSON; that of the last is `[DONE]`.",
            "required": ["data"],
            "properties": {"data": {"type": "string"}, "event": {"type": "string"}},
        },
        "example": {"data": '{"type":"text-delta","id":"reply","delta":"Audited to SOC 2 Type II."}'},
    }
}
"""The content of a stream in the OpenAPI document."""
