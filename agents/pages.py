"""The one decision that all flags of a page rest on, and what breaks it before its time.

It holds for the same visitor and facts of the request, on every replica, until the lease is over. What breaks
it: another policy, switch, account, label or contact, a change of consent, and a rule that forbids its play by now.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import orjson

from segue.accounts.reader import AccountKey
from segue.agents.decision import Decision
from segue.agents.leases import HeldPage, read_pages
from segue.agents.live_policies import LivePacks
from segue.agents.logged_facts import LoggedFacts
from segue.agents.steps import SILENCE
from segue.core.database import Database
from segue.core.grouped import Grouped
from segue.policies.classifier import Label, Status, segment_of
from segue.policies.gate import judge_play
from segue.policies.pack import Pack
from segue.policies.plain import json_value
from segue.policies.situation import Situation

T = TypeVar("T")
NOBODY = "visitor:unknown"
"""The account of a decision for somebody of whom nothing may be used."""
_MOST = 256
"""Pages a query."""
_NOTHING: Mapping[str, Any] = {}


def page_of(
    visitor: str | None,
    account: AccountKey | None = None,
    contact_id: str | None = None,
    contact: Mapping[str, Any] = _NOTHING,
    context: Mapping[str, Any] = _NOTHING,
    pack: str | None = None,
) -> bytes:
    """Return what names a page: a hash of who looks, and of what the request says of itself."""
    return _hash([visitor, None if account is None else account.text, contact_id, contact, context, pack])


def rests_on(facts: LoggedFacts, live: LivePacks) -> bytes:
    """Return a hash of what a page's decision is bound to besides the account and its label."""
    contact = {name: json_value(value) for name, value in facts.contact.items()}
    return _hash([live.deployment.deployment_id, sorted(facts.switched_off), contact, facts.contact_id])


def said_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what flags are made from, of the JSON of a decision."""
    label = answer["labels"][answer["pack"]]
    return {
        "decision_id": answer["decision_id"],
        "pack": answer["pack"],
        "segment": label["segment"],
        "status": label["status"],
        "arm": (answer["experiment"] or {}).get("arm"),
        "play": answer["play"],
        "of_nobody": answer["account"]["id"] == NOBODY,
    }


def held_page(
    page: bytes,
    decision: Decision,
    answer: Mapping[str, Any],
    pack: Pack,
    rests: bytes,
    before: HeldPage | None,
) -> HeldPage | None:
    """Return what a page rests on from now on; None where the pack holds nothing for any time."""
    if not pack.file.lease:
        return None
    now = decision.decided_at
    return HeldPage(
        page, decision.account.id, decision.label.segment, decision.play.name, rests, said_of(answer), now,
        now + pack.file.lease, decision.decision_id, None if before is None else before.decision_id,
    )  # fmt: skip


def still_holds(held: HeldPage, facts: LoggedFacts, packs: Sequence[Pack], rests: bytes) -> bool:
    """Return True where a page's decision may be shown again: nothing that it rests on has changed.

    What it counted towards limits itself is not held against it.
    """
    if facts.now >= held.until or held.account_id != facts.account.id or held.rests_on != rests:
        return False
    snapshot = facts.snapshot(packs)
    pack = snapshot.pack
    hold = facts.held.get(pack.name)
    if hold is not None and hold.segment in pack.by_name:
        segment, status = hold.segment, Status.MATCHED
    else:
        found, status = segment_of(pack, snapshot.facts)
        segment = found.name
    if segment != held.segment:
        return False
    if held.play == SILENCE:
        return True
    play = pack.plays.get(held.play)
    situation = Situation(
        pack, snapshot.facts, snapshot.account, Label(pack.name, segment, status), snapshot.surface,
        loads=snapshot.loads, switched_off=snapshot.switched_off,
    )  # fmt: skip
    return play is not None and judge_play(situation, play).permitted


class Pages:
    """What pages rest on, as this replica reads it; calls for one page wait for the first of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = Grouped(self._read_group, _MOST, at_once=1, gathers=True)
        self._under_way: dict[bytes, asyncio.Future[Any]] = {}

    async def read(self, page: bytes) -> HeldPage | None:
        """Return what a page rests on, if anything is stored.

        Raises:
            UnavailableError: the database does not answer.
        """
        return await self._read(page)

    def begin(self, page: bytes) -> asyncio.Future[HeldPage | None]:
        """Begin to read what a page rests on, as `read` does, while something else is done."""
        return self._read.begin(page)

    async def together(self, page: bytes, decide: Callable[[], Awaitable[T]]) -> T:
        """Return the answer for a page: that of a call which is under way already, else that of this one."""
        while (waiting := self._under_way.get(page)) is not None:
            await asyncio.wait((waiting,))
            if not waiting.cancelled():  # else whoever made it went away, and somebody else makes it
                return cast(T, waiting.result())
        made: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._under_way[page] = made
        try:
            answer = await decide()
        except BaseException as error:
            if isinstance(error, Exception):
                made.set_exception(error)
                made.exception()  # taken note of: nobody may be waiting
            else:
                made.cancel()
            raise
        else:
            made.set_result(answer)
            return answer
        finally:
            del self._under_way[page]

    async def _read_group(self, pages: Sequence[bytes]) -> list[HeldPage | None]:
        async with self._database.connection() as connection:
            found = await read_pages(connection, pages)
        return [found.get(page) for page in pages]


def _hash(said: Any) -> bytes:
    text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=16).digest()
