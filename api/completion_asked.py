"""What a client of the OpenAI protocol asks for, and what it may not ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from segue.agents.live_policies import LivePacks
from segue.api.chat_asked import Who
from segue.api.chat_said import clean_text
from segue.api.models.base import Identifier
from segue.api.models.completions import CompletionIn, CompletionMetadataIn
from segue.core.errors import InputError, NotFoundError
from segue.core.ids import new_id

MODEL = "segue"
_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


class NoSuchModelError(NotFoundError):
    """No pack serves under the name of a model."""

    code = "model_not_found"


def models_of(live: LivePacks) -> list[str]:
    """Return what may be named as a model: the last pack, and each by its name."""
    return [MODEL, *(f"{MODEL}/{pack.name}" for pack in live.packs)]


def pack_of(model: str, live: LivePacks) -> str | None:
    """Return the pack that a model's name stands for; None for the last one.

    Raises:
        NoSuchModelError: it stands for none.
    """
    known = models_of(live)
    if model not in known:
        raise NoSuchModelError(f"model: expected one of {', '.join(known)}, found {ascii(model)[:80]}")
    return None if model == MODEL else model.partition("/")[2]


def said_to(asked: CompletionIn) -> str:
    """Return the text of the newest message.

    Raises:
        InputError: it is not the user's, or says nothing, too much, or what is no text.
    """
    place, message = f"messages.{len(asked.messages) - 1}", asked.messages[-1]
    if message.role != "user":
        raise InputError(f"{place}.role: expected the newest message to be of 'user', found {message.role!r}")
    content = message.content
    if not isinstance(content, str):
        content = "\n".join(
            _text(part, f"{place}.content.{number}") for number, part in enumerate(content or [])
        )
    text = clean_text(content, f"{place}.content")
    if not text:
        raise InputError(f"{place}.content: expected a text that is not blank")
    return text


def check_spoken(asked: CompletionIn) -> None:
    """Refuse what would be answered otherwise than the caller counts on.

    Raises:
        InputError: several replies, a tool's call or another form than text is asked for.
    """
    if asked.n not in (None, 1):
        raise InputError(f"n: expected 1, found {asked.n}")
    if asked.tool_choice not in (None, "none", "auto"):
        raise InputError(
            f"tool_choice: no tool is ever called; expected 'none' or 'auto', found {ascii(asked.tool_choice)[:80]}"
        )
    form = asked.response_format
    if form is not None and not (isinstance(form, dict) and form.get("type") == "text"):
        raise InputError(
            f"response_format: expected {{'type': 'text'}}, the only one spoken, found {ascii(form)[:80]}"
        )


def who_of(asked: CompletionIn, stranger: str | None = None) -> Who:
    """Return who a turn is of: where nobody is named, a `stranger`, without one nobody who was here before.

    Raises:
        InputError: a name is none.
    """
    given = asked.metadata or CompletionMetadataIn()
    visitor = _name("metadata.visitor", given.visitor) or _name("user", asked.user)
    account, contact = (
        _name("metadata.account", given.account),
        _name("metadata.contact_id", given.contact_id),
    )
    if not (visitor or account or contact or given.conversation_id):
        visitor = f"completion-{stranger or new_id()}"
    return Who(visitor, None, account, contact)


def goes_on(asked: CompletionIn) -> bool:
    """Return True where the client's messages hold a reply: it is in the midst of a conversation."""
    return any(message.role == "assistant" for message in asked.messages)


def _name(place: str, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return _IDENTIFIER.validate_python(value)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise InputError(f"{place}: {message}, found {ascii(value)[:80]}") from None


def _text(part: Any, place: str) -> str:
    if isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    raise InputError(f"{place}: expected {{'type': 'text', 'text'}}, found {ascii(part)[:80]}")
