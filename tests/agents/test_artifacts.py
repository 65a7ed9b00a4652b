"""What the population decides: unknown until it is made and activated, then read everywhere alike, and recorded."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from segue.accounts.population_files import export_known, label_with_duckdb
from segue.accounts.reader import AccountKey, AccountReader
from segue.agents.cut_points import MadeCutPoints, make_cut_points
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.journal import Journal
from segue.agents.live_state import LiveState
from segue.agents.policy_store import activate_artifacts, roll_back
from segue.agents.replay import Period
from segue.agents.replay_log import replay_log
from segue.agents.service import DecisionService
from segue.agents.target_accounts import ListProposal, apply_list, propose_list
from segue.core.database import Database
from segue.core.errors import ConflictError, InputError, NotFoundError
from segue.evals.logged_world import LotProposer
from tests.agents.shop import FILES, NOW, Shop
from tests.agents.test_population import labels_in

PERSON = "Ana Silva"


@pytest.fixture
def shop(store: str) -> Shop:
    found = Shop(store)
    found.fill(60)
    found.activate()
    return found


def make(shop: Shop, as_of: datetime = NOW, *, activate: bool = True) -> list[MadeCutPoints]:
    async def do(database: Database) -> list[MadeCutPoints]:
        policies = await shop.policies(database)
        made = await make_cut_points(database, policies.live.packs, as_of, "test")
        if activate:
            wanted = {each.artifact.trait: each.artifact.id for each in made}
            await activate_artifacts(database, {"shop": wanted}, "test")
        return made

    return shop.over(do)


def propose(shop: Shop) -> ListProposal:
    async def do(database: Database) -> ListProposal:
        policies = await shop.policies(database)
        return await propose_list(database, policies.live.packs, None, NOW, PERSON)

    return shop.over(do)


def apply(shop: Shop, proposal: ListProposal) -> None:
    shop.over(lambda database: apply_list(database, proposal.artifact, PERSON))


def decide(shop: Shop, *accounts: str) -> list[dict[str, Any]]:
    async def do(database: Database) -> list[dict[str, Any]]:
        policies, journal = await shop.policies(database), Journal(database)
        service = DecisionService(
            AccountReader(database),
            policies,
            LiveState(database),
            journal,
            LotProposer(1),
            1_000,
            lambda: NOW,
        )
        try:
            answers = [
                await service.decide(DecisionRequest("crm", AccountKey(account)), Caller("test"))
                for account in accounts
            ]
        finally:
            await service.close()
            await journal.close()
        return [orjson.loads(each.body) for each in answers]

    return shop.over(do)


def test_rfm_is_unknown_until_cut_points_are_active_and_then_alike_everywhere(
    shop: Shop, tmp_path: Path
) -> None:
    online, batch = shop.labels()
    assert online == batch
    assert Counter(segment for segment, _ in online.values()) == {"rest": 59}
    made = make(shop, activate=False)
    assert shop.labels() == (online, batch), "nothing reads them yet"
    assert [each.artifact.trait for each in made] == ["loyalty", "recency", "frequency"]
    body = made[0].artifact.body
    assert sum(made[0].sizes["monetary"]) == body["accounts"]
    assert all(15 < 100 * size / body["accounts"] < 25 for size in made[0].sizes["recency"]), "fifths"
    assert make(shop)[0].artifact.id == made[0].artifact.id, "the same population gives the same artifact"
    online, batch = shop.labels()
    assert online == batch
    assert {segment for segment, _ in online.values()} == {"best", "lapsing", "rest"}

    async def by_duckdb(database: Database) -> Any:
        packs = (await shop.policies(database)).live.packs
        async with database.transaction() as connection:
            return packs, await export_known(connection, packs, NOW, tmp_path)

    packs, files = shop.over(by_duckdb)
    assert labels_in(label_with_duckdb(packs, files, NOW, tmp_path)) == {
        (account, "shop"): label for account, label in online.items()
    }


def test_new_cut_points_move_labels_in_the_background_and_a_rollback_moves_them_back(shop: Shop) -> None:
    make(shop)
    shop.relabel()
    before = shop.rows("SELECT account_id, segment, status FROM segue.labels ORDER BY 1")
    assert {account: (segment, status) for account, segment, status in before} == shop.labels()[0]
    make(shop, NOW - timedelta(days=200))
    shop.relabel()
    after = shop.rows("SELECT account_id, segment, status FROM segue.labels ORDER BY 1")
    assert after != before
    assert {account: (segment, status) for account, segment, status in after} == shop.labels()[0]
    assert shop.rows("SELECT DISTINCT cause FROM segue.transitions") == [("policy",)]
    shop.over(lambda database: roll_back(database, "test"))
    shop.relabel()
    assert shop.rows("SELECT account_id, segment, status FROM segue.labels ORDER BY 1") == before


def test_who_was_labelled_meanwhile_by_one_who_had_not_heard_is_labelled_again(shop: Shop) -> None:
    make(shop)
    shop.relabel()
    [(account, right)] = shop.rows(
        "SELECT account_id, segment FROM segue.labels WHERE segment = 'best' LIMIT 1"
    )
    shop.rows("UPDATE segue.deployments SET made_at = now() - INTERVAL '1 minute'")
    shop.rows(
        "UPDATE segue.labels SET segment = 'rest', labelled_at = now() - INTERVAL '57 seconds' WHERE account_id = %s",
        account,
    )
    shop.relabel()
    assert shop.rows("SELECT segment FROM segue.labels WHERE account_id = %s", account) == [(right,)]


def test_a_decision_names_what_it_read_and_replays_with_it(shop: Shop) -> None:
    assert "artifacts" not in decide(shop, "a002")[0]["policy"]
    first = {each.artifact.trait: each.artifact.id for each in make(shop)}
    made = decide(shop, "a002", "a003", "a004")
    assert all(each["policy"]["artifacts"] == {"shop": first} for each in made)
    second = {each.artifact.trait: each.artifact.id for each in make(shop, NOW - timedelta(days=200))}
    assert decide(shop, "a002")[0]["policy"]["artifacts"] == {"shop": second}
    found = replay_log(shop.url, Period())
    assert (found.same, found.different) == (5, 0)
    shop.rows("DELETE FROM segue.artifacts WHERE artifact_id = %s", second["loyalty"])
    found = replay_log(shop.url, Period())
    assert (found.same, found.revision_gone, found.different) == (4, 1, 0)


def test_cut_points_of_another_definition_are_not_read(shop: Shop) -> None:
    loyalty = make(shop)[0].artifact
    shop.activate(traits__yaml=FILES["traits.yaml"].replace("over: 365d}}", "over: 364d}}"))
    assert decide(shop, "a002")[0]["policy"]["artifacts"].keys() == {"shop"}
    assert decide(shop, "a002")[0]["policy"]["artifacts"]["shop"].keys() == {"recency", "frequency"}

    async def check(database: Database) -> None:
        with pytest.raises(ConflictError, match=r"shop\.loyalty is defined otherwise than when"):
            (await shop.policies(database)).live.check_fits(loyalty)

    shop.over(check)


def test_a_list_is_proposed_applied_by_a_person_and_read_everywhere(shop: Shop) -> None:
    make(shop)
    first = propose(shop)
    assert first.seats == {"gold": 3, "silver": 5} and first.kept == 0
    assert [each.what for each in first.changes] == ["enters"] * 8
    assert [each.rank_after for each in first.changes] == list(range(1, 9))
    assert propose(shop).artifact.id == first.artifact.id
    assert "listed" not in {segment for segment, _ in shop.labels()[0].values()}
    apply(shop, first)
    online, batch = shop.labels()
    assert online == batch
    seats = {each[0]: each[1] for each in first.artifact.body["seats"]}
    assert {account for account, (segment, _) in online.items() if segment == "listed"} == {
        account for account, tier in seats.items() if tier == "gold"
    }
    assert all(online[account][0] == "best" for account, tier in seats.items() if tier == "silver")
    assert decide(shop, "a002")[0]["policy"]["artifacts"]["shop"]["tal"] == first.artifact.id
    assert "XX" not in {
        row[0] for row in shop.rows(
            "SELECT traits #>> '{market,crm,0}' FROM segue.accounts WHERE account_id = ANY(%s)", list(seats)
        )
    }  # fmt: skip
    again = propose(shop)
    assert (again.changes, again.kept) == ((), 8), "nobody moves while no score does"


def test_who_falls_back_leaves_and_who_is_ahead_by_the_margin_enters(shop: Shop) -> None:
    make(shop)
    first = propose(shop)
    apply(shop, first)
    best, *_, last = [each[0] for each in first.artifact.body["seats"]]
    shop.rows(
        "UPDATE segue.accounts SET traits = jsonb_set(traits, '{market,crm,0}', '\"XX\"') WHERE account_id = %s",
        best,
    )
    second = propose(shop)
    moves = {each.account_id: each for each in second.changes}
    assert (moves[best].what, moves[best].reason.value, moves[best].rank_before) == (
        "leaves",
        "not_eligible",
        1,
    )
    assert moves[best].rank_after is None
    assert Counter(each.what for each in second.changes) == {"leaves": 1, "moves": 1, "enters": 1}
    assert last not in moves
    apply(shop, second)
    with pytest.raises(ConflictError, match="another was applied meanwhile"):
        apply(shop, first)
    assert [
        row[0]
        for row in shop.rows("SELECT made_by FROM segue.deployments ORDER BY deployment_id DESC LIMIT 1")
    ] == [PERSON]
    shop.over(lambda database: roll_back(database, "test"))
    assert propose(shop).artifact.body["supersedes"] == first.artifact.id, (
        "a rollback brings the list before back"
    )


def test_what_cannot_be_made_says_why(shop: Shop) -> None:
    async def nothing(database: Database) -> Any:
        packs = (await shop.policies(database)).live.packs
        with pytest.raises(
            NotFoundError, match="no active pack has a trait 'recencyy' by `rfm`; did you mean 'recency'"
        ):
            await make_cut_points(database, packs, NOW, "test", "recencyy")
        with pytest.raises(InputError, match="loyalty: no account has such an event in the window"):
            await make_cut_points(database, packs, NOW - timedelta(days=4_000), "test")
        with pytest.raises(NotFoundError, match="shop has no rank 'tall'; did you mean 'tal'"):
            await propose_list(database, packs, "tall", NOW, "test")
        with pytest.raises(NotFoundError, match="no artifact 'sha256:0' is stored"):
            await activate_artifacts(database, {"shop": {"loyalty": "sha256:0"}}, "test")
        made = await make_cut_points(database, packs, NOW, "test", "loyalty")
        with pytest.raises(InputError, match="expected a proposed list, found cut_points of 'loyalty'"):
            await apply_list(database, made[0].artifact, "test")

    shop.over(nothing)
