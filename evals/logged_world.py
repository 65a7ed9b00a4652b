"""A log to replay: invented accounts in a store, and decisions of the service about them, all by a seed.

The decisions go the production way, through the service and its journal into PostgreSQL, under three
revisions one after the other. A proposer that draws by lot stands in for a model: it picks any option,
some that there are not, and some reasons for having none.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import orjson

from segue.accounts.reader import AccountKey, AccountReader
from segue.accounts.stored import Pin, micros_of
from segue.accounts.writer import put_pin
from segue.agents.choosers.model.options import Options
from segue.agents.choosers.model.proposal import FallbackReason, Proposal
from segue.agents.decision_request import Caller, DecisionRequest, Mode
from segue.agents.journal import Journal
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState, set_switch
from segue.agents.policy_store import Deployed, deploy, store_pack
from segue.agents.service import DecisionService
from segue.core.database import Database
from segue.evals.samples.invented_accounts import InventedAccount, invent_accounts
from segue.policies.files import find_pack, read_files
from segue.policies.load import load_files
from segue.policies.pack import Pack

PACK = "saas_pipeline"
EARLIER = "security_maturity"
"""The pack that comes before it in the last of the three deployments."""
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
_AT_ONCE = 64
_DAYS = 330
"""Decisions are spread over so many days, so that proof points expire on the way."""

Files = dict[str, bytes]


def edited(files: Files, path: str, before: str, after: str) -> Files:
    """Return the files of a pack with one text replaced, which must be there once."""
    text = files[path].decode()
    assert text.count(before) == 1, (path, before)
    return {**files, path: text.replace(before, after).encode()}


def three_revisions() -> list[Files]:
    """Return the pack as it ships, with a threshold moved, and with a rule on the label of an earlier pack."""
    first = read_files(find_pack(PACK))
    second = edited(first, "traits.yaml", "fit >= 70", "fit >= 60")
    rule = (
        "guardrails:\n  - id: foundations_first\n    forbid: {plays: [roi_first_page]}\n"
        f"    when: {EARLIER}.segment = 'unlabelled'\n    reason: maturity_first\n"
    )
    segments = load_files(read_files(find_pack(EARLIER)), EARLIER).segments
    third = edited(second, "pack.yaml", "guardrails:\n", rule.replace("unlabelled", segments[0].name))
    return [first, second, third]


async def store_world(database: Database, accounts: int, seed: int = 1) -> list[str]:
    """Store invented accounts, from what several sources say, some of it not known; return their ids."""
    rng = random.Random(seed)
    ids = []
    async with database.transaction() as connection, connection.cursor() as cursor:
        await connection.execute("SELECT segue.add_partitions((now() AT TIME ZONE 'UTC')::date, 2)")
        columns = "account_id, domain, name, owner, open_opportunity_owner, traits"
        async with cursor.copy(f"COPY segue.accounts ({columns}) FROM STDIN") as copy:
            for number, each in enumerate(islice(invent_accounts(rng, date(2026, 11, 22)), accounts)):
                ids.append(f"acc_{number:06d}")
                owner = f"rep-{number % 7}@example.com" if rng.random() < 0.3 else None
                deal = f"rep-{number % 5}@example.com" if each.has_open_opportunity else None
                await copy.write_row(
                    (ids[-1], each.domain, each.name, owner, deal, orjson.dumps(_said(rng, each)).decode())
                )
    for held in ids[: accounts // 100]:
        pin = Pin("label", PACK, "warm_up", "kept warm by hand", datetime(2099, 1, 1, tzinfo=UTC))
        await put_pin(database, held, pin, "evals")
    return ids


def _said(rng: random.Random, account: InventedAccount) -> dict[str, dict[str, list[Any]]]:
    values = {
        "employees": account.employees, "country": account.market.code,
        "industry": rng.choice(("saas", "fintech", "healthcare", "retail", "professional_services")),
        "tech": [tool.lower() for tool in account.tools][:4], "is_customer": account.is_customer,
        "has_open_opportunity": account.has_open_opportunity, "pricing_views": account.pricing_views,
        "active_contacts": account.active_contacts, "intent": account.intent,
        "renewal_at": (NOW + timedelta(days=rng.randint(1, 400))).isoformat(), "seat_use": 0.7,
    }  # fmt: skip
    since = micros_of(NOW - timedelta(days=rng.randint(0, 20)))
    return {
        name: {
            rng.choice(("crm", "enrichment", "declared")): [value, rng.choice((None, 1.0, 0.9, 0.4)), since]
        }
        for name, value in values.items()
        if rng.random() < 0.85
    }


class LotProposer:
    """Proposes by lot what a model might: options that there are, one that there is not, or nothing."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    async def propose(self, options: Options, deadline: float) -> Proposal:  # noqa: ARG002 - it never waits
        """Return a proposal at once."""
        await asyncio.sleep(0)
        rng = self._rng
        if rng.random() < 0.2:
            return Proposal(None, rng.choice(list(FallbackReason)), said=None, model="by-lot")
        proof = [each for each, _ in options.proof]
        rng.shuffle(proof)
        option = rng.randint(0, len(options.plays))
        return Proposal({"option": option, "proof": proof[:2], "why": "drawn by lot"}, model="by-lot")


