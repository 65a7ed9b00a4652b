"""What experiments found: accounts by arm, the goal in its time, and the smallest effect that could be shown."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from segue.agents.experiments import found_so_far
from segue.agents.proportions import difference, smallest_effect, wilson
from segue.api.services import Services
from tests.core.databases import maker
from tests.service.ofrep.story import Store, decided, written

pytestmark = pytest.mark.trial

SEGUE = str(Path(sys.executable).parent / "segue")


@pytest.fixture(scope="module")
def fresh(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A store in which nothing else is decided."""
    for make in maker(server_url, template):
        yield Store(make(), written(tmp_path_factory.mktemp("packs") / "story"))


def test_accounts_are_counted_by_arm(fresh: Store) -> None:
    accounts = [fresh.account(size=10) for _ in range(60)]

    async def ask(parts: Services) -> list[dict[str, Any]]:
        found = list(await asyncio.gather(*(decided(parts, each, "web") for each in accounts)))
        await asyncio.gather(*(decided(parts, each, "chat") for each in accounts))
        return found

    answers = fresh.run(ask)
    held = [each for each in answers if each["experiment"]["arm"] == "holdout"]
    tried = [each for each in answers if each["experiment"]["arm"] == "trial_page"]

    def came(number: int, answer: dict[str, Any], kind: str, after: str = "1 day") -> None:
        fresh.rows(
            "INSERT INTO segue.outcomes (sender, outcome_id, decision_id, account_id, kind, at, key_id) VALUES"
            f" ('server', %s, %s, %s, %s, now() + '{after}'::interval, 'k')",
            f"{kind}-{number}", answer["decision_id"], answer["account"]["id"], kind,
        )  # fmt: skip

    for number, each in enumerate(tried):
        came(number, each, "exposed")
    for number, each in enumerate(tried[:4]):
        came(number, each, "trial")
        came(100 + number, each, "trial")  # twice is once
    came(200, held[0], "trial")
    came(201, held[1], "trial", "31 days")  # too late
    came(202, held[1], "trial", "-1 day")  # too early
    fresh.rows(
        "UPDATE segue.accounts SET alias_of = %s WHERE account_id = %s",
        held[2]["account"]["id"],
        tried[-1]["account"]["id"],
    )

    async def read(parts: Services) -> list[dict[str, Any]]:
        async with parts.database.connection() as connection:
            return [each.to_json() for each in await found_so_far(connection, parts.policies.packs)]

    holdout, test = fresh.run(read)
    assert (holdout["experiment"], holdout["goal"], holdout["within_days"]) == ("holdout", "trial", 30)
    control, treatment = holdout["arms"]
    assert (control["arm"], control["accounts"], control["reached"]) == ("holdout", len(held) - 1, 1)
    assert (treatment["accounts"], treatment["reached"]) == (60 - len(held) - 1, 4)
    assert holdout["mixed"] == 1 and treatment["against"]["smallest_effect"] > 0.1
    first, second = test["arms"]
    assert (test["experiment"], test["surface"]) == ("plain_or_trial", "web")
    assert (first["arm"], first["accounts"], first["exposed"], first["reached"]) == (
        "trial_page",
        len(tried),
        len(tried),
        4,
    )
    assert second["exposed"] == second["reached"] == 0 and second["against"]["difference"] < 0
    assert first["under_way"] == first["accounts"]

    told = {
        options: subprocess.run(
            [SEGUE, "experiments", *options], capture_output=True, text=True, timeout=120,
            env={**os.environ, "DATABASE_URL": fresh.url, "COLUMNS": "160"},
        )
        for options in ((), ("--json", "--since", "1d", "--pack", "story"))
    }  # fmt: skip
    assert all(each.returncode == 0 for each in told.values()), told
    shown, as_json = (each.stdout for each in told.values())
    assert "story.small: plain_or_trial on web" in shown and "points" in shown
    assert [each["experiment"] for each in json.loads(as_json)["experiments"]] == [
        "holdout",
        "plain_or_trial",
    ]


def test_a_story_from_elsewhere_takes_an_account_out_of_a_test_whichever_its_arm(fresh: Store) -> None:
    accounts = [fresh.account(size=10) for _ in range(30)]

    async def ask(parts: Services) -> list[dict[str, Any]]:
        chat = await asyncio.gather(*(decided(parts, each, "chat") for each in accounts))
        web = await asyncio.gather(*(decided(parts, each, "web") for each in accounts))
        return [two for one, two in zip(chat, web, strict=True) if one["experiment"]["arm"] == "treatment"]

    found = fresh.run(ask)
    assert len(found) > 10
    assert {(each["experiment"]["arm"], each["play"]["name"]) for each in found} == {
        ("treatment", "trial_page")
    }


def test_shares_and_their_intervals() -> None:
    # Newcombe 1998: Wilson's interval of 81 of 263, and the difference of 56/70 and 48/80
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert difference(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0) and wilson(0, 10)[0] == 0.0 and wilson(10, 10)[1] == 1.0
    assert difference(1, 2, 0, 0) is None and smallest_effect(0, 0, 5) is None


def test_the_smallest_effect_is_found_four_times_in_five() -> None:
    found = smallest_effect(99, 998, 1_000)  # a share of a tenth in both groups
    assert found == pytest.approx(2.8016 * (0.1 * 0.9 * (1 / 998 + 1 / 1000)) ** 0.5, abs=1e-4)
    assert smallest_effect(0, 50, 50) is not None


def test_a_policy_is_told_what_its_experiment_lacks(tmp_path: Path) -> None:
    from segue.policies.faults import PackError
    from segue.policies.load import load_pack
    from tests.service.ofrep.story import FILES

    def faults(old: str, new: str) -> str:
        text = FILES["segments/small.yaml"].replace(old, new)
        with pytest.raises(PackError) as error:
            load_pack(written(tmp_path / "story", segments__small=text))
        return str(error.value)

    assert "shares of the arms come to 0.9, expected 1" in faults("plain_page: 0.5", "plain_page: 0.4")
    assert "unknown play of this segment on web 'meeting_page'" in faults(
        "arms: {trial_page", "arms: {meeting_page"
    )
    assert "names an arm of the holdout" in faults("experiment: plain_or_trial", "experiment: treatment")
