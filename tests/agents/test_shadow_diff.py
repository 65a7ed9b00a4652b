"""Shadow decisions against the live ones of the same calls, and against another tool's file."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import psycopg
import pytest

from segue.accounts.consent import PERSONALIZATION, Consent, ConsentState
from segue.accounts.consent_writer import put_consents
from segue.accounts.person_reader import Person, PersonReader
from segue.accounts.reader import AccountKey, AccountReader
from segue.agents.decision_request import Caller, DecisionRequest
from segue.agents.journal import Journal
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.policy_store import Deployed, deploy, store_pack
from segue.agents.replay import Period
from segue.agents.replay_log import replay_log
from segue.agents.service import DecisionService
from segue.agents.shadow_diff import ShadowDiff, against_file, shadow_diff
from segue.core.database import open_database
from segue.core.errors import InputError
from segue.evals.logged_world import NOW, PACK, LotProposer, edited, store_world
from segue.policies.files import find_pack, read_files
from segue.policies.load import load_files

SHIPPED = read_files(find_pack(PACK))
MOVED = edited(SHIPPED, "traits.yaml", "fit >= 70", "fit >= 80")


async def decided(url: str, path: Path | None = None) -> tuple[ShadowDiff, ShadowDiff | None]:
    async with open_database(url, 4) as database:
        ids = await store_world(database, 120)
        packs = [load_files(files, PACK) for files in (SHIPPED, MOVED)]
        async with database.transaction() as connection:
            for pack, files in zip(packs, (SHIPPED, MOVED), strict=True):
                await store_pack(connection, pack, files, "test")
        wanted = [Deployed(PACK, packs[0].revision), Deployed(PACK, packs[1].revision, True)]
        await deploy(database, wanted, "activate", "test")
        policies, journal = LivePolicies(database), Journal(database)
        await policies.refresh()
        service = DecisionService(
            AccountReader(database),
            policies,
            LiveState(database),
            journal,
            LotProposer(1),
            1_000,
            lambda: NOW,
        )
        rng = random.Random(2)
        for account in ids:
            surface = rng.choice(("web", "chat", "crm"))
            await service.decide(DecisionRequest(surface, AccountKey(account)), Caller("test"))
        await service.close()
        await journal.close()
        async with database.transaction() as connection:
            found = await shadow_diff(connection, Period())
            against = None if path is None else await against_file(connection, Period(), path, live=True)
        return found, against


def test_every_disagreement_is_named_with_what_is_behind_it(store: str) -> None:
    found, _ = asyncio.run(decided(store))
    with psycopg.connect(store) as connection:
        wanted = connection.execute(
            "SELECT s.decision_id::text, l.decision_id::text FROM segue.decisions s JOIN segue.decisions l"
            " ON l.decision_id = s.beside AND NOT l.shadow WHERE s.shadow AND"
            " (s.segment, s.status, s.play, s.rep) IS DISTINCT FROM (l.segment, l.status, l.play, l.rep)"
        ).fetchall()
    assert found.compared == 120 and found.alone == 0 and 5 < len(wanted) < 120
    assert {(each["decision_id"], each["beside_id"]) for each in found.disagreements} == set(wanted)
    moved = [each for each in found.disagreements if "segment" in each["differs"]]
    assert moved and all(each["beside"]["because"] and each["shadow"]["because"] for each in moved)
    assert replay_log(store, Period()).same == 240, "shadow decisions replay too"


def test_who_denies_after_the_answer_is_in_no_shadow(store: str) -> None:
    class Denying(PersonReader):
        """Of the one who looks a denial comes in between the answer and the shadow."""

        reads = 0

        async def read(self, visitor: str | None, contact: str | None, **how: bool) -> Person:
            self.reads += 1
            if self.reads == 2:
                denied = Consent("visitor", "v", PERSONALIZATION, ConsentState.DENIED, "test", NOW)
                assert await put_consents(self._database, [denied]) == 1
            return await super().read(visitor, contact, **how)

    async def run() -> int:
        async with open_database(store, 4) as database:
            packs = [load_files(files, PACK) for files in (SHIPPED, MOVED)]
            async with database.transaction() as connection:
                for pack, files in zip(packs, (SHIPPED, MOVED), strict=True):
                    await store_pack(connection, pack, files, "test")
            wanted = [Deployed(PACK, packs[0].revision), Deployed(PACK, packs[1].revision, True)]
            await deploy(database, wanted, "activate", "test")
            policies, journal, people = LivePolicies(database), Journal(database), Denying(database)
            await policies.refresh()
            service = DecisionService(
                AccountReader(database), policies, LiveState(database), journal, LotProposer(1), 1_000,
                lambda: NOW, people,
            )  # fmt: skip
            await service.decide(DecisionRequest("web", visitor="v"), Caller("test"))
            await service.close()
            await journal.close()
            assert service.shadows_left_out == 0
            return people.reads

    assert asyncio.run(run()) == 2
    with psycopg.connect(store) as connection:
        found = connection.execute("SELECT shadow, visitor FROM segue.decisions").fetchall()
    assert found == [(False, "v")]


def test_a_file_of_another_tool_is_held_against_them(store: str, tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("account,segment\nacc_000001,nonsense\nacc_000002,\nnobody.example,customer\n", "utf-8")
    _, against = asyncio.run(decided(store, path))
    assert against is not None and (against.compared, against.alone) == (2, 1)
    assert [(each["account"], each["differs"]) for each in against.disagreements] == [
        ("acc_000001", ["segment"])
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [("who,play\na,b\n", "expected the columns account and play or segment, found who, play"),
     ("account,play\na\n", "expected 2 fields"), ("", "found none")],
)  # fmt: skip
def test_a_broken_file_is_told_by_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        asyncio.run(against_file(None, Period(), path, live=False))  # type: ignore[arg-type]
