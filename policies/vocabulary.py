"""Are the values that a predicate compares with among those that the trait can have?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from segue.core.errors import nearest
from segue.policies.language import tree
from segue.policies.language.tree import Expr
from segue.policies.models.traits import Trait


def check_vocabulary(node: Expr, traits: Mapping[str, Trait]) -> Iterator[tuple[int, str]]:
    """Yield (offset, message) for every text compared with a trait that lists its values and lacks it."""
    for each in tree.walk(node):
        for operand, literals in _pairs(each):
            trait = traits.get(operand.name)
            if trait is None or not trait.values:
                continue
            for at, text in literals:
                if text not in trait.values:
                    hint = nearest(text, trait.values)
                    yield at, f"{text!r} is not among the values of {operand.name!r}{hint}"


def _pairs(node: Expr) -> Iterator[tuple[tree.Trait, list[tuple[int, str]]]]:
    if isinstance(node, tree.Contains) and isinstance(node.operand, tree.Trait):
        yield node.operand, [(node.at, node.item)]
    elif isinstance(node, tree.In) and isinstance(node.operand, tree.Trait):
        yield node.operand, _texts(node.items)
    elif isinstance(node, tree.Compare) and node.op in ("=", "<>"):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, tree.Trait):
                yield one, _texts((other,))


def _texts(nodes: tuple[Expr, ...]) -> list[tuple[int, str]]:
    return [(n.at, n.value) for n in nodes if isinstance(n, tree.Literal) and isinstance(n.value, str)]
