"""What is said in a turn: the newest message of those that a client sends, and nothing before it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from segue.agents.conversations.turn_request import Answered
from segue.api.models.chat import LONGEST_TEXT, AnswerIn, ChatIn
from segue.core.errors import InputError

_KEPT = frozenset("\n\t")
_UNPRINTED = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in _KEPT}


def said(asked: ChatIn) -> tuple[str, Answered | None]:
    """Return the text of the newest message and the button that was pressed, of which there is at least one.

    Raises:
        InputError: the newest message is not the user's, or says nothing, too much, or what is no text.
    """
    message, place = asked.message, "message"
    if message is None:
        assert asked.messages is not None
        place, message = f"messages.{len(asked.messages) - 1}", asked.messages[-1]
    if message.role != "user":
        raise InputError(f"{place}.role: expected the newest message to be of 'user', found {message.role!r}")
    texts, answer = [], asked.answer
    for number, part in enumerate(message.parts):
        at = f"{place}.parts.{number}"
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(kind, str):
            raise InputError(f"{at}: expected an object with a type, such as {{'type': 'text'}}")
        if kind == "text":
            texts.append(_text(part.get("text"), f"{at}.text"))
        elif kind == "file":
            raise InputError(f"{at}: no files are taken; expected text")
        elif kind == "data-answer":
            answer = answer or _answer(part.get("data"), f"{at}.data")
    text = clean_text("\n".join(texts), f"{place}.parts")
    if not text and answer is None:
        raise InputError(f"{place}.parts: expected a text that is not blank, or an answer")
    return text, None if answer is None else Answered(answer.trait, answer.value)


def clean_text(text: str, place: str) -> str:
    """Return what somebody said without what nobody can see or store: control characters, and space around it.

    Raises:
        InputError: it is too long.
    """
    if len(text) > LONGEST_TEXT:
        raise InputError(f"{place}: expected at most {LONGEST_TEXT:,} characters, found {len(text):,}")
    return text.translate(_UNPRINTED).strip()


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{place}: expected a text, found {ascii(value)[:80]}")
    return value


def _answer(data: Any, place: str) -> AnswerIn:
    try:
        return AnswerIn.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join([place, *(str(each) for each in first["loc"])])
        raise InputError(f"{where}: {first['msg']}, found {ascii(first.get('input'))[:80]}") from None
