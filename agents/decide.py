"""The one entry for a decision: every surface, evals and replay come through here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from segue.agents.choosers.model.proposal import FallbackReason
from segue.agents.choosers.rules import PRIORS, Choice, Propensities
from segue.agents.decision import ChosenPlay, Decision
from segue.agents.snapshot import Snapshot
from segue.agents.steps import AFTER_ASKING, BEFORE_ASKING, SILENCE, STEPS, Progress, Proposer, ask_step
from segue.core.ids import new_id
from segue.policies.flip import flips
from segue.policies.models.play import Kind
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import CompiledPlay
from segue.policies.situation import Situation
from segue.policies.wording import picked_proof, shows_proof, words_of

KEPT_FOR_THE_REST = 0.01
"""Seconds of a budget that the model does not get: judging, wording and storing come after it."""


def decide(
    snapshot: Snapshot,
    *,
    propensities: Propensities = PRIORS,
    with_flip: bool = False,
    decision_id: str | None = None,
    proposal: Mapping[str, Any] | None = None,
) -> Decision:
    """Return the decision for a snapshot, by the rules chooser.

    The same snapshot, packs and propensities give the same decision but for its id and latency.
    With `with_flip` the smallest changes that would lead elsewhere are worked out too, which costs
    a few hundred evaluations. With the `proposal` of a decision that a model chose, the decision is
    made as it was then, and no model is asked.
    """
    started = time.perf_counter()
    state = Progress(snapshot, propensities, proposal=proposal)
    for _, step in STEPS:
        _add(state, step(state).items())
    return record(state, started, with_flip=with_flip, decision_id=decision_id)


async def decide_with_model(
    snapshot: Snapshot,
    proposer: Proposer,
    budget_ms: float,
    *,
    propensities: Propensities = PRIORS,
    with_flip: bool = False,
    decision_id: str | None = None,
) -> Decision:
    """Return the decision for a snapshot, chosen by a model among what policy permits.

    The steps are those of `decide`, with the model asked between the rules' choice and its judging.
    Whatever the model does, the answer is there within `budget_ms` milliseconds of the call; where
    it has none that counts, the rules' choice stands and `fallback_reason` says why.
    """
    started = time.perf_counter()
    deadline = asyncio.get_running_loop().time() + budget_ms / 1000 - KEPT_FOR_THE_REST
    state = Progress(snapshot, propensities, proposer=proposer, deadline=deadline)
    for _, step in BEFORE_ASKING:
        _add(state, step(state).items())
    _add(state, (await ask_step(state)).items())
    for _, step in AFTER_ASKING:
        _add(state, step(state).items())
    return record(state, started, with_flip=with_flip, decision_id=decision_id)


def _add(state: Progress, found: Iterable[tuple[str, Any]]) -> None:
    for name, value in found:
        setattr(state, name, value)


def record(
    state: Progress, started: float, *, with_flip: bool = False, decision_id: str | None = None
) -> Decision:
    """Return the finished decision of a run, with or without the graph. `started` is a perf_counter reading."""
    situation, choice = state.situation, state.choice
    assert situation is not None and choice is not None and state.label is not None and state.play is not None
    snapshot = state.snapshot
    chooser, fallback_reason = _chosen_by(choice, state.play)
    play = carry(situation, state.play, choice.proof if chooser == "model" else None)
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
        chooser=chooser,
        fallback_reason=fallback_reason,
        flip=flips(situation, state.findings) if with_flip else (),
        latency_ms=latency,
        proposal=choice.proposal,
        identity=snapshot.identity,
        artifacts=snapshot.artifacts,
        propensity=1.0 if state.draw is None else state.draw.share,
        draw=state.draw,
        keeps_lease=snapshot.lease is not None and situation.story is not None,
    )


def _chosen_by(choice: Choice, play: str) -> tuple[str, str | None]:
    """Return who chose the play that is done, and why it was not the model where it was to be."""
    if choice.chooser == "model" and play != choice.proposals[0]:
        return "rules", FallbackReason.INVALID_CHOICE.value
    return choice.chooser, choice.fallback_reason


def _quotes(situation: Situation, play: CompiledPlay, picked: Sequence[ProofPoint]) -> bool:
    """Return True where a play carries proof: a question does only beside the answer to what was asked first."""
    if shows_proof(play):
        return True
    return play.model.kind is Kind.ASK and bool(picked) and picked[0].id in situation.preferred


def carry(situation: Situation, name: str, proof_ids: Sequence[str] | None = None) -> ChosenPlay:
    """Return a play as it is to be carried out: words filled in, terms adapted, the rep named.

    `proof_ids` are the proof points to show, the first first; without them, as they are ranked.
    """
    if name == SILENCE:
        return ChosenPlay(SILENCE, "Stay silent", SILENCE, "none")
    play = situation.pack.plays[name]
    model = play.model
    picked = picked_proof(situation, play, proof_ids)
    parameters = {**model.parameters, **situation.terms.parameters}
    if situation.terms.currency is not None:
        parameters["currency"] = situation.terms.currency
    if model.kind is Kind.ASK and situation.question is not None:
        question = situation.question
        answers = [{"says": says, "value": value} for says, value in question.answers]
        parameters |= {"trait": question.trait, "question": question.text, "answers": answers}
    return ChosenPlay(
        name, model.title, model.kind.value, model.channel.value, words_of(situation, play, picked), model.offer,
        model.goal, parameters, picked if _quotes(situation, play, picked) else (), model.owner,
        situation.assignment(play),
    )  # fmt: skip
