"""Lints of plays that the rules take from every account of a segment, and of proof that fits none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.never import NOT_TRUE, TRUE, membership, proved_never
from segue.policies.checks.reads import closure, file_of, shown_plays
from segue.policies.checks.seen import Asked, Views
from segue.policies.language import tree
from segue.policies.language.regions import Answer
from segue.policies.language.tree import Expr
from segue.policies.language.types import Type
from segue.policies.models.proof import ProofPoint
from segue.policies.models.traits import Scope
from segue.policies.pack import CompiledRule, Pack, SegmentPolicy

FALSE = frozenset({False})
NOT_FALSE = frozenset({True, None})


def check_permitted(findings: Findings, views: Views, empty: frozenset[str]) -> None:
    """Check that each play can be permitted and each proof point shown to some account.

    `empty` are the segments that no account can be in: nothing more is said of them.
    """
    for segment in findings.pack.segments:
        if segment.name not in empty:
            _check_shown(findings, views, segment)
            _check_entries(findings, views, segment)
    _check_proof(findings, views, [each for each in findings.pack.segments if each.name not in empty])


def _check_shown(findings: Findings, views: Views, segment: SegmentPolicy) -> None:
    for name, path in shown_plays(segment):
        rules = _rules_on(findings.pack, segment, name)
        if not rules:
            continue
        place = findings.at(file_of(segment), *path)
        asked = [views.by_rule(rule.when.node, FALSE) for rule in rules]
        asked += _settled(views, segment, name)
        if proved_never(findings, views, asked, place, f"{name} can be permitted in {segment.name!r}"):
            default = path[-1] == "default"
            code = Code.DEFAULT_NEVER_PERMITTED if default else Code.PLAY_NEVER_PERMITTED
            forbidding = ", ".join(rule.name for rule in rules)
            findings.add(code, place, f"{name} is always forbidden in {segment.name!r}, by {forbidding}")


def _check_entries(findings: Findings, views: Views, segment: SegmentPolicy) -> None:
    """A label changes without a contact or a request: what is unknown of them forbids."""
    pack = findings.pack
    for index, name in enumerate(segment.model.on_enter):
        rules = _rules_on(pack, segment, name)
        nodes = [rule.when.node for rule in rules]
        nobody = [views.by_anyone(tree.IsNull(each), TRUE) for each in _of_nobody(pack, nodes)]
        if not rules or not nobody:
            continue
        place = findings.at(file_of(segment), "on_enter", index)
        asked = [*(views.by_anyone(node, FALSE) for node in nodes), *nobody]
        asked += _settled(views, segment, name)
        if proved_never(findings, views, asked, place, f"{name} can be permitted on entry"):
            forbidding = ", ".join(rule.name for rule in rules)
            message = f"{name} is always forbidden on entry, by {forbidding}"
            findings.add(Code.ENTRY_NEVER_PERMITTED, place, message)


def _rules_on(pack: Pack, segment: SegmentPolicy, play: str) -> list[CompiledRule]:
    return [rule for rule in (*pack.guardrails, *segment.rules) if play in rule.plays]


def _settled(views: Views, segment: SegmentPolicy, play: str) -> list[Asked]:
    """Return what holds of the accounts that a play may be offered to: a suppression needs a settled label."""
    found = membership(views, segment)
    if not views.pack.plays[play].model.suppresses:
        return found
    return [each.of(FALSE) if each.verdicts == NOT_TRUE else each for each in found]


def _of_nobody(pack: Pack, nodes: Sequence[Expr]) -> Iterator[tree.Trait]:
    """Yield the traits of a contact or a request that conditions read and that can be unknown."""
    for name in sorted(closure(pack, nodes)):
        known = name in pack.definitions or name in pack.absent
        if not known and pack.scopes.get(name) is not Scope.ACCOUNT:
            yield tree.Trait(name, pack.schema[name])


# Proof


def _check_proof(findings: Findings, views: Views, segments: Sequence[SegmentPolicy]) -> None:
    showing = [segment for segment in segments if segment.model.proof.at_most > 0]
    for name, point in findings.pack.proof.items():
        place = findings.at(f"proof/{name}.md", "id")
        answer = views.any_possible([_fitting(views, segment, point) for segment in showing])
        if answer is Answer.UNDECIDED:
            findings.add(Code.UNDECIDED, place, f"whether {name} can be shown could not be decided")
        elif answer is Answer.NO:
            why = (
                "fits no account that is shown proof" if showing else "is in a pack whose segments show none"
            )
            findings.add(Code.PROOF_UNUSED, place, f"the proof point {name!r} {why}")


def _fitting(views: Views, segment: SegmentPolicy, point: ProofPoint) -> list[Asked]:
    """Return what holds of an account of a segment that may be shown a proof point."""
    match = segment.model.proof.match
    asked = []
    for key, tags in point.tags.items():
        fit = _tagged(views.pack, key, tags)
        if fit is not None:
            asked.append(views.by_rule(fit, TRUE if key in match else NOT_FALSE))
    return [*asked, *membership(views, segment)]


def _tagged(pack: Pack, key: str, tags: Sequence[str]) -> Expr | None:
    """Return the condition that a trait is among the tags; None where the key is no trait of text."""
    kind = pack.schema.get(key)
    if kind is None or kind not in (Type.TEXT, Type.TEXT_LIST):
        return None
    trait = tree.Trait(key, kind)
    if kind is Type.TEXT_LIST:
        return tree.Or(tuple(tree.Contains(trait, tag) for tag in tags))
    return tree.In(trait, tuple(tree.Literal(tag, Type.TEXT) for tag in tags))
