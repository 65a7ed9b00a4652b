"""What somebody did with an alert, in a line: in the place of the buttons, and to whoever comes second."""

from __future__ import annotations

from collections.abc import Mapping

from segue.agents.overrides import WRONG_BECAUSE, Answer, Given
from segue.agents.seller_people import name_of
from segue.api.slack.blocks import Message, literal, message, name, section, when


def given_line(found: Given, names: Mapping[str, str]) -> str:
    """Return what was done with an alert and by whom, as mrkdwn."""
    who, at = name(_called(found.rep, names)), when(found.at)
    if found.answer is Answer.ACCEPT:
        return f":white_check_mark: *{who}* took this on, {at}"
    if found.answer is Answer.REASSIGN:
        until = f" until {found.until:%d %b %Y}" if found.until else ""
        given = name(_called(found.owner or "", names))
        return f":arrow_right: *{who}* gave this to *{given}*{until}, {at}{_note(found.note)}"
    if found.answer is Answer.NOT_NOW:
        until = when(found.until) if found.until else "later"
        return f":zzz: *{who}* put this off until {until}; it comes again then"
    why = literal(WRONG_BECAUSE.get(found.reason or "", found.reason or "no reason given"))
    return f":x: *{who}* said that this is the wrong play, {at}: {why}{_note(found.note)}"


def given_notice(found: Given, names: Mapping[str, str]) -> Message:
    """Tell somebody who came second what had been done before."""
    words = f"Somebody was faster, and nothing else was changed:\n{given_line(found, names)}"
    return message("Somebody was faster", [section(words)])


def _called(rep: str, names: Mapping[str, str]) -> str:
    return names.get(rep) or name_of(rep) or rep


def _note(note: str | None) -> str:
    return f"\n> {literal(' '.join(note.split()), 600)}" if note else ""
