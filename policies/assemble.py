"""From the models of a pack's files to the pack that runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from segue.policies.compile import ConditionCompiler, TraitCompiler, label_function
from segue.policies.documents import Path
from segue.policies.messages import TemplateFault, parse_slots
from segue.policies.models.pack import Forbid
from segue.policies.models.play import Play
from segue.policies.models.segment import Segment
from segue.policies.models.traits import Layer, Trait
from segue.policies.pack import CompiledPlay, CompiledRule, Condition, Pack, SegmentPolicy, Slot, Territory
from segue.policies.parts import Parts
from segue.policies.references import ReferenceCheck


def assemble(parts: Parts, revision: str, after: Sequence[Pack] = ()) -> Pack | None:
    """Check every name, compile every predicate and return the pack; None when a fault was found.

    Faults are added to `parts.faults`.
    """
    if parts.pack is None:
        return None
    inherited = {f"{pack.name}.segment": _label_trait(pack) for pack in after}
    traits = TraitCompiler(parts.documents["traits.yaml"], parts.traits, inherited)
    parts.faults.extend(traits.faults)
    ReferenceCheck(parts, traits.traits).check()
    found = _Assembler(parts, traits, ConditionCompiler(traits)).build(revision)
    return None if parts.faults else found


def _label_trait(pack: Pack) -> Trait:
    """Return the trait by which a later pack reads this one's label."""
    return Trait(type="text", layer=Layer.CONTEXTUAL, values={segment.name: [] for segment in pack.segments})


class _Assembler:
    def __init__(self, parts: Parts, traits: TraitCompiler, conditions: ConditionCompiler) -> None:
        self.parts = parts
        self.traits = traits
        self.conditions = conditions

    def build(self, revision: str) -> Pack | None:
        """Compile everything; None when a predicate or a message cannot be."""
        parts, file = self.parts, self.parts.pack
        assert file is not None
        segments = [
            self._segment(parts.segments[name], index)
            for index, name in enumerate(file.segments)
            if name in parts.segments
        ]
        plays = {name: self._play(play) for name, play in parts.plays.items()}
        guardrails = [
            self._rule(
                f"guardrail:{each.id}", "pack.yaml", ("guardrails", i), each.when, each.forbid, each.reason
            )
            for i, each in enumerate(file.guardrails)
        ]
        adapt = [
            (self._condition("pack.yaml", ("adapt", i, "when"), each.when), each.set)
            for i, each in enumerate(file.adapt)
        ]
        territories = self._territories()
        if parts.faults:
            return None
        return Pack(
            name=file.pack,
            revision=revision,
            file=file,
            traits=self.traits.traits,
            schema=self.traits.schema,
            scopes=self.traits.scopes,
            layers=self.traits.layers,
            definitions=self.traits.definitions,
            absent=self.traits.absent,
            segments=tuple(each for each in segments if each is not None),
            plays={name: play for name, play in plays.items() if play is not None},
            guardrails=tuple(each for each in guardrails if each is not None),
            adapt=tuple((when, terms) for when, terms in adapt if when is not None),
            proof=dict(parts.proof),
            scripts=dict(parts.scripts),
            routing=parts.routing,
            personas=parts.personas,
            territories=territories,
            cases=dict(parts.cases),
            documents=dict(parts.documents),
            ranks=self.traits.ranks,
            evaluator=self.conditions.evaluator,
            label_code=label_function([each for each in segments if each is not None], self.traits),
        )

    def _condition(self, file: str, path: Path, text: str, *, account_only: bool = False) -> Condition | None:
        document = self.parts.documents[file]
        return self.conditions.condition(document, path, text, self.parts.faults, account_only=account_only)

    def _segment(self, model: Segment, index: int) -> SegmentPolicy | None:
        file = f"segments/{model.segment}.yaml"
        when = None
        if model.when is not None:
            when = self._condition(file, ("when",), model.when, account_only=True)
        rules = []
        for i, rule in enumerate(model.rules):
            forbid = rule.forbid if isinstance(rule.forbid, Forbid) else Forbid(plays=rule.forbid)
            name = f"{model.segment}.rules[{i}]"
            rules.append(self._rule(name, file, ("rules", i), rule.when, forbid, rule.reason))
        return SegmentPolicy(model, index, when, tuple(each for each in rules if each is not None))

    def _rule(
        self, name: str, file: str, path: Path, when: str, forbid: Forbid, reason: str
    ) -> CompiledRule | None:
        condition = self._condition(file, (*path, "when"), when)
        if condition is None:
            return None
        return CompiledRule(name, forbidden_plays(forbid, self.parts.plays.values()), condition, reason)

    def _play(self, model: Play) -> CompiledPlay | None:
        file = f"plays/{model.play}.yaml"
        context = []
        for index, factor in enumerate(model.context):
            condition = self._condition(file, ("context", index, "when"), factor.when)
            if condition is not None:
                context.append((condition, factor.times))
        return CompiledPlay(model, tuple(context), self._slots(file, model))

    def _slots(self, file: str, model: Play) -> tuple[Slot, ...]:
        try:
            slots = parse_slots(model)
        except TemplateFault as error:
            self.parts.fault_in(file, ("message",), error.offset, str(error))
            return ()
        for slot in slots:
            if slot.trait is not None and slot.trait not in self.traits.traits:
                message = f"the slot is filled by the trait {slot.trait!r}, which there is not"
                self.parts.fault_in(file, ("message",), slot.start, message)
        unused = set(model.fill) - _slot_names(model)
        for name in sorted(unused):
            self.parts.fault(file, ("fill", name), f"the message has no slot {name!r}")
        return slots

    def _territories(self) -> tuple[Territory, ...]:
        found = []
        for index, pod in enumerate(self.parts.routing.pods if self.parts.routing else ()):
            when = None
            if pod.when is not None:
                when = self._condition("routing.yaml", ("pods", index, "when"), pod.when)
            found.append(Territory(pod.pod, when))
        return tuple(found)


def forbidden_plays(forbid: Forbid, plays: Collection[Play]) -> frozenset[str]:
    """Return the plays that a rule takes away. One that undoes another goes on unless it is named.

    What withdraws consent must be able to stop a sequence: a rule on the channel is not for that.
    """
    undoing = {play.undone_by for play in plays}
    return frozenset(
        play.play
        for play in plays
        if play.play in forbid.plays
        or (play.play not in undoing and (play.kind in forbid.kinds or play.channel in forbid.channels))
    )


def _slot_names(model: Play) -> set[str]:
    """Return the names that stand in a message's slots."""
    return {part.split("}")[0].split("|")[0] for part in (model.message or "").split("{")[1:]}
