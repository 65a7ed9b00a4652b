"""One account, or one logged decision, under two chains of packs: what is another, and by which clauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from segue.accounts.labels import Labelled, labels_of
from segue.accounts.stored import KnownTraits, StoredAccount
from segue.agents.decide import decide
from segue.agents.decision import Decision
from segue.agents.logged_facts import LoggedFacts, are_erased, logged_facts
from segue.agents.policy_diff import Json, PolicyDiff
from segue.agents.treatment import Treatment, treatment_of
from segue.core.errors import InputError
from segue.policies.classifier import clauses_of
from segue.policies.facts import Account, Facts
from segue.policies.language.explain import Clause
from segue.policies.language.types import ValueFault, coerce
from segue.policies.pack import Pack
from segue.policies.plain import clause_json

Logged = tuple[str, str, str, str, Any]
"""A logged decision: its id, its pack, the revision, its facts as JSON text, the model's proposal."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two chains of packs, loaded, and the instant to label at."""

    before: tuple[Pack, ...]
    after: tuple[Pack, ...]
    now: datetime

    def changed(self) -> list[tuple[Pack | None, Pack | None]]:
        """Return the packs that may decide otherwise, before and after; None where there is none."""
        old, new = {each.name: each for each in self.before}, {each.name: each for each in self.after}
        pairs = [(old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]
        return [(first, second) for first, second in pairs if first is not second]

    def accounts(self, batch: Sequence[StoredAccount]) -> PolicyDiff:
        """Compare some accounts."""
        found, changed = PolicyDiff(), self.changed()
        for stored in batch:
            found.accounts += 1
            old = labels_of(stored, self.before, self.now)
            new = labels_of(stored, self.after, self.now)
            account = stored.with_pinned_owner()
            change: Json = {"moves": [], "plays": [], "suppressions": {"begin": [], "end": []}}
            for first, second in changed:
                _compare_labels(found, change, (first, second), (old, new))
                if first is not None and second is not None:
                    ways = (
                        treatment_of(first, old[first.name], account),
                        treatment_of(second, new[second.name], account),
                    )
                    _compare_treatments(found, change, second.name, *ways)
            found.moved_accounts += bool(change["moves"])
            found.suppressed_accounts += bool(change["suppressions"]["begin"])
            if change["moves"] or change["plays"] or any(change["suppressions"].values()):
                found.changes.append(_named(account) | change)
        return found

    def decisions(self, batch: Sequence[Logged]) -> PolicyDiff:
        """Make some logged decisions again under both, and compare their plays."""
        found = PolicyDiff()
        for decision_id, name, revision, text, proposal in batch:
            packs = _up_to(self.before, name), _up_to(self.after, name)
            stored = orjson.loads(text)
            if not packs[0] or not packs[1] or are_erased(stored):
                found.decisions_left_out += 1
                continue
            facts = logged_facts(stored)
            try:
                old, new = (decide(fitted(facts, each).snapshot(each), proposal=proposal) for each in packs)
            except InputError:
                found.decisions_left_out += 1
                continue
            found.decisions += 1
            if old.play.name == new.play.name:
                continue
            found.decision_plays[name, old.surface, old.play.name, new.play.name] += 1
            found.decision_changes.append(
                {"decision_id": decision_id, "revision": revision, **_named(facts.account), "pack": name,
                 "surface": old.surface, "from": old.play.name, "to": new.play.name,
                 "segment": {"from": old.label.segment, "to": new.label.segment}, "why": _why(old, new)}
            )  # fmt: skip
        return found


def fitted(facts: LoggedFacts, packs: Sequence[Pack]) -> LoggedFacts:
    """Return logged facts as other packs may use them: what they do not declare, or type otherwise, left out."""
    known = {pack.name: _fitted(facts.known.get(pack.name), pack) for pack in packs}
    return replace(
        facts, known=known, contact=_declared(facts.contact, packs), context=_declared(facts.context, packs)
    )


def _fitted(known: KnownTraits | None, pack: Pack) -> KnownTraits:
    if known is None:
        return KnownTraits({}, {})
    values = {
        name: value for name, value in known.values.items() if name in pack.blank and _fits(pack, name, value)
    }
    return KnownTraits(values, {name: each for name, each in known.believed.items() if name in values})


def _declared(values: Mapping[str, Any], packs: Sequence[Pack]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if any(name in pack.blank for pack in packs)
        and all(name not in pack.blank or _fits(pack, name, value) for pack in packs)
    }


def _fits(pack: Pack, name: str, value: Any) -> bool:
    try:
        coerce(pack.schema[name], value, name)
    except ValueFault:
        return False
    return True


def deciding_clauses(
    packs: tuple[Pack | None, Pack | None], facts: tuple[Facts | None, Facts | None],
    segments: tuple[str, str], because: tuple[Sequence[Clause], Sequence[Clause]],
) -> tuple[list[Clause], list[Clause]]:  # fmt: skip
    """Return the clauses that move an account, of the pack before and of the pack after.

    Each pack is asked for the clauses of its own label, and of both segments between which the account
    moves; what both packs say alike moves nobody and is left out.
    """
    sides: list[dict[tuple[str, Any], Clause]] = []
    for pack, own, reasons in zip(packs, facts, because, strict=True):
        clauses = list(reasons)
        if pack is not None and own is not None:
            clauses += [clause for segment in segments for clause in clauses_of(pack, segment, own)]
        sides.append({(each.clause, each.verdict): each for each in clauses})
    first, second = sides
    return (
        [each for key, each in first.items() if key not in second],
        [each for key, each in second.items() if key not in first],
    )


def _compare_labels(
    found: PolicyDiff,
    change: Json,
    packs: tuple[Pack | None, Pack | None],
    labels: tuple[Mapping[str, Labelled], Mapping[str, Labelled]],
) -> None:
    name = next(pack.name for pack in packs if pack is not None)
    old, new = labels[0].get(name), labels[1].get(name)
    segments = old.segment if old else "", new.segment if new else ""
    if segments[0] == segments[1]:
        assert old is not None and new is not None
        if old.status is not new.status:
            found.statuses[name, old.segment, old.status.value, new.status.value] += 1
        return
    found.moved[name, *segments] += 1
    because = (
        old.label(packs[0]).because if old and packs[0] else (),
        new.label(packs[1]).because if new and packs[1] else (),
    )
    facts = old.facts if old else None, new.facts if new else None
    before, after = deciding_clauses(packs, facts, segments, because)
    change["moves"].append(
        {"pack": name, "from": segments[0] or None, "to": segments[1] or None,
         "status": {"from": old and old.status.value, "to": new and new.status.value},
         "because": {"before": [*map(clause_json, because[0])], "after": [*map(clause_json, because[1])]},
         "decided_by": {"before": [*map(clause_json, before)], "after": [*map(clause_json, after)]}}
    )  # fmt: skip


def _compare_treatments(found: PolicyDiff, change: Json, pack: str, old: Treatment, new: Treatment) -> None:
    for surface in dict.fromkeys((*old.plays, *new.plays)):
        before, after = old.plays.get(surface, "silence"), new.plays.get(surface, "silence")
        if before != after:
            found.plays[pack, surface, before, after] += 1
            change["plays"].append(
                {"pack": pack, "surface": surface, "from": before, "to": after,
                 "why": new.why_not(surface, before)}
            )  # fmt: skip
    found.before.update((pack, who) for who in old.carriers)
    found.after.update((pack, who) for who in new.carriers)
    for play in sorted(new.suppressions - old.suppressions):
        found.begun[pack, play] += 1
        change["suppressions"]["begin"].append({"pack": pack, "play": play})
    for play in sorted(old.suppressions - new.suppressions):
        found.ended[pack, play] += 1
        change["suppressions"]["end"].append({"pack": pack, "play": play})


def _up_to(packs: Sequence[Pack], name: str) -> tuple[Pack, ...]:
    names = [pack.name for pack in packs]
    return tuple(packs[: names.index(name) + 1]) if name in names else ()


def _named(account: Account) -> Json:
    return {"account": account.id, "domain": account.domain, "name": account.name}


def _why(old: Decision, new: Decision) -> str:
    """Return why the play of one decision is not that of the other."""
    if old.label.segment != new.label.segment:
        return f"the label becomes {new.label.segment}"
    finding = new.finding(old.play.name)
    if finding is None:
        return "not in the pack"
    if finding.permitted:
        return "worth less"
    return f"{finding.reason}: {finding.clause}" if finding.clause else str(finding.reason)
