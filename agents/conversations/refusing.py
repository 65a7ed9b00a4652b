"""Who wants to be left alone is: it is written down as their own word, and they are told what was done and what not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from segue.accounts.consent import MARKETING, Consent, ConsentState, Kind
from segue.accounts.consent_writer import put_consents
from segue.agents.conversations.making import Making
from segue.agents.erasure_requests import note_request
from segue.core.database import Database

SOURCE = "conversation"
"""The source of a denial that somebody said in a conversation."""
_RECORDED: Mapping[Kind | None, str] = {
    "contact": "I have recorded that you do not want to be contacted.",
    "visitor": "I have recorded for this browser that you do not want to be contacted.",
    None: "I do not know who you are here, so there is nobody to record it for.",
}
_HERE = "In this chat I ask you nothing more and pass you to nobody, unless you want me to."
_ELSEWHERE = "Where we have an address of yours from elsewhere, {reach} so that it holds there too."
_NOT_BY_CHAT = "Nothing is deleted by a message in a chat, since I cannot be sure who writes it."
_PASSED_ON = "That you asked for it is recorded for the people who can do it; to be sure of it, {reach}."


@dataclass(frozen=True, slots=True)
class Refusing:
    """Writes down what is refused, for the contact of a conversation, else for its visitor."""

    database: Database
    reached_at: str = ""
    """Where people write to have their data deleted; empty says nothing more than that there is such a place."""

    async def record(self, making: Making, *, erasure: bool) -> str:
        """Store it, and return what they are told.

        Raises:
            UnavailableError: the database does not answer.
        """
        subject = subject_of(making)
        if subject is not None:
            denied = Consent(*subject, MARKETING, ConsentState.DENIED, SOURCE, making.now)
            if not await put_consents(self.database, [denied]):
                subject = None  # erased meanwhile: nothing is kept of them
        if erasure:
            await note_request(self.database, making.conversation_id, subject, making.now)
        kind = None if subject is None else subject[0]
        said = [_RECORDED[kind], _HERE]
        if erasure:
            said += [_NOT_BY_CHAT, _PASSED_ON]
        elif kind != "contact":
            said.append(_ELSEWHERE)
        return " ".join(said).format(reach=self._reach())

    def _reach(self) -> str:
        return f"write to {self.reached_at}" if self.reached_at else "write to us as our privacy notice says"


def subject_of(making: Making) -> tuple[Kind, str] | None:
    """Return whom a conversation is about, as far as that is known and may be kept."""
    request = making.request
    if not request.personal:
        return None
    if request.contact_id is not None:
        return "contact", request.contact_id
    return None if request.visitor is None else ("visitor", request.visitor)
