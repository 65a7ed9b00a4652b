"""What answers a message: the proof points near to it in meaning, and whether there is any."""

from __future__ import annotations

from collections.abc import Sequence

from segue.agents.conversations.making import Making
from segue.agents.conversations.understood import Intent, Understood
from segue.agents.decision_request import Answers, ApprovedAnswer
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.knowledge.search import LEAST_NEAR, Ranking
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import Pack

_LONGEST_QUERY = 1_000
_MOST_PREFERRED = 8
_ANSWERS = 0.25
"""From here on it answers: none of the questions off topic reach it, 92 in 100 of the others (`evals.retrieval`)."""
_ON_TOPIC, _SURE = 0.1, 0.5
"""What a point tagged with the topic of a short question gains, and how sure the topic must be."""
_USUAL = {
    Intent.PRICING.value: frozenset({"price", "cost"}),
    Intent.SECURITY.value: frozenset({"privacy", "compliance"}),
}
"""Other tags by which packs name a topic."""
_WANT_NO_ANSWER = frozenset({Intent.HUMAN, Intent.BOOKING, Intent.UNSUBSCRIBE})


async def answers(
    making: Making, knowledge: Knowledge, pack: Pack, permitted: Sequence[ProofPoint], left: float
) -> Answers:
    """Return those of the permitted proof points that answer what was said, the closest first.

    What was found before in this turn is not looked for again. `left` is how many seconds there are: with
    none, policy's own order stands.
    """
    understood = making.understood
    if understood.intent.what == Intent.GREETING:
        making.near = frozenset()
        return Answers((), ApprovedAnswer.NOTHING_ASKED)
    query = (understood.intent.words or making.text)[:_LONGEST_QUERY]
    asked = (pack.revision, query, *(each.id for each in permitted))
    found = making.searched.get(asked)
    if found is None:
        if left <= 0 or not query.strip():
            return Answers()
        search = await knowledge.search(pack, permitted, query, _MOST_PREFERRED, left)
        if search.ranked_by is not Ranking.MEANING:
            return Answers()
        topics = _topics(pack, understood)
        scored = [(each.point.id, (each.score or 0.0) + _bonus(each.point, topics)) for each in search.found]
        found = making.searched[asked] = sorted(scored, key=lambda each: -each[1])
    near = tuple(point for point, score in found if score >= LEAST_NEAR)
    making.near = frozenset(near)
    if not _wants_answer(understood, query):
        return Answers(near)
    answered = any(score >= _ANSWERS for _, score in found)
    return Answers(near, ApprovedAnswer.FOUND if answered else ApprovedAnswer.MISSING)


def _topics(pack: Pack, understood: Understood) -> frozenset[str]:
    """Return what a message is about, in the usual words for it and those of the pack's `question_topic`."""
    intent = understood.intent
    if intent.confidence < _SURE:
        return frozenset()
    usual = _USUAL.get(intent.what, frozenset())
    trait = pack.traits.get("question_topic")
    spelled = ((value, *others) for value, others in ((trait.values if trait else None) or {}).items())
    return usual.union({intent.what}, *(words for words in spelled if intent.what in words))


def _bonus(point: ProofPoint, topics: frozenset[str]) -> float:
    return 0.0 if topics.isdisjoint(point.tags.get("topic", ())) else _ON_TOPIC


def _wants_answer(understood: Understood, query: str) -> bool:
    """Return False for a message that asks nothing: it says something of the company, or wants a person."""
    if understood.intent.what in _WANT_NO_ANSWER:
        return False
    return "?" in query or not (understood.facts or understood.declines)