async def log_decisions(
    database: Database,
    ids: Sequence[str],
    decisions: int,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[str]:
    """Let the service decide so many times, a third under each revision; return the revisions."""
    rng = random.Random(seed)
    policies, state, journal = LivePolicies(database), LiveState(database), Journal(database)
    instant = NOW
    service = DecisionService(
        AccountReader(database), policies, state, journal, LotProposer(seed), 1_000, lambda: instant
    )
    revisions, done = [], 0
    for number, files in enumerate(three_revisions()):
        revisions.append(await _deployed(database, files, with_earlier=number == 2))
        await policies.refresh()
        async with database.transaction() as connection:
            await set_switch(connection, "hand_over_now", number == 1, "a trial", "evals")
        share = decisions * (number + 1) // 3 - decisions * number // 3
        while share:
            instant = NOW - timedelta(days=20) + timedelta(minutes=rng.randint(0, _DAYS * 1_440))
            await state.refresh()
            group = min(share, _AT_ONCE)
            wanted = [_request(rng, ids) for _ in range(group)]
            await asyncio.gather(*(service.decide(each, Caller("evals")) for each in wanted))
            share, done = share - group, done + group
            if progress is not None:
                progress(done)
    await service.close()
    await journal.close()
    return revisions


async def _deployed(database: Database, files: Files, *, with_earlier: bool) -> str:
    """Store and activate a revision, its threshold's predecessor as a shadow where there is one."""
    packs: list[Pack] = []
    async with database.transaction() as connection:
        if with_earlier:
            before = read_files(find_pack(EARLIER))
            packs.append(load_files(before, EARLIER))
            await store_pack(connection, packs[0], before, "evals")
        packs.append(load_files(files, PACK, tuple(packs)))
        await store_pack(connection, packs[-1], files, "evals")
    wanted = [Deployed(pack.name, pack.revision) for pack in packs]
    await deploy(database, wanted, "activate", "evals")
    return packs[-1].revision


def _request(rng: random.Random, ids: Sequence[str]) -> DecisionRequest:
    contact: dict[str, Any] = {}
    if rng.random() < 0.6:
        contact = {
            "persona": rng.choice(("ciso", "cmo", "cfo", "it", "revenue")),
            "seniority": rng.choice(("individual", "manager", "director", "c_level")),
            "marketing_consent": rng.random() < 0.5, "first_name": "Zoë",
        }  # fmt: skip
    context: dict[str, Any] = {}
    if rng.random() < 0.5:
        topic = rng.choice(("security", "integration", "pricing"))
        context = {"path": "/pricing", "question_topic": topic, "wants_human": rng.random() < 0.3}
    known = rng.random() < 0.95
    return DecisionRequest(
        rng.choice(("web", "chat", "slack", "crm", "ads")),
        AccountKey(rng.choice(ids)) if known else AccountKey("stranger.example", "stranger.example"),
        contact=contact, contact_id=f"person-{rng.randint(1, 50)}" if contact else None, context=context,
        mode=Mode.MODEL if rng.random() < 0.2 else Mode.RULES,
    )  # fmt: skip
