"""Who is to be called, and what changed, as messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from segue.agents.seller_exemplars import Intent
from segue.agents.seller_today import Call, Today
from segue.agents.seller_week import Moved, WeekChanges
from segue.agents.seller_words import CAUSES, reason_in_words
from segue.api.slack.answer_parts import ask_button, who
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
    when,
)
from segue.core.counted import counted
from segue.policies.clause_words import clause_in_words, trait_words, value_words

_CLAUSES = 3
_NAMED = 5
_LISTED = 15


def today_message(found: Today) -> Message:
    """Return whom to call, or that there is nobody, and why."""
    if not found.calls:
        blocks = [header("Nobody to call today"), section(*_nobody(found))]
        blocks += _aside(found)
        return message("Nobody to call today", blocks)
    title = f"Call today: {counted(found.worth_a_call, 'account')}"
    blocks = [header(title)]
    for rank, call in enumerate(found.calls, 1):
        blocks += [
            section(*_call(rank, call), accessory=ask_button(call.account, Intent.WHAT_TO_SAY)),
            divider(),
        ]
    if found.worth_a_call > len(found.calls):
        blocks.append(context(f"And {found.worth_a_call - len(found.calls)} more after these."))
    blocks += _aside(found)
    blocks.append(context("Ranked by what a call is worth by the policy, then by the newest change."))
    return message(f"{title}: {', '.join(each.account.shown for each in found.calls[:3])}", blocks)


def week_message(found: WeekChanges) -> Message:
    """Return what changed since an instant."""
    since = f"{found.since.astimezone(UTC):%a %d %b}"
    groups = (
        ("Now worth a call", [each for each in found.moved if each.up]),
        ("No longer worth a call", [each for each in found.moved if each.down]),
        ("Moved otherwise", [each for each in found.moved if not each.up and not each.down]),
    )
    blocks = [header(f"What changed since {since}")]
    for title, moves in groups:
        if moves:
            blocks.append(section(f"*{title}: {len(moves)}*", *_moves(moves)))
    if not found.moved:
        blocks.append(section("None of your accounts moved."))
    rest = []
    if found.returned:
        rest.append(f"{counted(found.returned, 'account')} moved and came back to where it was.")
    if found.first:
        rest.append(f"{counted(found.first, 'account')} had a first label.")
    if found.more:
        rest.append("There is more than I read at once: `segue moved` lists all of it.")
    if rest:
        blocks.append(context(*rest))
    if found.failed:
        lines = [
            f"• {who(each)}: {name(play)}, {literal(why, 200)}" for each, play, why in found.failed[:_NAMED]
        ]
        blocks.append(section(f":warning: *Failed to fire: {len(found.failed)}*", *lines))
    return message(f"What changed since {since}: {counted(len(found.moved), 'account')} moved", blocks)


def _call(rank: int, call: Call) -> list[str]:
    lines = [f"*{rank}. {who(call.account)}*"]
    if call.message:
        lines.append(literal(call.message, 700))
    why = " · ".join(clause_in_words(each) for each in call.because[:_CLAUSES])
    if why:
        lines.append(
            f"*Why:* {literal(why, 500)}"
            + (" _(provisional: a fact is missing)_" if call.provisional else "")
        )
    if call.change is not None:
        came = f"came from {name(call.change.before)}" if call.change.before else "a new account"
        cause = CAUSES.get(call.change.cause, call.change.cause)
        lines.append(f"*New:* {came}, {when(call.change.at)}, by {literal(cause)}")
    if call.proof is not None and call.proof.claim not in (call.message or ""):
        lines.append(f"*Open with:* {literal(call.proof.claim, 300)} {link(call.proof.evidence, 'evidence')}")
    if call.accepted:
        lines.append(f":white_check_mark: {name(call.accepted)} took this on")
    return lines


def _nobody(found: Today) -> list[str]:
    titles = " or ".join(f"*{name(each)}*" for each in found.segments) or "a segment that is called"
    if not found.mine:
        return [f"No account has you as its owner, {name(found.seller.name)}, so there is nobody to rank."]
    if not found.segments:
        return ["The policy in force names no segment whose accounts are called."]
    lines = [f"None of your {counted(found.mine, 'account')} is to be called now: that takes {titles}."]
    if found.nearly:
        lines.append("Nearest to it, each by one change:")
        lines += [
            f"• {who(each.account)}: {name(trait_words(each.trait))} from {name(value_words(each.before))}"
            f" to {name(value_words(each.after))}"
            for each in found.nearly
        ]
    return lines


def _aside(found: Today) -> list[Block]:
    """Return who is left out of the list, each with why."""
    lines = []
    for held in found.held[:_NAMED]:
        clause = f" ({literal(held.clause, 200)})" if held.clause else ""
        lines.append(
            f":no_entry: {who(held.account)}: do not call, {literal(reason_in_words(held.reason))}{clause}"
        )
    for account, until in found.snoozed[:_NAMED]:
        lines.append(f":zzz: {who(account)}: put off until {when(until)}")
    lines += [f":x: {who(each)}: marked as the wrong play" for each in found.overridden[:_NAMED]]
    return [context(*lines)] if lines else []


def _moves(moves: Sequence[Moved]) -> list[str]:
    lines = []
    for each in moves[:_LISTED]:
        way = f"{name(each.before)} → {name(each.after)}" if each.before else f"new, {name(each.after)}"
        why = " · ".join(clause_in_words(clause) for clause in each.because[:2])
        lines.append(
            f"• *{who(each.account)}*: {way}, {when(each.at)}"
            + (f"\n    _{literal(why, 240)}_" if why else "")
        )
    if len(moves) > _LISTED:
        lines.append(f"and {len(moves) - _LISTED} more")
    return lines
