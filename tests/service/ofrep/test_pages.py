"""The decision of a page: held for its visitor, on every replica, and what breaks it; and the arms of what is tried."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.live_state import set_switch
from segue.agents.page_flags import flag_keys, flag_values
from segue.agents.pages import page_of, said_of
from segue.api.services import Services
from segue.core.database import Database
from segue.core.ids import new_id
from segue.policies.experiments import uniform
from tests.core.databases import with_database
from tests.service.ofrep.story import Store, decided

pytestmark = pytest.mark.trial


async def page(parts: Services, visitor: str, **asked: Any) -> dict[str, Any]:
    named = page_of(visitor, asked.get("account"), context=asked.get("context", {}))
    request = DecisionRequest(
        "web", visitor=visitor, **asked, page=named if asked.get("personal", True) else None
    )
    answer = await parts.decisions.decide(
        request,
        Caller("key", lambda found: json.dumps(said_of(found) if "labels" in found else found).encode()),
    )
    found: dict[str, Any] = json.loads(answer.body)
    return found


def visit(story: Store, account: str) -> str:
    """Return a visitor who is held to be of an account."""
    visitor = f"v-{new_id()}"
    story.rows(
        "INSERT INTO segue.visitors (visitor, account_id, account_method, account_confidence, first_seen, last_seen)"
        " VALUES (%s, %s, 'explicit', 0.9, now(), now())", visitor, account,
    )  # fmt: skip
    return visitor


def test_it_holds_on_every_replica_and_for_its_page_alone(story: Store) -> None:
    visitor = visit(story, story.account(size=500))

    async def ask() -> list[str]:
        async with story.replica() as one, story.replica() as two:
            found = await asyncio.gather(
                *(page((one, two)[n % 2], visitor, context={"path": "/a"}) for n in range(20))
            )
            found += [
                await page(one, visitor, context={"path": "/b"}),
                await page(two, visitor, context={"path": "/a"}),
            ]
            return [each["decision_id"] for each in found]

    ids = asyncio.run(ask())
    assert len(set(ids[:20])) == 1 and ids[21] == ids[0] != ids[20]
    assert story.rows("SELECT count(*) FROM segue.decisions WHERE visitor = %s", visitor) == [(2,)]


def test_its_own_limit_is_not_held_against_it(story: Store) -> None:
    visitor = visit(story, story.account(size=500))

    async def twice(parts: Services) -> list[str]:
        return [(await page(parts, visitor))["play"]["name"] for _ in range(2)]

    assert story.run(twice) == ["meeting_page", "meeting_page"]


def test_what_breaks_it(story: Store) -> None:
    accounts = {
        name: story.account(size=500)
        for name in ("time", "label", "rule", "account", "consent", "switch", "gone")
    }
    visitors = {name: visit(story, account) for name, account in accounts.items()}
    other = story.account(size=10)

    async def see(parts: Services) -> dict[str, dict[str, Any]]:
        return {name: await page(parts, visitor) for name, visitor in visitors.items()}

    async def change(parts: Services) -> tuple[Any, ...]:
        before = await see(parts)
        story.rows("UPDATE segue.pages SET until = now() WHERE account_id = %s", accounts["time"])
        story.know(accounts["label"], size=None)
        story.know(accounts["rule"], size=500, stopped=True)
        story.rows("UPDATE segue.visitors SET account_id = %s WHERE visitor = %s", other, visitors["account"])
        story.rows(
            "INSERT INTO segue.consents (kind, subject, purpose, source, state, at)"
            " VALUES ('visitor', %s, 'personalization', 'declared', 'denied', now())", visitors["consent"],
        )  # fmt: skip
        after = await see(parts)
        async with parts.database.connection() as connection:
            await set_switch(connection, "meeting_page", True, "A test", "test")
        await parts.state.refresh()
        off = await page(parts, visitors["switch"])
        async with parts.database.connection() as connection:
            await set_switch(connection, "meeting_page", False, "A test", "test")
        await parts.state.refresh()
        return before, after, off

    before, after, off = story.run(change)
    assert {each["play"]["name"] for each in before.values()} == {"meeting_page"}
    kept = {name for name in before if before[name]["decision_id"] == after[name]["decision_id"]}
    assert kept == {"switch", "gone"}
    plays = {name: after[name]["play"]["name"] for name in ("label", "rule", "consent")}
    assert plays["label"] == plays["consent"] == "nothing_page" and plays["rule"] != "meeting_page"
    assert after["account"]["segment"] == "small" and off["play"]["name"] != "meeting_page"


def test_a_packs_slots_are_flags(story: Store) -> None:
    visitor = visit(story, story.account(size=500))

    async def ask(parts: Services) -> tuple[Any, ...]:
        return flag_keys(parts.policies.live.packs), await page(parts, visitor)

    keys, said = story.run(ask)
    assert keys[-2:] == ("hero", "aside")
    found = flag_values(said, keys)
    assert (found["hero"], found["aside"]) == ("Meet us", "By the way")
    assert found["cta"] == {"text": "A session"} and found["page_variant"] == "meeting_page"


def test_arms_follow_the_account_and_their_shares(story: Store) -> None:
    accounts = [story.account(size=10) for _ in range(200)]

    async def ask(parts: Services, surface: str) -> list[dict[str, Any]]:
        return list(await asyncio.gather(*(decided(parts, each, surface) for each in accounts)))

    web = story.run(lambda parts: ask(parts, "web"))
    chat = story.run(lambda parts: ask(parts, "chat"))
    arms = Counter(each["experiment"]["arm"] for each in web)
    assert 35 <= arms["holdout"] <= 85 and arms["trial_page"] > 40 and arms["plain_page"] > 40
    for on_web, on_chat in zip(web, chat, strict=True):
        held = on_web["experiment"]["arm"] == "holdout"
        assert (on_chat["experiment"]["arm"] == "holdout") is held
        expected = ("nothing_page", "hello") if held else (on_web["experiment"]["arm"], "start_trial")
        assert (on_web["play"]["name"], on_chat["play"]["name"]) == expected
        assert on_web["propensity"] == (0.3 if held else 0.35) and on_chat["propensity"] == (
            0.3 if held else 0.7
        )
        assert on_web["experiment"]["name"] == ("holdout" if held else "plain_or_trial")


def test_held_back_everybody_gets_the_treatment(story: Store) -> None:
    async def switch(database: Database, off: bool) -> None:
        async with database.connection() as connection:
            await set_switch(connection, "experiments", off, "A test", "test")

    accounts = [story.account(size=10) for _ in range(20)]
    with_database(story.url, lambda database: switch(database, True))
    try:
        found = story.run(lambda parts: asyncio.gather(*(decided(parts, each, "web") for each in accounts)))
    finally:
        with_database(story.url, lambda database: switch(database, False))
    assert {(each["experiment"], each["propensity"], each["play"]["name"]) for each in found} == {
        (None, 1.0, "trial_page")
    }


def test_nobody_is_drawn_of_whom_nothing_may_be_used(story: Store) -> None:
    async def ask(parts: Services) -> dict[str, Any]:
        return await page(parts, f"v-{new_id()}", personal=False)

    assert story.run(ask)["arm"] is None


def test_draws_are_even_and_independent() -> None:
    drawn = [(uniform("one", f"acc-{n}") < 0.5, uniform("two", f"acc-{n}") < 0.5) for n in range(4_000)]
    assert all(900 < count < 1_100 for count in Counter(drawn).values()) and len(Counter(drawn)) == 4
