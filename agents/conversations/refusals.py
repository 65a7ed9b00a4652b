"""Find in what was said that somebody wants to be left alone, or their data deleted: by rules, never by a model.

What follows is written down as theirs and binds everybody, so it has to be said plainly: in words that can
hardly mean anything else, or in a sentence that is much nearer to such words than to any that only sound alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from segue.agents.conversations.exemplars import Similarities
from segue.agents.conversations.understood import Meant


class Refusal(StrEnum):
    """What somebody refuses. Append, never rename."""

    CONTACT = "contact"
    """To be contacted."""
    ERASURE = "erasure"
    """That what is kept of them is kept on; whoever wants that does not want to be contacted either."""


GROUP = "refusal"
"""The exemplars of refusals; `none` are sentences that only sound like one."""
_LEAST, _CLEARLY = 0.6, 0.08
_REACH = (
    r"(?:contact(?:ing)?|e-?mail(?:ing|s to)?|call(?:ing)?|phon(?:e|ing)|text(?:ing)?|messag(?:e|ing)|spam(?:ming)?|"
    r"both?er(?:ing)?|writ(?:e|ing)(?: to)?|pester(?:ing)?|chas(?:e|ing))"
)
_PLAINLY = {
    Refusal.CONTACT: re.compile(
        rf"(?i)\bleave me (?:alone|in peace)\b|\bunsubscribe me\b|\bopt me out\b"
        rf"|\b(?:do not|don['’]?t|never|stop|no longer) (?:ever )?{_REACH} me\b"
        r"(?! (?:the|an?|this|that|these|those|another|my|as|with)\b)"
        r"(?!,? (?:until|before|after|on|at|today|tomorrow|tonight|this|next|yet|about|by)\b)"
        r"|\bstop sending me (?:[\w-]+ ){0,2}(?:e-?mails?|mails?|messages|newsletters?|adverts?|advertising)\b"
        r"|\b(?:take|remove) me (?:off|from) (?:of )?(?:your|the|this|all) (?:[\w-]+ ){0,2}lists?\b"
    ),
    Refusal.ERASURE: re.compile(
        r"(?i)\b(?:delete|erase|remove|wipe|destroy) (?:all (?:of )?)?my (?:own )?(?:personal )?"
        r"(?:data|information|details|records)\b"
        r"|\b(?:delete|erase|remove|destroy) (?:everything|all|what(?:ever)?)(?: that)? you"
        r" (?:know|have|hold|keep|store|have stored) (?:about|on|of) me\b"
        r"|\bforget (?:all |everything )?(?:about )?me\b(?! not)"
    ),
}
_QUESTION = re.compile(r"[?？؟]\s*$")
_ASKS_FOR_IT = re.compile(
    r"(?i)^\W*(?:please|can|could|will|would) (?:please )?(?:you|someone|somebody)\b|^\W*please\b"
)
_TELLS_OF_IT = re.compile(
    r"(?i)\b(?:if|when|whether|how|why|where|who|he|she|they|somebody|someone|customers?|users?|people) "
)
"""What comes before the words where they are told of, and not said."""


def refusals(said: Sequence[str], found: Sequence[Similarities] | None) -> tuple[Meant, ...]:
    """Return what the sentences of a message refuse, each at most once; without similarities by plain words alone."""
    kinds: dict[Refusal, Meant] = {}
    for number, sentence in enumerate(said):
        if _QUESTION.search(sentence) and not _ASKS_FOR_IT.search(sentence):
            continue
        for meant in _of(sentence, None if found is None else found[number]):
            kinds.setdefault(Refusal(meant.what), meant)
    return tuple(kinds.values())


def _of(sentence: str, similar: Similarities | None) -> list[Meant]:
    plainly = []
    for kind, pattern in _PLAINLY.items():
        words = pattern.search(sentence)
        if words is not None and not _TELLS_OF_IT.search(sentence[: words.start()]):
            plainly.append(Meant(kind.value, 1.0, sentence))
    if plainly or similar is None:
        return plainly
    near = similar[GROUP]
    kind = max(Refusal, key=lambda each: near[each])
    score = near[kind]
    clear = score >= _LEAST and score - near["none"] >= _CLEARLY
    return [Meant(kind.value, round(score, 3), sentence)] if clear else []
