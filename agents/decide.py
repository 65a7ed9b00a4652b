"""The one entry for a decision: every surface, evals and replay come through here."""

from __future__ import annotations

import time

from segue.agents.choosers.rules import PRIORS, Propensities
from segue.agents.decision import ChosenPlay, Decision
from segue.agents.snapshot import Snapshot
from segue.agents.steps import SILENCE, STEPS, Progress
from segue.core.ids import new_id
from segue.policies.flip import flips
from segue.policies.gate import Situation
from segue.policies.messages import render
from segue.policies.models.play import Kind

_SHOWS_PROOF = frozenset(Kind) - {Kind.ASK, Kind.TAG, Kind.AUDIENCE, Kind.SILENCE}


def decide(
    snapshot: Snapshot,
    *,
    propensities: Propensities = PRIORS,
    with_flip: bool = False,
    decision_id: str | None = None,
) -> Decision:
    """Return the decision for a snapshot, by the rules chooser.

    The same snapshot, packs and propensities give the same decision but for its id and latency.
    With `with_flip` the smallest changes that would lead elsewhere are worked out too, which costs
    a few hundred evaluations.
    """
    started = time.perf_counter()
    state = Progress(snapshot, propensities)
    for _, step in STEPS:
        for name, value in step(state).items():
            setattr(state, name, value)
    return record(state, started, with_flip=with_flip, decision_id=decision_id)


def record(
    state: Progress, started: float, *, with_flip: bool = False, decision_id: str | None = None
) -> Decision:
    """Return the finished decision of a run, with or without the graph. `started` is a perf_counter reading."""
    situation, choice = state.situation, state.choice
    assert situation is not None and choice is not None and state.label is not None and state.play is not None
    snapshot = state.snapshot
    play = carry(situation, state.play)
    latency = (time.perf_counter() - started) * 1000
    return Decision(
        decision_id=decision_id or new_id(),
        pack=snapshot.pack.name,
        surface=snapshot.surface,
        account=snapshot.account,
        labels=(*snapshot.earlier, state.label),
        play=play,
        findings=state.findings,
        scores=choice.scores,
        revisions={**snapshot.revisions, snapshot.pack.name: snapshot.pack.revision},
        decided_at=snapshot.facts.now,
        chooser=choice.chooser,
        fallback_reason=choice.fallback_reason,
        flip=flips(situation, state.findings) if with_flip else (),
        latency_ms=latency,
    )


def carry(situation: Situation, name: str) -> ChosenPlay:
    """Return a play as it is to be carried out: words filled in, terms adapted, the rep named."""
    if name == SILENCE:
        return ChosenPlay(SILENCE, "Stay silent", SILENCE, "none")
    play = situation.pack.plays[name]
    model = play.model
    proof = situation.proof if model.kind in _SHOWS_PROOF else ()
    message = render(model, play.slots, situation.slot_values(play), situation.proof)
    parameters = {**model.parameters, **situation.terms.parameters}
    if situation.terms.currency is not None:
        parameters["currency"] = situation.terms.currency
    if model.kind is Kind.ASK and situation.question is not None:
        question = situation.question
        message = f"{message} {question.text}" if message else question.text
        answers = [{"says": says, "value": value} for says, value in question.answers]
        parameters |= {"trait": question.trait, "question": question.text, "answers": answers}
    return ChosenPlay(
        name, model.title, model.kind.value, model.channel.value, message, model.offer, model.goal,
        parameters, proof, model.owner, situation.assignment(play),
    )  # fmt: skip
