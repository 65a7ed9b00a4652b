"""`/v1/chat/completions` and `/v1/models`: the OpenAI protocol, as far as a conversation has a use for it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from segue.api.models.base import Answer, Model

_CONVERSATION = "01a20e4a-d0d0-7e69-9dfa-542d9c8ab1b7"


class CompletionMessageIn(Model):
    """A message. Only the newest one's text is looked at, and the roles of those before it."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"examples": [{"role": "user", "content": "Is it SOC 2?"}]}
    )

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[JsonValue] | None = None
    """A text, or a list of `{"type": "text", "text"}`."""


class StreamOptionsIn(Model):
    """What a stream is to hold beside the reply."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [{"include_usage": True}]})

    include_usage: bool | None = None


class CompletionMetadataIn(Model):
    """Whose turn it is, in texts, as the protocol has it. What else a client keeps here is not looked at."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"examples": [{"conversation_id": _CONVERSATION}]}
    )

    conversation_id: str | None = None
    """The conversation that goes on."""
    visitor: str | None = None
    """A browser or device; `user` does as well."""
    account: str | None = None
    """The account by id or domain."""
    contact_id: str | None = None
    mode: Literal["rules", "model"] | None = None
    """With `model` the reply is that of the model's revision, where it makes one."""
    budget_ms: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,4}$")] | None = None


class CompletionIn(Model):
    """One turn of a conversation. Parameters of language models that are not named here change nothing."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": "segue",
                    "messages": [{"role": "user", "content": "Is it SOC 2?"}],
                    "user": "visitor-81f2",
                    "stream": False,
                }
            ]
        },
    )

    model: str
    """`segue`, or `segue/PACK` for a live pack."""
    messages: Annotated[list[CompletionMessageIn], Field(min_length=1)]
    """The newest, the user's, is the turn. The service keeps its own of those before it."""
    stream: bool | None = None
    stream_options: StreamOptionsIn | None = None
    user: str | None = None
    """The visitor. Where earlier messages hold a reply, the visitor's newest conversation goes on."""
    metadata: CompletionMetadataIn | None = None
    n: int | None = None
    """One reply is made: 1."""
    tools: list[JsonValue] | None = None
    """They are never called."""
    tool_choice: JsonValue = None
    """`none` or `auto`, since no tool is ever called."""
    response_format: JsonValue = None
    """`{"type": "text"}`: no other is spoken."""


class CompletionOut(Answer):
    """A reply as a chat completion."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": f"chatcmpl-{_CONVERSATION}-1",
                    "object": "chat.completion",
                    "created": 1764000000,
                    "model": "segue",
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "Audited to SOC 2 Type II.",
                                "refusal": None,
                                "annotations": [],
                            },
                            "logprobs": None,
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": {"prompt_tokens": 4, "completion_tokens": 7, "total_tokens": 11},
                    "segue": {"conversation_id": _CONVERSATION, "turn": 1, "ending": "answered"},
                }
            ]
        }
    )

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, int]
    """Estimates, four bytes a token: nobody is billed by them."""
    segue: dict[str, Any]
    """`conversation_id`, `turn`, `ending`, `decision`, and where there are any `question`, `handover`, `citations`."""


class ModelOut(Answer):
    """What may be named as `model`."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsOut(Answer):
    """What may be named as `model`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "list",
                    "data": [
                        {"id": "segue", "object": "model", "created": 1764000000, "owned_by": "segue"},
                        {
                            "id": "segue/saas_pipeline",
                            "object": "model",
                            "created": 1764000000,
                            "owned_by": "segue",
                        },
                    ],
                }
            ]
        }
    )

    object: Literal["list"]
    data: list[ModelOut]
