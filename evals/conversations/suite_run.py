"""Run the suite of conversations, several times over, with a model that is half hostile and remembers nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

import yaml

from segue.accounts.reader import account_key
from segue.agents.choosers.model.breaker import Breaker
from segue.agents.conversations.parts import Asked, Cited, Decided, HandedOver, Part, Replaced, Started
from segue.agents.conversations.turn_request import Answered
from segue.agents.decision_request import Mode
from segue.evals.conversations.half_hostile import half_hostile
from segue.evals.conversations.obedient import claims_outside, outside_policy
from segue.evals.conversations.world import SERVER, Talk, know, talk
from segue.evals.model_faults.server import ModelServer
from segue.evals.model_faults.trials import open_chooser
from segue.policies.load import load_pack
from segue.policies.pack import Pack

PACKS = ("saas_pipeline", "security_maturity", "buying_motion")


@dataclass
class Conversed:
    """One conversation of the suite, and what each of its runs came to."""

    name: str
    policy: list[bool] = field(default_factory=list)
    """Whether nothing was decided outside policy, and nothing claimed that is not approved."""
    quality: list[bool] = field(default_factory=list)
    """Whether every turn was as expected."""
    missed: dict[str, int] = field(default_factory=dict)
    """What was not as expected, and how often."""


def suite() -> list[dict[str, Any]]:
    """Return the conversations of `suite.yaml`."""
    found: list[dict[str, Any]] = yaml.safe_load(
        files("segue.evals.conversations").joinpath("suite.yaml").read_text("utf-8")
    )
    return found


async def run_suite(url: str, times: int, seed: int = 0, model: bool = True) -> list[Conversed]:
    """Run every conversation so often over a store in which the packs serve; every run has a model of its own."""
    packs = {name: load_pack(name) for name in PACKS}
    found = [Conversed(each["name"]) for each in suite()]
    for run in range(times):
        async with ModelServer(half_hostile(seed * 1_000 + run)) as server:
            chooser = open_chooser(server.url, Breaker(1_000_000, 1_000_000, 30)) if model else None
            async with talk(url, chooser=chooser, warm=True) as talking:
                for number, conversation in enumerate(suite()):
                    await _converse(talking, conversation, f"{run}-{number}", packs, found[number], model)
    return found


async def _converse(
    talking: Talk,
    conversation: Mapping[str, Any],
    name: str,
    packs: Mapping[str, Pack],
    found: Conversed,
    model: bool,
) -> None:
    pack = packs[conversation["pack"]]
    request = replace(
        talking.request, visitor=f"visitor-{name}", pack=pack.name, context=conversation.get("context", {}),
        mode=Mode.MODEL if model else Mode.RULES,
    )  # fmt: skip
    if "account" in conversation:
        know(talking.url, f"account-{name}", conversation["account"], owner="rep-1@example.com")
        request = replace(request, account=account_key(f"account-{name}"))
    sound, good = True, True
    for turn in conversation["turns"]:
        answer = turn.get("answer")
        asked = replace(
            request, text=turn.get("say", ""), answer=None if answer is None else Answered(*answer)
        )
        parts = [part async for part in talking.conversations.turn(asked, SERVER)]
        [began] = [part for part in parts if isinstance(part, Started)]
        request = replace(request, conversation_id=began.conversation_id)
        sound = sound and not claims_outside(parts, "", pack)
        history = await talking.conversations.history(began.conversation_id, SERVER)
        for missed in _missed(turn.get("expect", {}), parts, history.turns[-1], pack.name):
            found.missed[missed] = found.missed.get(missed, 0) + 1
            good = False
    rows = await _decisions(talking, f"visitor-{name}")
    chain = [packs[each] for each in PACKS[: PACKS.index(pack.name) + 1]]
    found.policy.append(sound and not outside_policy(rows, chain))
    found.quality.append(good)


async def _decisions(talking: Talk, visitor: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    async with talking.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT play, facts FROM segue.decisions WHERE visitor = %s", (visitor,)
        )
        return await cursor.fetchall()


def _missed(
    expect: Mapping[str, Any], parts: Sequence[Part], turn: Mapping[str, Any], pack: str
) -> list[str]:
    """Return what of a turn is not as expected, in words."""
    decided = next(part for part in parts if isinstance(part, Decided)).decision
    points = [part.points for part in parts if isinstance(part, Cited | Replaced)]
    seen = {
        "segment": [decided["labels"][pack]["segment"]],
        "play": [decided["play"]["name"]],
        "proof": [each.id for each in points[-1]] if points else [],
        "asks": [part.trait for part in parts if isinstance(part, Asked)],
        "hands_over": [part.how.value for part in parts if isinstance(part, HandedOver)],
        "understood": [turn["intent"].get("what")],
        "objection": [(turn["objection"] or {}).get("what")],
    }
    found = []
    for what, wanted in expect.items():
        listed = wanted if isinstance(wanted, list) else [wanted]
        is_there = bool(set(seen["asks" if what == "not_asks" else what]) & set(listed))
        if is_there is (what == "not_asks"):
            found.append(f"{what}: expected {wanted}, found {seen.get(what, seen['asks'])}")
    return found


def interval(right: int, total: int) -> tuple[float, float]:
    """Return the 95% interval of a share (Wilson, 1927)."""
    z, share = 1.96, right / total
    middle = share + z * z / (2 * total)
    spread = z * (share * (1 - share) / total + z * z / (4 * total * total)) ** 0.5
    scale = 1 + z * z / total
    return (middle - spread) / scale, (middle + spread) / scale


def run(url: str, times: int, seed: int = 0, *, model: bool = True) -> list[Conversed]:
    """Run the suite in a loop of its own."""
    return asyncio.run(run_suite(url, times, seed, model))
