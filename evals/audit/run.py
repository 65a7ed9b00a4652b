"""The audit of a population, whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from segue.evals.audit.advice import advice_on
from segue.evals.audit.model import Audit, Use
from segue.evals.audit.order import fill_order
from segue.evals.audit.population import Population
from segue.evals.audit.segments import audit_segments
from segue.evals.audit.traits import audit_trait, audited_traits, group_accounts
from segue.policies.completion import Completions
from segue.policies.pack import Pack

LEAST = 50
"""Accounts that a segment needs to be substantial, unless told otherwise."""


def audit(pack: Pack, population: Population, now: datetime, least: int = LEAST) -> Audit:
    """Return the audit of some accounts in a pack as of an instant, which is in UTC.

    Pure, and the same for the same accounts: samples are drawn with a fixed seed.
    """
    accounts = population.accounts
    completions = Completions(pack, now)
    groups = group_accounts(completions, accounts)
    traits = [
        audit_trait(pack, completions, accounts, groups, name, now)
        for name in (audited_traits(pack) if accounts else ())
    ]
    traits.sort(key=lambda each: (-each.weight, -each.change.could, each.use is not Use.LABEL))
    segments = audit_segments(pack, completions, accounts, least, now)
    found = Audit(
        pack=pack.name,
        title=pack.file.title,
        revision=pack.revision,
        origin=population.origin,
        at=now,
        accounts=len(accounts),
        settled=sum(each.settled for each in segments),
        provisional=sum(each.provisional for each in segments),
        passed_over=population.passed_over,
        least=least,
        traits=tuple(traits),
        order=fill_order(completions, accounts),
        segments=segments,
    )
    return replace(found, advice=advice_on(pack, found.traits, found.order, segments))
