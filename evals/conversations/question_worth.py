"""What asking is worth, on a simulated population: the chosen question beside a random one and a fixed form.

Accounts are drawn by kind of company, so that their traits hang together; what of them is known is drawn too.
One half of them makes the artifact that questions are chosen by; of the other half each account is asked, and
answers by its own traits. Counted is how many have the label that they would have if all were known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from segue.agents.answer_distribution import asked_for, body_of
from segue.policies.artifact import ANSWERS_SLOT, ArtifactKind, artifact_of
from segue.policies.artifacts import with_artifacts
from segue.policies.classifier import Status, classify, segment_of
from segue.policies.facts import Facts, take_facts
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from segue.policies.questions import best_question
from segue.policies.reads import traits_read
from segue.policies.worth_asking import answer_of, question_worth_asking

NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
_KNOWN = 0.45
"""How often a trait is known."""

Draw = Mapping[str, Callable[[Random], Any]]


def _size(low: float, high: float) -> Callable[[Random], int]:
    return lambda random: round(low * (high / low) ** random.random())


def _one(*values: Any) -> Callable[[Random], Any]:
    return lambda random: random.choice(values)


def _often(share: float) -> Callable[[Random], bool]:
    return lambda random: random.random() < share


_SAAS: Sequence[Draw] = (
    {"industry": _one("saas"), "employees": _size(150, 4000), "country": _one("US", "DE", "GB", "NL"),
     "tech": _one(("salesforce",), ("salesforce", "slack"), ("hubspot",)), "intent": _one(10.0, 65.0, 80.0)},
    {"industry": _one("fintech", "financial_services"), "employees": _size(300, 9000),
     "country": _one("US", "GB", "DE"),
     "tech": _one(("salesforce",), ("dynamics",)), "intent": _one(5.0, 30.0, 70.0)},
    {"industry": _one("professional_services"), "employees": _size(5, 150), "country": _one("US", "FR", "CA"),
     "tech": _one(("hubspot",), ("pipedrive",), ()), "intent": _one(0.0, 20.0, 75.0)},
    {"industry": _one("retail", "manufacturing", "other"), "employees": _size(20, 20_000),
     "country": _one("US", "AU", "FR"),
     "tech": _one((), ("zoho",)), "intent": _one(0.0, 15.0)},
    {"industry": _one("healthcare"), "employees": _size(100, 8000), "country": _one("US"),
     "tech": _one(("salesforce",), ()), "intent": _one(0.0, 40.0, 65.0)},
)  # fmt: skip
_SECURITY: Sequence[Draw] = (
    {"industry": _one("financial_services"), "employees": _size(500, 9000), "country": _one("US", "DE", "GB"),
     "has_ciso": _often(0.85), "security_team_size": _size(3, 40), "ever_breached": _often(0.3),
     "engagement": _one(0.0, 40.0, 80.0),
     "security_tools": _one(("siem", "edr", "mfa"), ("siem", "mfa"))},
    {"industry": _one("healthcare"), "employees": _size(80, 3000), "country": _one("US", "FR"),
     "has_ciso": _often(0.4), "security_team_size": _size(1, 8), "ever_breached": _often(0.4),
     "engagement": _one(0.0, 30.0, 70.0),
     "security_tools": _one(("mfa",), ("edr",), ())},
    {"industry": _one("public_sector"), "employees": _size(60, 5000), "country": _one("US", "GB"),
     "has_ciso": _often(0.3), "security_team_size": _size(1, 6), "ever_breached": _often(0.3),
     "engagement": _one(0.0, 20.0, 60.0),
     "security_tools": _one(("mfa",), ())},
    {"industry": _one("another_industry"), "employees": _size(20, 9000), "country": _one("US", "DE", "FR"),
     "has_ciso": _often(0.3), "security_team_size": _size(1, 20), "ever_breached": _often(0.2),
     "engagement": _one(0.0, 50.0),
     "security_tools": _one((), ("edr",))},
)  # fmt: skip
POPULATIONS: Mapping[str, Sequence[Draw]] = {"saas_pipeline": _SAAS, "security_maturity": _SECURITY}
"""The kinds of company of which each pack's population is drawn."""
_ALWAYS_KNOWN = {"intent", "engagement", "is_customer"}
"""What is counted here is known of everybody."""

Ask = Callable[[Pack, Facts, tuple[str, ...], Random], str | None]


