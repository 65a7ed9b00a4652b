"""Per segment: its size, how old the facts are that decided, and which of five tests it fails."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from segue.evals.audit.model import SegmentAudit, Test, Verdict
from segue.evals.audit.population import Audited
from segue.evals.audit.traits import ages_of
from segue.policies.checks.reads import closure
from segue.policies.classifier import Label, Status, classify
from segue.policies.completion import Completions
from segue.policies.gate import judge
from segue.policies.pack import Pack, SegmentPolicy
from segue.policies.references import SILENCE
from segue.policies.situation import Situation

KNOWN_SHARE = 0.5
"""Of the accounts that may belong to a segment, the share that has to be known to."""
REACHED_SHARE = 0.8
"""Of a segment's accounts, the share that has to be reachable, and treated."""
SAME_SHARE = 0.5
"""Of a segment's treatment, the share that another segment may share."""
_TRIED = 200
"""Accounts of a segment whose plays are judged."""


@dataclass(slots=True)
class _Members:
    """The accounts of one segment."""

    accounts: list[tuple[Audited, Label]] = field(default_factory=list)
    possible: int = 0

    @property
    def provisional(self) -> int:
        """Accounts whose label is not settled."""
        return sum(label.status is Status.PROVISIONAL for _, label in self.accounts)


def audit_segments(
    pack: Pack, completions: Completions, accounts: Sequence[Audited], least: int, now: datetime
) -> tuple[SegmentAudit, ...]:
    """Return the audit of every segment, in the pack's order, by the labels that the rules give."""
    members = {segment.name: _Members() for segment in pack.segments}
    for each in accounts:
        label = classify(pack, each.facts)
        members[label.segment].accounts.append((each, label))
        for name in completions.possible(each.facts):
            members[name].possible += 1
    deciding = _Deciding(pack)
    return tuple(
        SegmentAudit(
            name=segment.name,
            title=segment.model.title,
            accounts=len(found.accounts),
            share=len(found.accounts) / len(accounts) if accounts else 0.0,
            settled=len(found.accounts) - found.provisional,
            provisional=found.provisional,
            possible=found.possible,
            deciding=ages_of((at for one in found.accounts for at in deciding.instants(*one)), now),
            verdicts=_verdicts(pack, segment, found, least),
        )
        for segment in pack.segments
        for found in (members[segment.name],)
    )


@dataclass(slots=True)
class _Deciding:
    """Finds when the facts were true that decided a label."""

    pack: Pack
    _below: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def instants(self, account: Audited, label: Label) -> Iterator[datetime | None]:
        """Yield since when each known fact behind the label's clauses is so, None where nobody said."""
        names = {name for clause in label.because if clause.trait for name in self._imported(clause.trait)}
        for name in names:
            value = account.facts.account.get(name)
            if value is not None:
                said = [s for s in account.statements.get(name, ()) if s.own and s.value == value]
                dated = [each.at for each in said if each.at is not None]
                yield max(dated, default=None)

    def _imported(self, name: str) -> tuple[str, ...]:
        if name not in self._below:
            definition = self.pack.definitions.get(name)
            names = {name} if definition is None else closure(self.pack, [definition])
            self._below[name] = tuple(sorted(each for each in names if each in self.pack.blank))
        return self._below[name]


def _verdicts(pack: Pack, segment: SegmentPolicy, found: _Members, least: int) -> tuple[Verdict, ...]:
    count = len(found.accounts)
    settled = count - found.provisional
    reached = sum(bool(each.account.domain) or each.has_contact for each, _ in found.accounts)
    treated = _treated(pack, segment, found)
    nearest, same = _nearest(pack, segment)
    other = f"{same:.0%} of its treatment is that of {nearest}"
    return (
        _measured(segment, settled, found.possible),
        Verdict(Test.SUBSTANTIAL, count >= least, f"{count:,} accounts, of {least:,} that it needs"),
        Verdict(
            Test.ACCESSIBLE, reached / count >= REACHED_SHARE if count else None,
            f"{reached:,} of {count:,} accounts have a domain or a known contact",
        ),
        Verdict(
            Test.ACTIONABLE, None if treated is None else treated >= REACHED_SHARE,
            "no account to judge by" if treated is None
            else f"the gate permits a play for {treated:.0%} of its accounts",
        ),
        Verdict(Test.DISTINCT, same <= SAME_SHARE, other if nearest else "no other segment has any of its plays"),
    )  # fmt: skip


def _measured(segment: SegmentPolicy, settled: int, possible: int) -> Verdict:
    if segment.when is None:
        return Verdict(Test.MEASURABLE, None, "it takes what is left: nothing has to be known to belong")
    says = f"{settled:,} of the {possible:,} accounts that may belong to it are known to"
    return Verdict(Test.MEASURABLE, settled / possible >= KNOWN_SHARE if possible else None, says)


def _treated(pack: Pack, segment: SegmentPolicy, found: _Members) -> float | None:
    """Return the share of accounts for which some play of the segment is permitted; of many, a sample's."""
    if not found.accounts:
        return None
    sample = found.accounts
    if len(sample) > _TRIED:
        sample = random.Random(0).sample(sample, _TRIED)  # noqa: S311 - the same sample every time
    return sum(_is_treated(pack, segment, each, label) for each, label in sample) / len(sample)


def _is_treated(pack: Pack, segment: SegmentPolicy, account: Audited, label: Label) -> bool:
    offers = [(surface.value, treatment.plays) for surface, treatment in segment.model.surfaces.items()]
    for surface, plays in (*offers, (None, tuple(segment.model.on_enter))):
        situation = Situation(pack, account.facts, account.account, label, surface)
        wanted = [name for name in plays if name != SILENCE]
        if any(finding.permitted for finding in judge(situation, wanted)):
            return True
    return False


def _treatment(segment: SegmentPolicy) -> frozenset[tuple[str, str]]:
    """Return what an account gets by being in a segment: the default of each surface, and what entry sets off."""
    shown = {(surface.value, treatment.default) for surface, treatment in segment.model.surfaces.items()}
    return frozenset(
        {*shown, *(("entry", name) for name in segment.model.on_enter)}
        - {(each.value, SILENCE) for each in segment.model.surfaces}
    )


def _nearest(pack: Pack, segment: SegmentPolicy) -> tuple[str, float]:
    """Return the segment with most of the treatment of another, and the share that it has; "" for none."""
    own = _treatment(segment)
    shares: Mapping[str, float] = {
        other.name: len(own & _treatment(other)) / len(own) if own else 1.0
        for other in pack.segments
        if other is not segment
    }
    name = max(shares, key=lambda each: shares[each])
    return (name, shares[name]) if shares[name] > 0 else ("", 0.0)
