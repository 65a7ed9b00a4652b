"""The assistant of sellers: from what somebody says to an answer made of facts, wherever it is shown.

Rules alone: the nearest example says what is asked, the store says which account is meant, and policy says the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from segue.accounts.domains import read_domain
from segue.agents.knowledge.embedding import Embedder, nearest
from segue.agents.seller_case import Desk
from segue.agents.seller_entities import Found, Named, NamedIn, find_named, masked
from segue.agents.seller_exemplars import ABOUT_AN_ACCOUNT, EXEMPLARS, Intent
from segue.agents.seller_intents import Nearest, Understood, understand
from segue.agents.seller_nearness import Nearness, target_in, what_would_flip
from segue.agents.seller_ownership import Ownership, why_mine
from segue.agents.seller_people import Seller
from segue.agents.seller_pitch import Pitch, what_to_say
from segue.agents.seller_threads import last_account, remember_account
from segue.agents.seller_today import Today, call_today
from segue.agents.seller_week import WeekChanges, since_of, what_changed
from segue.core.errors import NotFoundError

_SURE = 0.5
"""So near an example has to be, where a text that names no account is taken for a question about one."""


@dataclass(frozen=True, slots=True)
class WhichAccount:
    """Several accounts may be meant, or one whose name only begins so: nothing is guessed."""

    intent: Intent
    text: str
    """What was asked, to be asked again of the one that is picked."""
    words: str
    accounts: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class NoAccount:
    """The question is about an account, and none is named that is known."""

    intent: Intent
    words: str
    """How it was named; empty where it was not."""


@dataclass(frozen=True, slots=True)
class CanDo:
    """What may be asked. `unsure` where what was said was not understood."""

    unsure: bool
    about: Named | None = None
    """The account that was named, if one was."""


Reply = Today | Ownership | Pitch | Nearness | WeekChanges | WhichAccount | NoAccount | CanDo


@dataclass(frozen=True, slots=True)
class Asked:
    """What a seller said, and in which conversation. `account_id` is one that was picked, not said."""

    text: str
    thread: str
    account_id: str | None = None
    intent: Intent | None = None


class Assistant:
    """Answers sellers. Nothing that it does is recorded as a decision, and nothing is delivered by it."""

    def __init__(self, desk: Desk, embedder: Embedder | None) -> None:
        self.desk = desk
        self._nearest: Nearest | None = None
        if embedder is not None:
            exemplars = {intent.value: texts for intent, texts in EXEMPLARS.items()}
            self._nearest = partial(_nearest, embedder, exemplars)

    async def warm_up(self) -> None:
        """Load what the first question would have to wait for."""
        read_domain("example.com")  # the list of public suffixes
        await understand("hello", self._nearest)

    async def reply(self, seller: Seller, asked: Asked, now: datetime) -> Reply:
        """Return the answer to what a seller said.

        Raises:
            UnavailableError: the database does not answer, or no policy is active.
        """
        named = await self._named(asked)
        found = named.accounts
        understood = await self._understood(asked, found)
        intent = understood.intent
        if intent is Intent.CALL_TODAY:
            return await call_today(self.desk, seller, now)
        if intent is Intent.WHAT_CHANGED:
            return await what_changed(self.desk, seller, since_of(asked.text, now), now)
        if intent not in ABOUT_AN_ACCOUNT:
            return CanDo(
                intent is Intent.OTHER,
                found.accounts[0] if found.surely and len(found.accounts) == 1 else None,
            )
        return await self._about_one(seller, asked, intent, named, now)

    async def _named(self, asked: Asked) -> NamedIn:
        async with self.desk.database.connection() as connection:
            return await find_named(connection, self.desk.packs, asked.text)

    async def _understood(self, asked: Asked, found: Found) -> Understood:
        if asked.intent is not None:
            return Understood(asked.intent, 1.0)
        words = found.words if found.accounts else ""
        return await understand(masked(asked.text, words), self._nearest)

    async def _about_one(
        self,
        seller: Seller,
        asked: Asked,
        intent: Intent,
        named: NamedIn,
        now: datetime,
    ) -> Reply:
        found, role = named.accounts, named.role
        account_id = asked.account_id
        if account_id is None:
            picked = await self._picked(asked, intent, found)
            if not isinstance(picked, str):
                return picked
            account_id = picked
        await remember_account(self.desk.database, asked.thread, account_id)
        try:
            if intent is Intent.WHY_MINE:
                return await why_mine(self.desk, seller, account_id, now)
            if intent is Intent.WHAT_TO_SAY:
                question = masked(asked.text, found.words if found.accounts else "")
                return await what_to_say(self.desk, seller, account_id, role, now, question)
            target = target_in(self.desk.packs[-1], asked.text)
            return await what_would_flip(self.desk, account_id, target, now)
        except NotFoundError:  # it went meanwhile
            return NoAccount(intent, found.words)

    async def _picked(self, asked: Asked, intent: Intent, found: Found) -> str | WhichAccount | NoAccount:
        """Return the one account that is meant: as it was named, else the last of the conversation."""
        if len(found.accounts) == 1 and found.surely:
            return found.accounts[0].account_id
        if found.accounts:
            return WhichAccount(intent, asked.text, found.words, found.accounts)
        if not found.words:
            last = await last_account(self.desk.database, asked.thread)
            if last is not None:
                return last
        return NoAccount(intent, found.words)


async def _nearest(
    embedder: Embedder, exemplars: dict[str, Sequence[str]], text: str
) -> list[tuple[str, float]]:
    return await nearest(embedder, text, exemplars)
