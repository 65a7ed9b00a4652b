"""Lints of conditions that take what is not known for a fact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import closure, file_of, rules_of
from segue.policies.language import tree
from segue.policies.language.tree import Expr, traits_of
from segue.policies.language.types import Type
from segue.policies.models.traits import Scope


def check_unknowns(findings: Findings) -> None:
    """Check that IS NULL is not used for "none", and that a derived trait is unknown where its facts are."""
    _check_segments(findings)
    _check_rules(findings)
    _check_derived(findings)


def _check_segments(findings: Findings) -> None:
    """A condition that is true because nobody said something makes ignorance a matched label."""
    pack = findings.pack
    nodes = []
    for segment in pack.segments:
        if segment.when is None:
            continue
        nodes.append(segment.when.node)
        for test in taken_for_none(segment.when.node):
            if test.trait not in pack.absent:
                place = findings.at_text(file_of(segment), ("when",), test.at)
                message = f"an account belongs to {segment.name!r} because {test.trait} is unknown"
                findings.add(Code.NULL_MEANS_NONE, place, message)
    read = closure(pack, nodes)
    for name, trait in pack.traits.items():
        if name not in read or trait.sql is None or name not in pack.definitions:
            continue
        if pack.schema[name] is Type.BOOLEAN:
            for test in taken_for_none(pack.definitions[name]):
                if test.trait not in pack.absent:
                    place = findings.at_text("traits.yaml", (name, "sql"), test.at)
                    message = f"{name!r}, which segments read, holds because {test.trait} is unknown"
                    findings.add(Code.NULL_MEANS_NONE, place, message)


def _check_rules(findings: Findings) -> None:
    """A rule may well forbid while a person is unknown; of an account it means "none"."""
    pack = findings.pack
    for rule in rules_of(pack):
        for test in taken_for_none(rule.when.node, beside_values=False):
            if test.trait in pack.absent or pack.scopes.get(test.trait) is not Scope.ACCOUNT:
                continue
            message = f"the rule takes an unknown {test.trait} for none: unknown forbids without being asked"
            findings.add(Code.NULL_MEANS_NONE, findings.at_condition(rule.when, test.at), message)


def _check_derived(findings: Findings) -> None:
    """A CASE whose ELSE is a value gives it to accounts that nothing is known of."""
    pack = findings.pack
    now = datetime.combine(findings.today, time(), UTC)
    for name, definition in pack.definitions.items():
        trait = pack.traits[name]
        if trait.sql is None or pack.schema[name] in (Type.BOOLEAN, Type.RANGE):
            continue
        facts = sorted(closure(pack, [definition]) - {*pack.definitions, *pack.absent})
        value = pack.evaluator.value(definition, {}, now)
        if facts and value is not None:
            message = (
                f"{name} is {value!r} while {', '.join(facts)} {'is' if len(facts) == 1 else 'are'} unknown"
            )
            findings.add(
                Code.UNKNOWN_BECOMES_VALUE, findings.at_text("traits.yaml", (name, "sql"), 0), message
            )


@dataclass(frozen=True, slots=True)
class Passed:
    """A test that an unknown trait passes, and where it stands in its text."""

    trait: str
    at: int


def taken_for_none(node: Expr, *, positive: bool = True, beside_values: bool = True) -> Iterator[Passed]:
    """Yield the tests that an unknown trait passes, where passing makes the condition true.

    `x IS NULL`, and `COALESCE(x, v) = v`; not under a NOT, where they guard. Without
    `beside_values`, a test beside another of the same trait (`x IS NULL OR x < 5`) is let be.
    """
    if isinstance(node, tree.Not):
        yield from taken_for_none(node.operand, positive=not positive, beside_values=beside_values)
    elif isinstance(node, tree.IsBool):
        kept = positive is node.value
        yield from taken_for_none(node.operand, positive=kept, beside_values=beside_values)
    elif isinstance(node, tree.And | tree.Or):
        for index, item in enumerate(node.items):
            others = [each for position, each in enumerate(node.items) if position != index]
            for test in taken_for_none(item, positive=positive, beside_values=beside_values):
                if beside_values or not any(test.trait in traits_of(other) for other in others):
                    yield test
    elif positive:
        trait = _passed_by(node)
        if trait is not None:
            yield Passed(trait.name, trait.at)


def _passed_by(node: Expr) -> tree.Trait | None:
    """Return the trait whose absence passes a single test, or None."""
    if isinstance(node, tree.IsNull):
        return node.operand if isinstance(node.operand, tree.Trait) else None
    if isinstance(node, tree.Compare) and node.op == "=":
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, tree.Call) and one.name == "COALESCE" and one.args[-1] == other:
                return one.args[0] if isinstance(one.args[0], tree.Trait) else None
    return None