@dataclass
class Asked:
    """What a way of asking came to: how many of how many accounts are rightly labelled, and what was asked."""

    name: str
    right: list[bool] = field(default_factory=list)
    questions: int = 0

    @property
    def share(self) -> float:
        """The share that is rightly labelled."""
        return sum(self.right) / len(self.right)

    @property
    def margin(self) -> float:
        """Half of the 95% interval of the share."""
        return 1.96 * math.sqrt(self.share * (1 - self.share) / len(self.right))


def drawn(pack: Pack, random: Random, count: int) -> list[dict[str, Any]]:
    """Return accounts of which everything is known that their label depends on."""
    kinds = POPULATIONS[pack.name]
    found: list[dict[str, Any]] = []
    while len(found) < count:
        kind = random.choice(kinds)
        account = {name: draw(random) for name, draw in kind.items() if name in traits_read(pack)}
        facts = take_facts(pack, account, NOW)
        if segment_of(pack, facts)[1] is not Status.PROVISIONAL:
            found.append(account)
    return found


def with_population(pack: Pack, accounts: Sequence[dict[str, Any]]) -> Pack:
    """Return the pack with the artifact of a population."""
    told = [
        {name: account.get(name, pack.absent.get(name)) for name in traits_read(pack)} for account in accounts
    ]
    body = body_of(pack, told)
    assert body is not None
    return with_artifacts(pack, [artifact_of(ArtifactKind.ANSWERS, pack.name, ANSWERS_SLOT, NOW, body)])


def simulate(name: str, count: int, questions: int, seed: int = 0) -> list[Asked]:
    """Ask every provisional account of half a population in each way, at most so many questions."""
    random = Random(seed)
    pack = load_pack(name)
    informed = with_population(pack, drawn(pack, random, count))
    results = [Asked(each) for each in ("no question", *_WAYS)]
    for account in drawn(pack, random, count):
        known = {
            trait: value
            for trait, value in account.items()
            if trait in _ALWAYS_KNOWN or random.random() < _KNOWN
        }
        facts = take_facts(pack, known, NOW)
        if segment_of(pack, facts)[1] is not Status.PROVISIONAL:
            continue
        truth = segment_of(pack, take_facts(pack, account, NOW))[0].name
        results[0].right.append(segment_of(pack, facts)[0].name == truth)
        for result, ask in zip(results[1:], _WAYS.values(), strict=True):
            label, asked = _asked(informed, facts, account, ask, questions, random)
            result.right.append(label == truth)
            result.questions += asked
    return results


def _asked(
    pack: Pack, facts: Facts, account: Mapping[str, Any], ask: Ask, questions: int, random: Random
) -> tuple[str, int]:
    """Return the label after an account was asked, and how many questions that took."""
    number = 0
    tried: set[str] = set()
    for _ in range(questions):
        missing = tuple(each for each in classify(pack, facts).missing if each not in tried)
        trait = ask(pack, facts, missing, random)
        if trait is None:
            break
        tried.add(trait)
        number += 1
        known = {**facts.account, trait: answer_of(pack, trait, account.get(trait))}
        facts = replace(facts, account=known, merged=known)
    return segment_of(pack, facts)[0].name, number


def _askable(pack: Pack, missing: Sequence[str]) -> Iterator[str]:
    return (each for each in asked_for(pack) if each in missing)


def _by_worth(pack: Pack, facts: Facts, missing: tuple[str, ...], random: Random) -> str | None:  # noqa: ARG001
    found = question_worth_asking(pack, facts, missing)
    return None if found is None else found.trait


def _by_answers(pack: Pack, facts: Facts, missing: tuple[str, ...], random: Random) -> str | None:  # noqa: ARG001
    found = best_question(pack, facts, missing)
    return None if found is None else found.trait


def _at_random(pack: Pack, facts: Facts, missing: tuple[str, ...], random: Random) -> str | None:  # noqa: ARG001
    found = list(_askable(pack, missing))
    return random.choice(found) if found else None


def _form(pack: Pack, facts: Facts, missing: tuple[str, ...], random: Random) -> str | None:  # noqa: ARG001
    return next(_askable(pack, missing), None)


_WAYS: Mapping[str, Ask] = {
    "random question": _at_random,
    "fixed form": _form,
    "settles most answers": _by_answers,
    "worth most": _by_worth,
}
