"""Who somebody in Slack is: their address by `users.info`, kept for a while, and the seller of that address."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from segue.agents.seller_case import Desk
from segue.agents.seller_people import Seller, seller_of

_KEPT = 3_600.0
_KEPT_WITHOUT = 60.0
"""Seconds for which somebody without an address is not asked about again."""
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack."""

    email: str | None
    """None for a bot, a guest of another workspace, or one whom the app may not see."""
    offset: int = 0
    """Seconds by which their clock is ahead of UTC."""


class People:
    """The people of the workspace, as they are asked about."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: OrderedDict[str, tuple[float, Person]] = OrderedDict()

    async def seller(self, client: Any, user: str) -> tuple[Seller | None, Person]:
        """Return the seller that a user is, or None for anybody else.

        Raises:
            SlackClientError, ClientError, TimeoutError: Slack does not answer.
            UnavailableError: the database does not answer, or no policy is active.
        """
        person = await self._person(client, user)
        if person.email is None:
            return None, person
        async with self._desk.database.connection() as connection:
            return await seller_of(connection, self._desk.packs, person.email), person

    async def _person(self, client: Any, user: str) -> Person:
        until, found = self._kept.get(user, (0.0, None))
        if found is not None and until > time.monotonic():
            return found
        answer = await client.users_info(user=user)
        said = answer.get("user") or {}
        email = (said.get("profile") or {}).get("email")
        ours = not said.get("is_bot") and not said.get("is_stranger") and not said.get("deleted")
        person = Person(email if ours and isinstance(email, str) else None, int(said.get("tz_offset") or 0))
        self._kept[user] = time.monotonic() + (_KEPT if person.email else _KEPT_WITHOUT), person
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return person
