"""The distribution of answers is made of what is stored, without a name, and decisions say which they read."""

from __future__ import annotations

import asyncio

from segue.accounts.reader import AccountKey, AccountReader
from segue.agents.answer_distribution import make_answers
from segue.agents.choosers.model.opening import open_model_chooser
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.journal import Journal
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.policy_store import activate_artifacts
from segue.agents.replay import Period, ranges_of, replay_range
from segue.agents.service import DecisionService
from segue.core.database import open_database
from segue.core.settings import Settings
from segue.evals.conversations.world import NOW, know
from tests.core.databases import start_packs


def test_a_decision_is_made_with_it_and_replays(store_url: str) -> None:
    start_packs(store_url, "saas_pipeline")
    for number in range(12):
        known = {
            "industry": "saas",
            "employees": 100 * (number + 1),
            "country": "US",
            "tech": ["salesforce"],
            "intent": 70,
        }
        know(store_url, f"a{number}", {**known, "is_customer": False})
    know(store_url, "young", {"industry": "saas", "tech": ["salesforce"], "intent": 72})

    async def run() -> None:
        async with open_database(store_url) as database:
            policies = LivePolicies(database)
            await policies.refresh()
            [made] = await make_answers(database, policies.live.packs, NOW, "test")
            assert made.accounts == 12 and "a1" not in str(made.artifact.body)
            await activate_artifacts(
                database, {"saas_pipeline": {made.artifact.trait: made.artifact.id}}, "test"
            )
            await policies.refresh()
            journal = Journal(database)
            service = DecisionService(
                AccountReader(database), policies, LiveState(database), journal,
                open_model_chooser(Settings()), 1_500, lambda: NOW,
            )  # fmt: skip
            answer = await service.decide(DecisionRequest("chat", AccountKey("young")), Caller("test"))
            assert made.artifact.id.encode() in answer.body and b"employees" in answer.body
            async with database.connection() as connection:
                [(first, last, _)] = await ranges_of(connection, Period(), 100)
            found = await replay_range(database, Period(), first, last, {})
            assert (found.same, found.different) == (1, 0)
            await journal.close()

    asyncio.run(run())
