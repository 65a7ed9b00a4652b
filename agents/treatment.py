"""What an account gets under one pack: the play of each surface, who carries plays out, what is suppressed."""

from __future__ import annotations

from dataclasses import dataclass, field

from segue.accounts.labels import Labelled
from segue.agents.snapshot import Snapshot
from segue.agents.steps import SILENCE, STEPS, Progress, situation_of
from segue.policies.classifier import Label, Status
from segue.policies.facts import Account
from segue.policies.findings import Finding
from segue.policies.gate import judge_play
from segue.policies.pack import CompiledPlay, Pack
from segue.policies.routing import Via
from segue.policies.situation import Situation

NOBODY_FREE = "nobody free"


@dataclass(slots=True)
class Treatment:
    """What the rules give an account at one instant, with nothing delivered or assigned so far."""

    plays: dict[str, str] = field(default_factory=dict)
    """Surface to play."""
    findings: dict[str, dict[str, Finding]] = field(default_factory=dict)
    """Surface to what the gate said of each play."""
    carriers: set[str] = field(default_factory=set)
    """Who carries out its plays: reps by name, else the role; `NOBODY_FREE` where none is."""
    suppressions: set[str] = field(default_factory=set)
    """The plays that take it out of something, on entering the segment or on a surface."""

    def why_not(self, surface: str, play: str) -> str:
        """Return why a play is not the one of a surface."""
        found = self.findings.get(surface, {}).get(play)
        if found is None:
            return "not in the pack"
        if found.permitted:
            return "worth less"
        return f"{found.reason}: {found.clause}" if found.clause else str(found.reason)


def treatment_of(pack: Pack, labelled: Labelled, account: Account) -> Treatment:
    """Return the treatment of a labelled account: the steps of a decision for every surface of the pack."""
    label = Label(pack.name, labelled.segment, labelled.status)
    if labelled.status is Status.PROVISIONAL:
        label = labelled.label(pack)
    found = Treatment()
    for surface in pack.file.surfaces:
        state = _decided(Snapshot(pack, account, labelled.facts, surface.value), label)
        assert state.play is not None and state.situation is not None
        found.plays[surface.value] = state.play
        found.findings[surface.value] = {each.play: each for each in state.findings}
        if state.play != SILENCE:
            _count(found, state.situation, pack.plays[state.play])
    entering = Situation(pack, labelled.facts, account, label, None)
    for name in entering.policy.model.on_enter:
        if name in pack.plays and judge_play(entering, pack.plays[name]).permitted:
            _count(found, entering, pack.plays[name])
    return found


def _decided(snapshot: Snapshot, label: Label) -> Progress:
    """Run the steps that come after the label."""
    state = Progress(snapshot, label=label, situation=situation_of(snapshot, label))
    for _, step in STEPS[1:]:
        for name, value in step(state).items():
            setattr(state, name, value)
    return state


def _count(found: Treatment, situation: Situation, play: CompiledPlay) -> None:
    assignment = situation.assignment(play)
    if assignment.via is Via.NOBODY_FREE:
        found.carriers.add(NOBODY_FREE)
    else:
        found.carriers.add(assignment.rep or play.model.owner)
    if play.model.suppresses:
        found.suppressions.add(play.name)
