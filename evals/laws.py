"""Metamorphic laws: what must hold of any pack, tried on situations invented from the pack itself."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from segue.agents.decide import decide
from segue.evals.cases import DEFAULT_NOW, Decide
from segue.evals.generate import Generator
from segue.evals.law_engine import ENGINE_LAWS
from segue.evals.law_policy import POLICY_LAWS
from segue.evals.law_types import Breach, Law, LawResult, World
from segue.evals.outcome import shrink
from segue.policies.models.case import Case
from segue.policies.pack import Pack

LAWS: tuple[Law, ...] = (*POLICY_LAWS, *ENGINE_LAWS)
"""Every law. Append, never rename: reports and settings name them."""

_MOST_BREACHES = 3


def check_laws(
    packs: Sequence[Pack],
    count: int = 200,
    seed: int = 0,
    *,
    laws: Sequence[Law] = LAWS,
    decide: Decide = decide,
) -> list[LawResult]:
    """Try every law on `count` situations and return one result for each law.

    The last of `packs` decides; those before it are loaded before it. The same packs, count and seed
    give the same results.
    """
    generator = Generator(packs[-1], seed, DEFAULT_NOW)
    world = World(packs, generator, decide)
    cases = list(generator.cases(count))
    return [_check(law, world, cases, seed) for law in laws]


def _check(law: Law, world: World, cases: Sequence[Case], seed: int) -> LawResult:
    applied = broken = 0
    breaches: list[Breach] = []
    for number, case in enumerate(cases[:: law.every]):
        for change in law.changes(world, case, Random(f"{law.name}/{seed}/{number}")):  # noqa: S311 - not secrets
            found = law.judge(world, case, change)
            applied += found is not None
            if not found:
                continue
            broken += 1
            if len(breaches) < _MOST_BREACHES:
                small = shrink(case, lambda each: bool(law.judge(world, each, change)))  # noqa: B023 - run at once
                lines = law.judge(world, small, change) or found
                if all(lines != each.lines for each in breaches):
                    breaches.append(Breach(small, tuple(lines)))
    return LawResult(law.name, law.statement, applied, broken, tuple(breaches))
