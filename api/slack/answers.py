"""What the assistant says, as messages of Slack: one function a kind of answer."""

from __future__ import annotations

from collections.abc import Sequence

from segue.agents.seller import CanDo, NoAccount, Reply, WhichAccount
from segue.agents.seller_exemplars import Intent
from segue.agents.seller_nearness import Nearness
from segue.agents.seller_ownership import Ownership
from segue.agents.seller_pitch import Pitch
from segue.agents.seller_today import Today
from segue.agents.seller_week import WeekChanges
from segue.agents.seller_words import reason_in_words
from segue.api.slack.answer_calls import today_message, week_message
from segue.api.slack.answer_owner import ownership_message
from segue.api.slack.answer_parts import ask_buttons, bullets, pick_button, who
from segue.api.slack.answer_pitch import pitch_message
from segue.api.slack.blocks import Block, Message, actions, context, header, literal, message, name, section
from segue.policies.clause_words import clause_in_words, trait_words, value_words

PROMPTS = (
    ("Who should I call today?", "who should I call today?"),
    ("What changed this week?", "what changed this week?"),
    ("Why is an account mine?", "why is acme.com mine, and who was passed over?"),
    ("What do I say to their CISO?", "what do I say to the CISO of acme.com?"),
)
"""What is suggested at the start: a title, and what is then asked."""
_MOST_PICKS = 5


def message_of(reply: Reply) -> Message:
    """Return an answer as a message."""
    if isinstance(reply, Today):
        return today_message(reply)
    if isinstance(reply, WeekChanges):
        return week_message(reply)
    if isinstance(reply, Ownership):
        return ownership_message(reply)
    if isinstance(reply, Pitch):
        return pitch_message(reply)
    if isinstance(reply, Nearness):
        return nearness_message(reply)
    if isinstance(reply, WhichAccount):
        return which_message(reply)
    if isinstance(reply, NoAccount):
        return no_account_message(reply)
    return can_do_message(reply)


def nearness_message(found: Nearness) -> Message:
    """Return what would bring an account into a segment that is called."""
    target = _either([name(each) for each in found.targets])
    account = who(found.account)
    if found.there:
        blocks = _there(found, account)
        return message(f"{found.account.shown} is there already", blocks)
    blocks = [
        header(f"What would make {found.account.shown} {_called(found)}"),
        section(
            f"*{account}* is in *{name(found.segment)}*{_unsure(found.provisional)}, not in *{target}*.",
            *bullets(clause_in_words(each) for each in found.because[:4]),
        ),
    ]
    if found.ways:
        several = (
            "Any one of these changes would be enough"
            if len(found.ways) > 1
            else "One change would be enough"
        )
        ways = [
            f"• *{name(trait_words(each.trait))}* from {name(value_words(each.before))} to "
            f"{name(value_words(each.after))}, then *{name(each.segment)}*"
            for each in found.ways
        ]
        blocks.append(section(f"*{several}*", *ways))
    elif found.missing:
        blocks.append(section("*No known fact, changed alone, would do it.* What is not known yet might:"))
    else:
        blocks.append(
            section(
                "*No single fact would do it.* What does not hold today:",
                *bullets(clause_in_words(each) for each in found.open_conditions),
            )
        )
    if found.missing:
        asks = [
            f"• *{name(trait_words(each.trait))}*"
            + (f": ask “{literal(each.question, 300)}”" if each.question else "")
            for each in found.missing
        ]
        blocks.append(section("*Not known, and it would settle the label*", *asks))
    blocks.append(ask_buttons(found.account, Intent.WHY_MINE, Intent.WHAT_TO_SAY))
    return message(f"What would make {found.account.shown} {_called(found)}", blocks)


def _there(found: Nearness, account: str) -> list[Block]:
    blocks = [
        header(f"{found.account.shown} is there already"),
        section(
            f"*{account}* is in *{name(found.segment)}*{_unsure(found.provisional)}, because",
            *bullets(clause_in_words(each) for each in found.because[:6]),
        ),
    ]
    if found.forbidden is not None:
        why = literal(reason_in_words(str(found.forbidden.reason)))
        clause = f" ({literal(found.forbidden.clause)})" if found.forbidden.clause else ""
        blocks.append(section(f":no_entry: *Do not call yet:* {why}{clause}."))
    blocks.append(ask_buttons(found.account, Intent.WHAT_TO_SAY, Intent.WHY_MINE))
    return blocks


def which_message(found: WhichAccount) -> Message:
    """Ask which of several accounts is meant."""
    if len(found.accounts) == 1:
        words = f"Nobody is called exactly “{name(found.words)}”. Do you mean this one?"
    else:
        words = (
            f"There are {len(found.accounts)} accounts that “{name(found.words)}” may be. Which do you mean?"
        )
    picks = [pick_button(each, found, number) for number, each in enumerate(found.accounts[:_MOST_PICKS])]
    listed = [f"• {who(each)} · `{name(each.account_id)}`" for each in found.accounts[:_MOST_PICKS]]
    blocks = [section(words, *listed), actions(*picks)]
    if len(found.accounts) > _MOST_PICKS:
        blocks.append(context("There are more: ask again by the domain."))
    return message("Which account do you mean?", blocks)


def no_account_message(found: NoAccount) -> Message:
    """Say that no account is known by what was said."""
    if found.words:
        words = f"I know no account called “{name(found.words)}”. Is it spelled as in the CRM? A domain works best."
    else:
        words = "Which account? Name it by its domain or as the CRM has it, such as “why is acme.com mine?”"
    return message("Which account?", [section(words)])


def can_do_message(found: CanDo) -> Message:
    """Say what may be asked."""
    first = (
        "I did not understand that." if found.unsure else "Hello. I answer from Segue's labels and policies."
    )
    lines = [
        "• *Who should I call today?* Your accounts, ranked, with reasons",
        "• *Why is acme.com mine, and who was passed over?* Owner and routing",
        "• *What do I say to their CISO?* Approved proof, and the script",
        "• *What would make them sales-ready?* The smallest change that would",
        "• *What changed this week?* Who moved, and what failed to fire",
    ]
    blocks = [section(f"{first} You can ask me:", *lines)]
    if found.about is not None:
        about = found.about
        blocks.append(section(f"About *{who(about)}*:"))
        blocks.append(ask_buttons(about, Intent.WHY_MINE, Intent.WHAT_TO_SAY, Intent.WHAT_WOULD_FLIP))
    return message("What you can ask", blocks)


def stranger_message() -> Message:
    """Refuse somebody who is no seller here, saying nothing of any account."""
    words = (
        "I answer the sellers of this team, and your Slack e-mail is not among them: it is neither in the routing nor"
        " the owner of an account. Ask revenue operations to add you."
    )
    return message("You are not known as a seller here", [section(words)])


def unavailable_message() -> Message:
    """Say that there is no answer now."""
    words = "I cannot look that up at the moment. Nothing was changed; please ask again in a minute."
    return message("Not available at the moment", [section(words)])


def _unsure(provisional: bool) -> str:
    return " (provisional: a fact is missing)" if provisional else ""


def _either(names: Sequence[str]) -> str:
    return " or ".join(names) or "a segment that is called"


def _called(found: Nearness) -> str:
    """Return what an account would be in the segment asked for."""
    return found.target_words or "worth a call"
