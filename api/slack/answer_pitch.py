"""What to say to somebody, as a message: proof that is permitted, and the words of the script."""

from __future__ import annotations

from segue.agents.seller_exemplars import Intent
from segue.agents.seller_pitch import Pitch, ScriptPart
from segue.agents.seller_words import reason_in_words
from segue.api.slack.answer_parts import ask_buttons, who
from segue.api.slack.blocks import (
    Block,
    Message,
    context,
    divider,
    header,
    link,
    literal,
    message,
    name,
    section,
)

_PARTS = 4
_ANSWERS = 4


def pitch_message(found: Pitch) -> Message:
    """Return what to say at an account, to the person named."""
    whom = f"the {found.role_words}" if found.role_words else "them"
    title = f"What to say to {whom} at {found.account.shown}"
    unsure = " (provisional: a fact is missing)" if found.provisional else ""
    lines = [f"*{who(found.account)}* is in *{name(found.segment)}*{unsure}."]
    if found.play is not None:
        said = f": {literal(found.message, 900)}" if found.message else ""
        lines.append(f"*{name(found.play)}*{said}")
    blocks = [header(title), section(*lines)]
    if found.forbidden is not None:
        clause = f" ({literal(found.forbidden.clause, 300)})" if found.forbidden.clause else ""
        why = literal(reason_in_words(str(found.forbidden.reason)))
        blocks.append(
            section(
                f":no_entry: *No outreach now:* {why}{clause}. If they call you, this is what you may say."
            )
        )
    blocks += _proof(found)
    if found.script:
        blocks.append(divider())
        blocks += [section(*_part(each)) for each in found.script[:_PARTS]]
        blocks.append(
            context(
                f"From the script “{name(found.script_name or '')}”. [Words in brackets] are yours to fill."
            )
        )
    blocks.append(ask_buttons(found.account, Intent.WHY_MINE, Intent.WHAT_WOULD_FLIP))
    return message(title, blocks)


def _proof(found: Pitch) -> list[Block]:
    whom = f"the {name(found.role_words)}" if found.role_words else "them"
    if not found.proof:
        words = f"*Proof:* no approved proof point fits {whom} here. Claim nothing about results."
        return [section(words)]
    lines = []
    for point in found.proof:
        lines.append(f"> {literal(point.claim, 400)}")
        lines.append(f"    {link(point.evidence, 'Evidence')}, approved until {point.expires_on:%d %b %Y}")
    blocks = [section(f"*Proof you may quote to {whom}, word for word*", *lines)]
    if found.role_words is None:
        blocks.append(context("Name a role, such as “their CISO”, and I choose the proof for that person."))
    elif not found.for_role:
        blocks.append(
            context("This pack keeps no personas, so that the proof is chosen for the account alone.")
        )
    return blocks


def _part(part: ScriptPart) -> list[str]:
    lines = [f"*{name(part.heading)}*"]
    lines += [f"> {literal(each, 700)}" for each in part.says]
    lines += [f"• {literal(each, 240)}" for each in part.points[:_ANSWERS]]
    for said, answer in part.answers[:_ANSWERS]:
        lines.append(f"• _{literal(said, 160)}_ → {literal(answer, 260)}")
    return lines
