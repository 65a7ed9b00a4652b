"""Does every name in a pack mean something? Each that does not is a fault with the nearest that does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from segue.core.errors import nearest
from segue.policies.documents import Path
from segue.policies.language.types import Type, ValueFault, coerce
from segue.policies.models.case import Case, PlayIn
from segue.policies.models.pack import Forbid
from segue.policies.models.segment import Segment
from segue.policies.models.traits import Scope, Trait
from segue.policies.parts import Parts
from segue.policies.persona_references import PersonaCheck

SILENCE = "silence"
"""The play that is built in, allowed everywhere, and left when everything else is excluded."""


class ReferenceCheck:
    """Checks the names of one pack against what it defines."""

    def __init__(self, parts: Parts, traits: Mapping[str, Trait]) -> None:
        self.parts = parts
        self.traits = traits

    def check(self) -> None:
        """Add a fault for every name that nothing defines."""
        self._pack()
        self._identity()
        for name, trait in self.parts.traits.items():
            pack = self.parts.pack
            for index, source in enumerate(trait.sources or ()):
                self._known(
                    "traits.yaml", (name, "from", index), source, pack.sources if pack else (), "source"
                )
            self._ask(name, trait)
        for name, segment in self.parts.segments.items():
            self._segment(f"segments/{name}.yaml", segment)
        self._plays()
        self._proof()
        if self.parts.routing is not None:
            self._play("routing.yaml", ("fallback", "play"), self.parts.routing.fallback.play)
        if self.parts.personas is not None:
            PersonaCheck(self.parts, self.parts.personas, self.traits).check()
        for file, cases in self.parts.cases.items():
            for index, case in enumerate(cases):
                self._case(file, index, case)

    def _ask(self, name: str, trait: Trait) -> None:
        if trait.ask is None:
            return
        if trait.is_derived:
            message = f"{name!r} is derived: ask for a fact that it follows from"
            self.parts.fault("traits.yaml", (name, "ask"), message)
            return
        for says, value in trait.ask.answers.items():
            self._value("traits.yaml", (name, "ask", "answers", says), name, value)

    def _known(self, file: str, path: Path, name: str, known: Collection[str], what: str) -> bool:
        if name in known:
            return True
        self.parts.fault(file, path, f"unknown {what} {name!r}{nearest(name, known)}")
        return False

    def _play(self, file: str, path: Path, name: str) -> None:
        if name != SILENCE:
            self._known(file, path, name, self.parts.plays, "play")

    def _trait(self, file: str, path: Path, name: str) -> bool:
        return self._known(file, path, name, self.traits, "trait")

    def _plays_in(self, file: str, path: Path, names: Iterable[str]) -> None:
        for index, name in enumerate(names):
            self._play(file, (*path, index), name)

    def _identity(self) -> None:
        pack = self.parts.pack
        if pack is None or pack.identity is None:
            return
        used = {each.value for each in pack.surfaces}
        used |= {play.channel.value for play in self.parts.plays.values()}
        for surface in pack.identity.least_confidence:
            path = ("identity", "least_confidence", surface.value)
            if surface.value not in used:
                message = f"the pack decides nothing on {surface.value} and has no play there"
                self.parts.fault("pack.yaml", path, message)

    def _experiments(self, file: str, segment: Segment) -> None:
        names: set[str] = set()
        for index, each in enumerate(segment.experiments):
            path: Path = ("experiments", index)
            if each.experiment in names:
                self.parts.fault(
                    file, (*path, "experiment"), f"the experiment {each.experiment!r} stands twice"
                )
            names.add(each.experiment)
            treatment = segment.surfaces.get(each.surface)
            offered = treatment.plays if treatment is not None else ()
            for play in each.arms:
                what = f"play of this segment on {each.surface.value}"
                self._known(file, (*path, "arms", play), play, offered, what)

    def _pack(self) -> None:
        pack, parts = self.parts.pack, self.parts
        if pack is None:
            return
        for index, name in enumerate(pack.dimensions):
            self._trait("pack.yaml", ("dimensions", index), name)
        for index, name in enumerate(pack.segments):
            self._known("pack.yaml", ("segments", index), name, parts.segments, "segment")
            if name in pack.segments[:index]:
                parts.fault("pack.yaml", ("segments", index), f"the segment {name!r} stands twice")
        for name in parts.segments:
            if name not in pack.segments:
                message = (
                    f"the segment {name!r} is not in the order of pack.yaml{nearest(name, pack.segments)}"
                )
                parts.fault(f"segments/{name}.yaml", ("segment",), message)
        seen: set[str] = set()
        for index, guardrail in enumerate(pack.guardrails):
            if guardrail.id in seen:
                parts.fault(
                    "pack.yaml", ("guardrails", index, "id"), f"the guardrail {guardrail.id!r} stands twice"
                )
            seen.add(guardrail.id)
            self._plays_in("pack.yaml", ("guardrails", index, "forbid", "plays"), guardrail.forbid.plays)

    def _segment(self, file: str, segment: Segment) -> None:
        parts, pack = self.parts, self.parts.pack
        residual = pack is not None and segment.segment == pack.segments[-1]
        if residual and segment.when is not None:
            parts.fault(file, ("when",), "the last segment is the residual and has no when")
        if not residual and segment.when is None:
            parts.fault(file, (), "the key 'when' is required: only the last segment, the residual, has none")
        for name in segment.needs:
            self._trait(file, ("needs", name), name)
        self._plays_in(file, ("on_enter",), segment.on_enter)
        self._plays_in(file, ("on_exit",), segment.on_exit)
        for surface, treatment in segment.surfaces.items():
            path: Path = ("surfaces", surface.value)
            if pack is not None and surface not in pack.surfaces:
                message = f"the surface {surface.value!r} is not among those of pack.yaml"
                parts.fault(file, path, message)
            self._play(file, (*path, "default"), treatment.default)
            self._plays_in(file, (*path, "allow"), treatment.allow or ())
        for index, rule in enumerate(segment.rules):
            path = ("rules", index, "forbid")
            if isinstance(rule.forbid, Forbid):
                self._plays_in(file, (*path, "plays"), rule.forbid.plays)
            else:
                self._plays_in(file, path, rule.forbid)
        for index, limit in enumerate(segment.limits):
            self._plays_in(file, ("limits", index, "plays"), limit.plays)
        self._experiments(file, segment)
        for index, name in enumerate(segment.proof.match):
            self._trait(file, ("proof", "match", index), name)
        if segment.script is not None:
            self._known(file, ("script",), segment.script, parts.scripts, "script")

    def _plays(self) -> None:
        for name, play in self.parts.plays.items():
            file = f"plays/{name}.yaml"
            if play.undone_by is not None:
                self._play(file, ("undone_by",), play.undone_by)
            for slot, trait in play.fill.items():
                self._trait(file, ("fill", slot), trait)

    def _proof(self) -> None:
        for name, point in self.parts.proof.items():
            for key, tags in point.tags.items():
                trait = self.traits.get(key)
                if trait is None or not trait.values:
                    continue
                for index, tag in enumerate(tags):
                    self._known(
                        f"proof/{name}.md", ("tags", key, index), tag, trait.values, f"value of {key}"
                    )

    def _case(self, file: str, index: int, case: Case) -> None:
        parts, pack = self.parts, self.parts.pack
        for key, wanted in (("facts", Scope.ACCOUNT), ("contact", None), ("context", Scope.REQUEST)):
            for name, value in getattr(case, key).items():
                self._fact(file, (index, key, name), name, value, wanted)
        for name in case.believed:
            self._trait(file, (index, "believed", name), name)
        for name in case.counters:
            self._play(file, (index, "counters", name), name)
        expect = case.expect
        if expect.segment is not None and pack is not None:
            self._known(file, (index, "expect", "segment"), expect.segment, pack.segments, "segment")
        for position, name in enumerate(expect.missing or ()):
            self._trait(file, (index, "expect", "missing", position), name)
        if isinstance(expect.play, PlayIn):
            self._plays_in(file, (index, "expect", "play", "in"), expect.play.in_)
        elif expect.play is not None:
            self._play(file, (index, "expect", "play"), expect.play)
        self._plays_in(file, (index, "expect", "permitted"), expect.permitted or ())
        for name in expect.excluded or {}:
            self._play(file, (index, "expect", "excluded", name), name)
        for position, name in enumerate(expect.proof_points or ()):
            self._known(file, (index, "expect", "proof_points", position), name, parts.proof, "proof point")
        asks_play = any(
            part is not None
            for part in (expect.play, expect.permitted, expect.excluded, expect.proof_tags, expect.proof_points,
                         expect.message, expect.owner, expect.parameters)
        )  # fmt: skip
        if asks_play and case.surface is None:
            parts.fault(file, (index,), "a case that expects more than a label needs its surface")
        if case.surface is not None and pack is not None and case.surface not in pack.surfaces:
            parts.fault(
                file,
                (index, "surface"),
                f"the surface {case.surface.value!r} is not among those of pack.yaml",
            )

    def _fact(self, file: str, path: Path, name: str, value: object, scope: Scope | None) -> None:
        if not self._trait(file, path, name):
            return
        trait = self.traits[name]
        if trait.is_derived:
            self.parts.fault(file, path, f"{name!r} is derived: state the facts that it follows from")
        elif scope is not None and trait.scope is not scope:
            self.parts.fault(file, path, f"{name!r} is of scope {trait.scope.value}, not {scope.value}")
        self._value(file, path, name, value)

    def _value(self, file: str, path: Path, name: str, value: object) -> None:
        """Add a fault for a value that is not of its trait's type or not among its values."""
        trait = self.traits[name]
        try:
            coerced = coerce(Type(trait.type), value, name)
        except ValueFault as error:
            self.parts.fault(file, path, error.message)
            return
        for text in coerced if isinstance(coerced, tuple) else (coerced,):
            if trait.values and isinstance(text, str) and text not in trait.values:
                hint = nearest(text, trait.values)
                self.parts.fault(file, path, f"{text!r} is not among the values of {name!r}{hint}")
