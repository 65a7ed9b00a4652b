"""Does every name in `personas.yaml` mean something, and does every phrase have words?"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from segue.core.errors import nearest
from segue.policies.documents import Path
from segue.policies.models.personas import Personas
from segue.policies.models.traits import Scope, Trait
from segue.policies.parts import Parts
from segue.policies.titles import phrase_words

FILE = "personas.yaml"


class PersonaCheck:
    """Checks the names of one `personas.yaml` against the pack's traits and its own lists."""

    def __init__(self, parts: Parts, personas: Personas, traits: Mapping[str, Trait]) -> None:
        self.parts = parts
        self.personas = personas
        self.traits = traits

    def check(self) -> None:
        """Add a fault for every name that nothing defines, and for every phrase without words."""
        values = {"function": tuple(self.personas.functions)}
        for kind in ("persona", "seniority", "function"):
            name = getattr(self.personas.traits, kind)
            if name is not None:
                declared = self._trait(kind, name)
                if declared is not None:
                    values[kind] = declared
        self._rules(values)
        for index, persona in enumerate(self.personas.committee):
            self._known(("committee", index), persona, values.get("persona"), "persona")

    def _trait(self, kind: str, name: str) -> tuple[str, ...] | None:
        """Return the values of the trait that a role fills, or None where it declares none."""
        trait = self.traits.get(name)
        place: Path = ("traits", kind)
        if trait is None:
            self.parts.fault(FILE, place, f"unknown trait {name!r}{nearest(name, self.traits)}")
        elif trait.type != "text" or trait.scope is not Scope.CONTACT or trait.computed_by is not None:
            self.parts.fault(FILE, place, f"expected a text of the contact that is stated, found {name!r}")
        elif trait.values is not None:
            return tuple(trait.values)
        return None

    def _rules(self, values: Mapping[str, Collection[str]]) -> None:
        seen: set[str] = set()
        for index, rule in enumerate(self.personas.rules):
            place: Path = ("rules", index)
            if rule.rule in seen:
                self.parts.fault(FILE, (*place, "rule"), f"the rule {rule.rule!r} stands twice")
            seen.add(rule.rule)
            for kind in ("persona", "function", "seniority"):
                value = getattr(rule.gives, kind)
                if value is not None:
                    self._known((*place, "gives", kind), value, values.get(kind), kind)
            for kind in ("function", "seniority"):
                for at, value in enumerate(getattr(rule.where, kind)):
                    self._known((*place, "where", kind, at), value, values.get(kind), kind)
            for key in ("any", "whole", "also", "unless"):
                for at, phrase in enumerate(getattr(rule, key)):
                    if not phrase_words(phrase):
                        self.parts.fault(FILE, (*place, key, at), f"expected words, found {phrase!r}")

    def _known(self, place: Path, value: str, known: Collection[str] | None, what: str) -> None:
        if known is not None and value not in known:
            self.parts.fault(FILE, place, f"unknown {what} {value!r}{nearest(value, known)}")
