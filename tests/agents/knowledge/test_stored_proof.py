"""Stored proof points: approved by somebody, they take part in decisions as the pack's own do, and replay knows which."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any, TypeVar

import orjson
import psycopg
import pytest

from segue.accounts.reader import AccountKey, AccountReader
from segue.accounts.writer import TraitValue, put_traits
from segue.agents.artifact_store import read_artifacts
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.journal import Journal
from segue.agents.knowledge.proof_rows import newest_versions, stored_proof_points
from segue.agents.knowledge.proof_store import Added, add_drafts, approve_proof, expire_proof
from segue.agents.knowledge.stored_proof import ProofDraft, ProofState
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.policy_store import (
    CHANGED,
    Deployed,
    activate_artifacts,
    deploy,
    newest_deployment,
    roll_back,
)
from segue.agents.replay import Period
from segue.agents.replay_log import replay_log
from segue.agents.service import DecisionService
from segue.core.database import Connection, Database
from segue.core.errors import ConflictError, InputError, NotFoundError
from segue.evals.logged_world import LotProposer
from segue.policies.artifact import PROOF_SLOT, ArtifactKind, artifact_of
from segue.policies.artifacts import with_artifacts
from segue.policies.load import load_pack
from segue.policies.models.proof import ProofClaim
from segue.policies.proof import proof_of, valid_proof
from tests.core.databases import start_packs, with_database

T = TypeVar("T")
NOW = datetime.now(UTC)
PACK = load_pack("saas_pipeline")
NEW = "erased_in_an_hour"


@pytest.fixture
def store(store_url: str) -> str:
    """A store in which a pack serves."""
    start_packs(store_url, "saas_pipeline")
    return store_url


def draft(name: str = NEW, claim: str = "A person is erased within an hour", days: int = 300) -> ProofDraft:
    stated = ProofClaim(
        id=name, claim=claim, tags={"industry": ["healthcare"], "persona": ["ciso"], "topic": ["compliance"]},
        evidence="https://example.com/erasure", expires_on=NOW.date() + timedelta(days=days),
    )  # fmt: skip
    return ProofDraft(stated, "One call erases a person everywhere.", "test")


def change(url: str, do: Callable[[Connection], Awaitable[T]]) -> T:
    async def run(database: Database) -> T:
        async with database.transaction() as connection:
            return await do(connection)

    return with_database(url, run)


def add(url: str, *drafts: ProofDraft) -> list[Added]:
    return change(url, lambda connection: add_drafts(connection, PACK, drafts, "ana@example.com", NOW))


def approve(url: str, *ids: str) -> Any:
    return change(url, lambda connection: approve_proof(connection, PACK, ids, "legal@example.com", NOW))


def expire(url: str, *ids: str) -> Any:
    return change(
        url, lambda connection: expire_proof(connection, PACK, ids, "legal@example.com", "untrue", NOW)
    )


def served(url: str) -> dict[str, str]:
    """The claims of the stored proof points that the pack which serves has."""

    async def read(database: Database) -> dict[str, str]:
        policies = LivePolicies(database)
        await policies.refresh()
        [pack] = policies.live.packs
        return {name: each.claim for name, each in proof_of(pack).items() if name not in PACK.proof}

    return with_database(url, read)


def test_only_what_is_approved_and_not_expired_serves(store: str) -> None:
    assert add(store, draft(), draft("other")) == [Added.NEW, Added.NEW]
    assert served(store) == {}
    approve(store, NEW)
    assert served(store) == {NEW: "A person is erased within an hour"}
    expire(store, NEW)
    assert served(store) == {}
    [found, other] = change(store, newest_versions)
    assert (found.state, found.approved_by, found.expired_by, found.reason) == (
        ProofState.EXPIRED, "legal@example.com", "legal@example.com", "untrue",
    )  # fmt: skip
    assert (other.state, other.added_by) == (ProofState.DRAFT, "ana@example.com")


def test_a_changed_text_is_a_version_and_the_approved_one_serves_until_it_is_approved(store: str) -> None:
    add(store, draft())
    assert add(store, draft()) == [Added.UNCHANGED]
    assert add(store, draft(claim="Within two hours")) == [Added.CHANGED]
    approve(store, NEW)
    assert add(store, draft(claim="Within two hours")) == [Added.UNCHANGED]
    assert add(store, draft(claim="Within a minute")) == [Added.NEW_VERSION]
    assert served(store) == {NEW: "Within two hours"}
    approve(store, NEW)
    assert served(store) == {NEW: "Within a minute"}
    rows = change(store, stored_proof_points)
    assert [(each.version, each.state.value, each.reason) for each in rows] == [
        (1, "expired", "replaced by a later version"),
        (2, "approved", None),
    ]
    add(store, draft(claim="Within a second"))
    expire(store, NEW)
    assert served(store) == {}, "both the version that served and the draft of the next"
    assert add(store, draft(claim="Within a second")) == [Added.NEW_VERSION]


def test_what_cannot_be_done_is_said_and_changes_nothing(store: str) -> None:
    add(store, draft(), draft("late", days=0))
    refusals: list[tuple[Callable[[], Any], type[Exception], str]] = [
        (
            lambda: approve(store, NEW, "erased_in_an_houre"),
            NotFoundError,
            "did you mean 'erased_in_an_hour'",
        ),
        (lambda: approve(store, NEW, "soc2_healthcare"), ConflictError, "proof/soc2_healthcare.md in git"),
        (lambda: expire(store, "soc2_healthcare"), ConflictError, "is the pack's own"),
        (lambda: approve(store, NEW, "late"), InputError, f"'late' expires on {NOW.date()}"),
        (lambda: add(store, draft("soc2_healthcare")), ConflictError, "is the pack's own"),
    ]
    for do, kind, words in refusals:
        with pytest.raises(kind, match=words):
            do()
    assert served(store) == {}
    approve(store, NEW)
    with pytest.raises(ConflictError, match="is approved as version 1: add a changed text"):
        approve(store, NEW)
    expire(store, NEW)
    with pytest.raises(ConflictError, match="is expired already"):
        expire(store, NEW)


def test_an_approval_is_no_deployment_and_what_is_withdrawn_stays_so(store: str) -> None:
    def deployments() -> list[Any]:
        with psycopg.connect(store) as connection:
            return connection.execute(
                "SELECT deployment_id, artifacts FROM segue.deployments ORDER BY 1"
            ).fetchall()

    add(store, draft(), draft("other"))
    approve(store, NEW, "other")
    assert len(deployments()) == 1, "no label hangs on proof: nothing is labelled again"
    wanted = [Deployed(PACK.name, PACK.revision)]
    with_database(store, lambda database: deploy(database, wanted, "activate", "test"))
    with_database(store, lambda database: activate_artifacts(database, {}, "test"))
    assert served(store) == {
        NEW: "A person is erased within an hour",
        "other": "A person is erased within an hour",
    }
    expire(store, NEW)
    with_database(store, lambda database: roll_back(database, "test"))
    assert list(served(store)) == ["other"]
    assert all(artifacts == {} for _, artifacts in deployments())


def test_the_order_of_changes_and_two_at_once_end_in_the_same(store: str) -> None:
    names = ["a_1", "b_2", "c_3"]
    add(store, *(draft(name) for name in names))

    async def both(database: Database) -> None:
        async def one(name: str) -> None:
            async with database.transaction() as connection:
                await approve_proof(connection, PACK, [name], "legal", NOW)

        await asyncio.gather(*(one(name) for name in names))

    with_database(store, both)
    assert sorted(served(store)) == names

    async def in_order(connection: Connection, order: tuple[str, ...]) -> list[str]:
        await expire_proof(connection, PACK, names, "legal", "untrue", NOW)
        await add_drafts(connection, PACK, [draft(name) for name in names], "ana", NOW)
        for name in order:
            made = await approve_proof(connection, PACK, [name], "legal", NOW)
        found = await read_artifacts(connection, [made.artifact_id or ""])
        return [each["id"] for each in found[made.artifact_id or ""].body["points"]]

    for order in permutations(names):
        assert change(store, partial(in_order, order=order)) == names


def test_replicas_hear_of_it(store: str) -> None:
    add(store, draft())
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANGED}")
        approve(store, NEW)
        heard = [each.channel for each in connection.notifies(timeout=5, stop_after=1)]
    assert heard == [CHANGED]


KNOWN = {"industry": "healthcare", "country": "US", "employees": 800, "tech": ["salesforce"], "intent": 72}
ASKED = DecisionRequest("web", AccountKey("clinic.example"), contact={"persona": "ciso"})


def test_decisions_show_it_say_which_and_replay_to_the_same(store: str) -> None:
    add(store, draft())

    async def run(database: Database) -> list[dict[str, Any]]:
        values = [TraitValue(trait, value, "crm", NOW) for trait, value in KNOWN.items()]
        await put_traits(database, "clinic.example", "clinic.example", values)
        policies, journal = LivePolicies(database), Journal(database)
        service = DecisionService(
            AccountReader(database), policies, LiveState(database), journal, LotProposer(1), 1_000
        )
        found = []
        try:
            for then in (approve_proof, partial(expire_proof, reason="untrue"), None):
                await policies.refresh()
                found.append(orjson.loads((await service.decide(ASKED, Caller("test"))).body))
                if then is not None:
                    async with database.transaction() as connection:
                        await then(connection, PACK, [NEW], by="legal", now=NOW)
        finally:
            await service.close()
            await journal.close()
        return found

    before, during, after = with_database(store, run)
    shown = [
        NEW in [point["id"] for point in each["play"]["proof_points"]] for each in (before, during, after)
    ]
    assert shown == [False, True, False], during["play"]
    assert "artifacts" not in before["policy"]
    assert during["policy"]["artifacts"]["saas_pipeline"][PROOF_SLOT].startswith("sha256:")
    assert after["policy"]["artifacts"] != during["policy"]["artifacts"]
    found = replay_log(store, Period())
    assert (found.same, found.different) == (3, 0)


def test_the_active_deployment_names_what_is_live(store: str) -> None:
    add(store, draft())
    made = approve(store, NEW)
    found = change(store, newest_deployment)
    assert found is not None and found.artifacts == {"saas_pipeline": {PROOF_SLOT: made.artifact_id}}


def test_it_ends_on_its_day_with_nobody_doing_anything() -> None:
    point = {
        **draft(days=10).content(), "expires_on": (NOW + timedelta(days=10)).date().isoformat(),
        "approved_by": "legal", "approved_on": NOW.date().isoformat(),
    }  # fmt: skip
    artifact = artifact_of(ArtifactKind.PROOF_POINTS, PACK.name, PROOF_SLOT, NOW, {"points": [point]})
    pack = with_artifacts(PACK, [artifact])
    shown = {
        days: NEW in [each.id for each in valid_proof(pack, (NOW + timedelta(days=days)).date())]
        for days in (-1, 0, 9, 10)
    }
    assert shown == {-1: False, 0: True, 9: True, 10: False}
    assert NEW not in proof_of(PACK) and pack.revision == PACK.revision


def test_a_packs_own_hides_a_stored_one_of_its_id() -> None:
    own = PACK.proof["soc2_healthcare"]
    point = {**orjson.loads(own.model_dump_json()), "claim": "Another claim under that id"}
    artifact = artifact_of(ArtifactKind.PROOF_POINTS, PACK.name, PROOF_SLOT, NOW, {"points": [point]})
    assert proof_of(with_artifacts(PACK, [artifact]))["soc2_healthcare"] is own
