"""Who asks for a turn, about whom, and in which conversation: from a request to a `TurnRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from segue.accounts.reader import account_key
from segue.agents.conversations.turn_request import Answered, Speaker, TurnRequest
from segue.api.access import is_denied
from segue.api.asking import check_public, proven
from segue.api.chat_names import name_of
from segue.api.keys import Key, Kind
from segue.core.errors import InputError, NotFoundError


@dataclass(frozen=True, slots=True)
class Who:
    """Who a turn or a conversation is said to be of, before that is checked."""

    visitor: str | None = None
    identity_token: str | None = None
    account: str | None = None
    contact_id: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asking:
    """A key and whom it speaks for, as far as that is allowed."""

    speaker: Speaker
    visitor: str | None
    contact_id: str | None
    account: str | None
    proven_account: str | None
    contact: Mapping[str, Any]
    personal: bool

    @property
    def person(self) -> str:
        """Under whom names of chats are kept: whoever is surest to be the same the next time."""
        return self.visitor or self.contact_id or self.account or ""

    def turn(self, text: str, answer: Answered | None, context: Mapping[str, Any]) -> TurnRequest:
        """Return the request for a turn of a conversation that begins."""
        return TurnRequest(
            text, answer,
            account=account_key(self.account) if self.account is not None else None,
            visitor=self.visitor, contact=self.contact, contact_id=self.contact_id, context=context,
            personal=self.personal, proven_account=self.proven_account,
        )  # fmt: skip


def asking(who: Who, context: Mapping[str, Any], key: Key, request: Request) -> Asking:
    """Return who asks, and for whom.

    Raises:
        RefusedError: 403, the key may not name it.
        TokenError: 401, the identity token is refused.
    """
    is_browser = key.kind is Kind.PUBLISHABLE
    if is_browser:
        named = {"account": who.account, "contact_id": who.contact_id, "contact": who.contact}
        check_public(named, context, request.app.state.services.policies.live)
    known = proven(who.identity_token, who.contact_id, request, datetime.now(UTC))
    signed = known.account if known is not None and who.account is None else None
    return Asking(
        Speaker(key.key_id, is_browser), who.visitor,
        who.contact_id or (known.user_id if known is not None else None), who.account or signed, signed, who.contact,
        not is_denied(request.headers),
    )  # fmt: skip


def check_somebody(asked: Asking, conversation_id: str | None) -> None:
    """Refuse a turn of nobody: a server may name a conversation alone, whose people are known.

    Raises:
        InputError: nobody is named.
    """
    named = asked.visitor or asked.contact_id or asked.account
    if not named and (asked.speaker.is_browser or conversation_id is None):
        raise InputError("visitor: expected a visitor, an account or an identity token, found none of them")


async def conversation_of(name: str, asked: Asking, request: Request) -> str:
    """Return the id of a conversation by that id, or by the client's own name of the chat.

    Raises:
        NotFoundError: it is neither.
    """
    services = request.app.state.services
    found = await services.chat_names.find(chat_name(asked, name))
    if found is not None:
        return str(found)
    if len(name) > 64:
        raise NotFoundError("no such conversation")
    return name


def chat_name(asked: Asking, name: str) -> bytes:
    """Return what a client's name of a chat is kept as."""
    return name_of("chat", asked.speaker.key_id, asked.person, name)
