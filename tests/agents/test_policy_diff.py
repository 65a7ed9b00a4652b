"""A change of policy names exactly the accounts that SQL, asked independently, names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from segue.agents.pack_chains import PackFiles, chains_to_compare, load_chains
from segue.agents.policy_comparison import Wanted, compare_policies
from segue.agents.policy_diff import Limits, PolicyDiff
from segue.core.database import open_database
from segue.core.errors import InputError
from segue.evals.logged_world import NOW, PACK, edited, log_decisions, store_world
from segue.policies.files import find_pack, read_files
from segue.policies.language.sql import column_type
from segue.policies.load import load_files
from segue.policies.pack import Pack
from segue.policies.program import label_query

SHIPPED = read_files(find_pack(PACK))
MOVED = edited(SHIPPED, "traits.yaml", "fit >= 70", "fit >= 80")
"""The seeded change: one threshold."""


def chain(files: dict[str, bytes]) -> tuple[PackFiles]:
    return (PackFiles(PACK, files),)


async def fill(url: str, accounts: int, decisions: int = 0) -> None:
    async with open_database(url, 4) as database:
        ids = await store_world(database, accounts)
        if decisions:
            await log_decisions(database, ids, decisions)


def by_sql(url: str, packs: Sequence[Pack]) -> set[tuple[str, str, str]]:
    """Return (account, from, to) by two queries of `segue sql` over the stored values, one source each."""
    pack = packs[0]
    columns = []
    for name in pack.blank:
        kind = column_type(pack.schema[name], "postgres")
        said = f"(SELECT value FROM jsonb_each(traits -> '{name}'))"
        value = f"({said} ->> 0)::{kind}"
        if kind.endswith("[]"):
            items = f"ARRAY(SELECT jsonb_array_elements_text({said} -> 0))"  # of none it is empty, not NULL
            value = f"CASE WHEN {said} IS NOT NULL THEN {items} END"
        source = f"(SELECT key FROM jsonb_each(traits -> '{name}'))"
        belief = " ".join(f"WHEN '{each}' THEN {how}" for each, how in pack.file.sources.items())
        columns += [
            f'{value} AS "{name}"',
            f"(CASE {source} {belief} END) * coalesce(({said} ->> 1)::float, 1) AS {name}__confidence",
        ]
    found = []
    with psycopg.connect(url) as connection:
        connection.execute(
            f"CREATE TEMP VIEW told AS SELECT account_id, {', '.join(columns)} FROM segue.accounts"
            " WHERE account_id NOT IN (SELECT account_id FROM segue.pins)"
        )
        names = [f"{name}{end}" for name in pack.blank for end in ("", "__confidence")]
        for each in packs:
            query = label_query(each, "told", "postgres", NOW, columns=names)
            found.append({row[0]: row[1] for row in connection.execute(query)})
    before, after = found
    return {(key, before[key], after[key]) for key in before if before[key] != after[key]}


@pytest.fixture(scope="module")
def accounts() -> int:
    return 3_000


def test_a_moved_threshold_names_the_accounts_that_sql_names(store: str, accounts: int) -> None:
    asyncio.run(fill(store, accounts))
    found = compare_policies(chain(SHIPPED), chain(MOVED), Wanted(NOW, None, store))
    assert found.accounts == accounts, "more than one process's share, and none is lost between them"
    named = {
        (change["account"], move["from"], move["to"]) for change in found.changes for move in change["moves"]
    }
    wanted = by_sql(store, [load_files(SHIPPED, PACK), load_files(MOVED, PACK)])
    assert len(wanted) > 100 and named == wanted
    assert found.accounts == accounts and found.moved_accounts == len(wanted) == found.moved.total()
    for change in found.changes:
        for move in change["moves"]:
            clauses = [each["clause"] for side in move["decided_by"].values() for each in side]
            assert any("fit >= 70" in each for each in clauses), move
            assert any("fit >= 80" in each for each in clauses), move


def test_the_same_policy_moves_nobody_and_changes_no_decision(store: str) -> None:
    asyncio.run(fill(store, 200, 300))
    found = compare_policies(chain(SHIPPED), chain(dict(SHIPPED)), Wanted(NOW, None, store, 300))
    assert not found.changes and not found.decision_changes and found.accounts == 200
    assert found.decisions == 300


def test_logged_decisions_are_made_again_under_both(store: str) -> None:
    asyncio.run(fill(store, 300, 600))
    found = compare_policies(chain(SHIPPED), chain(MOVED), Wanted(NOW, None, store, 500))
    assert found.decisions + found.decisions_left_out == 500 and found.decisions > 400
    assert found.decision_plays.total() == len(found.decision_changes) > 0
    assert all(each["from"] != each["to"] and each["why"] for each in found.decision_changes)


def test_a_suppression_that_begins_breaks_the_limit(store: str) -> None:
    asyncio.run(fill(store, 400))
    found = compare_policies(chain(SHIPPED), chain(MOVED), Wanted(NOW, None, store))
    assert (
        found.suppressed_accounts > 0 and found.begun[PACK, "leave_paid_spend"] == found.suppressed_accounts
    )
    back = compare_policies(chain(MOVED), chain(SHIPPED), Wanted(NOW, None, store))
    assert back.ended == found.begun and back.begun == found.ended
    assert len(Limits(0, 0.01, 0).broken(found)) == 3
    assert Limits(400, 1.0, 400).broken(found) == [] == Limits().broken(found)
    share = found.moved_accounts / found.accounts
    assert not Limits(moved_share=share).broken(found) and Limits(moved_share=share - 1e-9).broken(found)


def test_parts_add_up_to_the_whole() -> None:
    first, second = PolicyDiff(accounts=2, moved_accounts=1), PolicyDiff(accounts=3)
    first.moved["p", "a", "b"] = second.moved["p", "a", "b"] = 2
    first.add(second)
    assert (first.accounts, first.moved_accounts, first.moved["p", "a", "b"]) == (5, 1, 4)


def test_two_packs_are_no_change_of_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected two versions of one pack, found 'saas_pipeline' and"):
        asyncio.run(chains_to_compare(None, PACK, "buying_motion"))
    with pytest.raises(InputError, match="needs the store"):
        asyncio.run(chains_to_compare(None, PACK, "sha256:1a"))
    with pytest.raises(InputError, match="no policy is active"):
        asyncio.run(chains_to_compare(None, None, PACK))


def test_chains_that_begin_alike_share_their_packs() -> None:
    earlier = PackFiles("security_maturity", read_files(find_pack("security_maturity")))
    first, second = load_chains((earlier, *chain(SHIPPED)), (earlier, *chain(MOVED)))
    assert first[0] is second[0] and first[1] is not second[1]
