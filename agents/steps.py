"""The steps of a decision: plain functions from what is known so far to what they add.

`decide` runs them one after the other; `graph` wires the same functions into LangGraph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from segue.agents.choosers.model.options import Options, shown_options
from segue.agents.choosers.model.proposal import Proposal, choice_of
from segue.agents.choosers.rules import PRIORS, Choice, Propensities, choose, default_of
from segue.agents.snapshot import Snapshot
from segue.policies.classifier import Label, label_of
from segue.policies.experiments import HOLDOUT, Draw, arm_draw, experiment_on, holdout_draw
from segue.policies.findings import Finding, Reason
from segue.policies.gate import gate, judge_play
from segue.policies.situation import Situation

SILENCE = "silence"


class Proposer(Protocol):
    """What proposes one of the options shown: the model chooser."""

    async def propose(self, options: Options, deadline: float) -> Proposal:
        """Return a proposal, or the reason why there is none, by `deadline` on the event loop's clock."""
        ...


@dataclass(slots=True)
class Progress:
    """A decision in the making. Each step says what it adds; whoever runs the steps puts it in."""

    snapshot: Snapshot
    propensities: Propensities = field(default=PRIORS)
    label: Label | None = None
    situation: Situation | None = None
    findings: tuple[Finding, ...] = ()
    choice: Choice | None = None
    proposer: Proposer | None = None
    """Who is asked for a proposal; None leaves the choice to the rules."""
    deadline: float = 0.0
    """When the proposer is to be done, on the event loop's clock."""
    options: Options | None = None
    proposal: Mapping[str, Any] | None = None
    """What was proposed, as plain JSON; a replay starts with the stored one."""
    play: str | None = None
    draw: Draw | None = None
    """The arm of the account, where something is tried on it."""


def label_step(state: Progress) -> dict[str, Any]:
    """Label the account, and gather what the rest of the decision rests on."""
    snapshot = state.snapshot
    label = label_of(snapshot.pack, snapshot.facts, snapshot.held)
    if not snapshot.drawn:
        return {"label": label, "situation": situation_of(snapshot, label)}
    pack = snapshot.pack
    draw = holdout_draw(pack.name, pack.by_name[label.segment].model, snapshot.account.id)
    control = draw is not None and draw.arm == HOLDOUT
    return {"label": label, "situation": situation_of(snapshot, label, control=control), "draw": draw}


def situation_of(snapshot: Snapshot, label: Label, *, control: bool = False) -> Situation:
    """Return what the rest of a decision rests on, once the label is known, and whether it is held out."""
    return Situation(
        snapshot.pack,
        snapshot.facts,
        snapshot.account,
        label,
        snapshot.surface,
        snapshot.counts,
        snapshot.loads,
        snapshot.switched_off,
        snapshot.lease,
        control,
        snapshot.preferred,
        snapshot.unasked,
        snapshot.left_alone,
    )


def gate_step(state: Progress) -> dict[str, Any]:
    """Judge every play of the pack."""
    assert state.situation is not None
    return {"findings": gate(state.situation)}


def choose_step(state: Progress) -> dict[str, Any]:
    """Let the rules chooser rank the permitted plays; of plays that are tested, the account's arm comes first."""
    situation = state.situation
    assert situation is not None
    choice = choose(situation, state.findings, state.propensities)
    if situation.control:
        default = default_of(situation)
        ordered = sorted(choice.proposals, key=lambda play: play != default)
        return {"choice": replace(choice, proposals=tuple(ordered))}
    if not state.snapshot.drawn:
        return {"choice": choice}
    tested = experiment_on(situation.policy.model, situation.surface, situation.facts.now.date())
    if tested is None:
        return {"choice": choice}
    story = None if situation.story is None else situation.story.play
    draw = arm_draw(situation.pack.name, tested, choice.proposals, story, situation.account.id)
    if draw is None:
        return {"choice": choice}
    share = draw.share * (state.draw.share if state.draw is not None else 1.0)
    proposals = tuple(dict.fromkeys((draw.arm, *choice.proposals)))
    return {"choice": replace(choice, proposals=proposals), "draw": replace(draw, share=round(share, 6))}


async def ask_step(state: Progress) -> dict[str, Any]:
    """Ask the proposer, if there is one, to choose among what is permitted."""
    if state.proposer is None or is_tested(state):
        return {}
    assert state.situation is not None and state.choice is not None
    options = shown_options(state.situation, state.findings, state.choice)
    proposal = await state.proposer.propose(options, state.deadline)
    return {"options": options, "proposal": proposal.to_json()}


def is_tested(state: Progress) -> bool:
    """Return True where the play follows from the arm of a test, so that nobody is asked for another."""
    return state.draw is not None and state.draw.experiment != HOLDOUT


def answer_step(state: Progress) -> dict[str, Any]:
    """Put a proposal, of now or of a decision that is replayed, in the place of the rules' choice."""
    if state.proposal is None:
        return {}
    assert state.situation is not None and state.choice is not None
    options = state.options or shown_options(state.situation, state.findings, state.choice)
    return {"choice": choice_of(state.proposal, options, state.choice)}


def judge_step(state: Progress) -> dict[str, Any]:
    """Judge what was chosen, then the surface's default; what is left is silence."""
    assert state.situation is not None and state.choice is not None
    situation = state.situation
    default = default_of(situation)
    for name in (*state.choice.proposals, *(() if default is None else (default,))):
        if may_be_done(situation, name, state.findings):
            return {"play": name}
    return {"play": SILENCE}


_NEVER = (Reason.NOT_ALLOWED, Reason.OTHER_STORY)
"""What the gate says that its judging of one play alone does not."""


def may_be_done(situation: Situation, name: str, findings: tuple[Finding, ...]) -> bool:
    """Return True when the gate, asked again, permits the play: proposals may come from a model."""
    if name == SILENCE:
        return True
    play = situation.pack.plays.get(name)
    if play is None:
        return False
    for each in findings:
        if each.play == name and each.code in _NEVER:
            return False
    return judge_play(situation, play).permitted


BEFORE_ASKING = (("label", label_step), ("gate", gate_step), ("choose", choose_step))
AFTER_ASKING = (("answer", answer_step), ("judge", judge_step))
STEPS = (*BEFORE_ASKING, *AFTER_ASKING)
"""The steps in their order, by name. `ask_step` lies between the two halves: it alone waits for anything."""
