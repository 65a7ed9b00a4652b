"""The identity tokens of one request of a browser: each is read once, and its refusal told once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from segue.accounts.events import Proven
from segue.accounts.identity_tokens import IdentityTokens, TokenError

TOKEN = "identity_token"  # noqa: S105 - where one stands
"""Where in an event's `context` a token stands."""


class RequestTokens:
    """What the tokens of a request prove. `given` came with the request, for events that hold none of their own."""

    def __init__(self, tokens: IdentityTokens, given: str | None, now: datetime) -> None:
        self._tokens = tokens
        self._given = given
        self._now = now
        self._read: dict[str, Proven | str] = {}
        self._told: set[str] = set()

    def proven(self, context: Mapping[str, Any], user_id: str | None) -> tuple[Proven | None, str | None]:
        """Return who sent an event that names `user_id`, and why its token is refused, the first time that it is.

        A token that is refused takes nothing from the event: it is then as any browser's.
        """
        token = context.get(TOKEN) or self._given
        if token is None:
            return None, None
        found = self._of(token)
        if isinstance(found, Proven):
            if user_id is None or user_id == found.user_id:
                return found, None
            found = "identity token: sub: expected the userId of the event, found another"
        if found in self._told:
            return None, None
        self._told.add(found)
        return None, found

    def _of(self, token: Any) -> Proven | str:
        if not isinstance(token, str):
            return "identity token: expected a text"
        if token not in self._read:
            try:
                self._read[token] = self._tokens.read(token, self._now)
            except TokenError as error:
                self._read[token] = error.message
        return self._read[token]
