"""For the length of a lease an account hears one story, on every surface and from every replica; what breaks it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.replay import Period
from segue.agents.replay_log import replay_log
from segue.api.services import Services
from segue.core.schema import migrate
from segue.policies.facts import Account, take_facts
from segue.policies.routing import assign
from tests.policies.mini import MONDAY, mini_pack
from tests.service.ofrep.story import Store, decided, written

pytestmark = pytest.mark.trial


def why(answer: dict[str, Any], play: str) -> str:
    found: str = next(each["reason"] for each in answer["considered"] if each["play"] == play)
    return found


def test_the_surfaces_agree_on_goal_and_offer(story: Store) -> None:
    account, other = story.account(size=500), story.account(size=500)

    async def both(parts: Services) -> tuple[Any, ...]:
        return (
            await decided(parts, account, "web"), await decided(parts, account, "chat"),
            await decided(parts, other, "chat"), await decided(parts, other, "web"),
        )  # fmt: skip

    web, chat, chat_first, web_second = story.run(both)
    assert (web["play"]["goal"], chat["play"]["name"]) == ("meeting", "book")
    assert why(chat, "start_trial") == "other_story"
    assert (chat_first["play"]["name"], web_second["play"]["name"]) == ("start_trial", "trial_page")
    assert why(web_second, "meeting_page") == "other_story"


def test_what_breaks_it(story: Store) -> None:
    by_label, by_rule, by_time = (story.account(size=500) for _ in range(3))
    accounts = (by_label, by_rule, by_time)

    async def first(parts: Services) -> list[str]:
        return [(await decided(parts, each, "web"))["play"]["name"] for each in accounts]

    async def then(parts: Services) -> list[str]:
        return [(await decided(parts, each, "chat"))["play"]["name"] for each in accounts]

    assert story.run(first) == ["meeting_page"] * 3
    story.rows("UPDATE segue.accounts SET traits = '{}' WHERE account_id = %s", by_label)
    story.know(by_rule, size=500, stopped=True)
    story.rows("UPDATE segue.leases SET until = now() WHERE account_id = %s", by_time)
    assert story.run(then) == ["hello", "start_trial", "start_trial"]
    held = story.rows("SELECT account_id, play FROM segue.leases WHERE account_id = ANY(%s)", list(accounts))
    assert set(held) == {(by_label, "meeting_page"), (by_rule, "start_trial"), (by_time, "start_trial")}


def test_another_policy_breaks_it(story: Store, tmp_path: Path) -> None:
    account = story.account(size=500)
    assert story.run(lambda parts: decided(parts, account, "web"))["play"]["goal"] == "meeting"
    other = Store(
        story.url,
        written(tmp_path / "story", plays__hello="{play: hello, title: Hi, kind: reply, channel: chat}"),
    )
    assert other.run(lambda parts: decided(parts, account, "chat"))["play"]["name"] == "start_trial"


def test_racing_replicas_tell_one_story(story: Store) -> None:
    accounts = [story.account(size=500) for _ in range(12)]

    async def race() -> list[tuple[str, str]]:
        async with story.replica() as one, story.replica() as two:
            calls = [
                decided((one, two)[number % 2], each, ("web", "chat")[number % 2])
                for each in accounts
                for number in range(4)
            ]
            return [(each["account"]["id"], each["play"]["goal"]) for each in await asyncio.gather(*calls)]

    found = asyncio.run(race())
    for account in accounts:  # the second page of a meeting would be over its limit: it is none of a trial
        goals = {goal for each, goal in found if each == account} - {None}
        assert len(goals) == 1, (account, found)


def test_a_held_rep_comes_first_of_those_who_are_free() -> None:
    pack = mini_pack()
    facts = take_facts(pack, {"region": "US"}, MONDAY)
    names = [
        assign(pack, facts, Account("acc_1"), "pod", held=held).rep
        for held in ("a@example.com", "b@example.com")
    ]
    assert names == ["a@example.com", "b@example.com"]
    full = assign(pack, facts, Account("acc_1"), "pod", {"a@example.com": 2}, held="a@example.com")
    assert full.rep == "b@example.com"


def test_decisions_under_a_lease_and_in_an_experiment_replay(story: Store) -> None:
    small = [story.account(size=10) for _ in range(40)]
    large = story.account(size=200)

    async def ask(parts: Services) -> None:
        await decided(parts, large, "web")
        await decided(parts, large, "chat")
        await asyncio.gather(
            *(decided(parts, each, surface) for each in small for surface in ("web", "chat"))
        )

    story.run(ask)
    arms = {
        row[0]
        for row in story.rows("SELECT DISTINCT arm FROM segue.decisions WHERE account_id = ANY(%s)", small)
    }
    assert arms == {"holdout", "treatment", "plain_or_trial:trial_page", "plain_or_trial:plain_page"}
    found = replay_log(story.url, Period())
    assert found.differences == [] and found.same > 80


def test_a_dry_run_takes_no_lease_and_a_past_instant_reads_none(story: Store) -> None:
    account = story.account(size=500)

    async def ask(parts: Services) -> None:
        await decided(parts, account, "web", dry_run=True)
        request = DecisionRequest("web", visitor="nobody-knows-me")
        await parts.decisions.decide(request, Caller("key"))

    story.run(ask)
    assert (
        story.rows("SELECT 1 FROM segue.leases WHERE account_id IN (%s, 'visitor:nobody-knows-me')", account)
        == []
    )


def test_the_migration_can_be_undone(store_url: str) -> None:
    assert migrate(store_url, "0008")[1] == "0008"
    assert migrate(store_url)[1] != "0008"
