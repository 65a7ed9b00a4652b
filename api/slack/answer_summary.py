"""The summary of a week as a message."""

from __future__ import annotations

from datetime import UTC

from segue.agents.overrides import WRONG_BECAUSE
from segue.agents.overrides_report import RuleOverrides
from segue.agents.seller_summary import WeekSummary
from segue.api.slack.answer_calls import week_message
from segue.api.slack.blocks import Message, context, header, literal, message, name, section
from segue.core.counted import counted

_WORDS = {
    "accept": "taken on", "reassign": "given to somebody else", "not_now": "put off",
    "wrong_play": "marked as the wrong play", "unanswered": "not answered",
}  # fmt: skip


def summary_message(found: WeekSummary) -> Message:
    """Return what a week came to, for whoever it is for."""
    week = f"{found.since.astimezone(UTC):%a %d %b} to {found.until.astimezone(UTC):%a %d %b}"
    whose = {"rep": "Your week", "pod": f"The week of pod {found.title}", "all": "The week of all accounts"}
    title = f"{whose[found.recipient.kind]}: {week}"
    moved = week_message(found.changes).blocks[1:]
    blocks = [header(title), section("*What moved*"), *moved, section(*_called(found))]
    if found.overridden:
        blocks.append(
            section("*What was overridden*", *(f"• {override_line(each)}" for each in found.overridden))
        )
    if not found.changes.failed:
        blocks.append(context("Everything that was to fire did."))
    count = counted(len(found.changes.moved), "account")
    return message(f"{title}: {count} moved, {counted(found.sent, 'alert')}", blocks)


def override_line(rule: RuleOverrides) -> str:
    """Return how often a rule was overridden, and with what reasons, as mrkdwn."""
    times = f"{rule.overridden} of {max(rule.sent, rule.answered)} times"
    reasons = ", ".join(
        f"{count} “{literal(WRONG_BECAUSE.get(reason, reason), 100)}”"
        for reason, count in rule.reasons.most_common(3)
    )
    return f"*{name(rule.rule)}* ({name(rule.pack)}): overridden {times}: {reasons}"


def _called(found: WeekSummary) -> list[str]:
    if not found.sent:
        return ["*What was called*", "No alert went out."]
    lines = [
        f"• {found.answers[answer]} {words}" for answer, words in _WORDS.items() if found.answers[answer]
    ]
    return ["*What was called*", f"{counted(found.sent, 'alert')} went out:", *lines]
