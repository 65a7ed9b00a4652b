"""Whose an account is, and who was passed over, as a message."""

from __future__ import annotations

from segue.agents.seller_exemplars import Intent
from segue.agents.seller_ownership import Ownership, PodView, RepView, Routed
from segue.agents.seller_words import reason_in_words
from segue.api.slack.answer_parts import ask_buttons, who
from segue.api.slack.blocks import Message, context, header, literal, message, name, section, when
from segue.policies.clause_words import clause_in_words

_WAYS = {
    "account_owner": "the account's owner", "open_opportunity_owner": "the owner of an open deal",
    "pod": "a free rep of the first pod whose territory fits", "fallback": "else nobody, and a message is taken",
}  # fmt: skip
_MOST_PODS = 6


def ownership_message(found: Ownership) -> Message:
    """Return whose an account is and how that came about, then what the routing would do now."""
    shown = found.account.shown
    title = f"Why {shown} is yours" if found.is_mine else f"Whose {shown} is"
    blocks = [header(title), section(*_owner(found))]
    if found.routed is not None:
        blocks.append(section(*_routed(found, found.routed)))
    if found.pods:
        gets = f"give it to *{name(found.name(found.now.rep))}*" if found.now.rep else "find *nobody free*"
        blocks.append(section(f"*Were it nobody's*, the routing would now {gets}."))
        blocks += [section(*_pod(each)) for each in found.pods[:_MOST_PODS]]
        if len(found.pods) > _MOST_PODS:
            blocks.append(context(f"And {len(found.pods) - _MOST_PODS} more pods that do not fit."))
    if found.order:
        blocks.append(
            context(
                "The routing tries in this order: "
                + "; ".join(_WAYS.get(each, each) for each in found.order)
                + "."
            )
        )
    blocks.append(ask_buttons(found.account, Intent.WHAT_TO_SAY, Intent.WHAT_WOULD_FLIP))
    return message(title, blocks)


def _owner(found: Ownership) -> list[str]:
    account, owner = who(found.account), found.owner
    if owner is None:
        lines = [f"*{account}* has no owner yet."]
    elif found.is_mine:
        lines = [f"*{account}* is yours."]
    else:
        lines = [f"*{account}* belongs to *{name(found.name(owner))}* ({name(owner)})."]
    if found.pinned is not None:
        pin = found.pinned
        lines.append(
            f"Held by hand since {when(pin.at)} by {name(pin.by)}, until {pin.until:%d %b %Y}:"
            f" “{literal(pin.reason, 300)}”"
        )
    elif owner is not None and (found.routed is None or found.routed.rep.casefold() != owner.casefold()):
        lines.append("That is what the CRM or an import says: the routing did not choose it.")
    if found.opportunity_owner is not None and found.opportunity_owner != owner:
        lines.append(f"An open deal here is worked by *{name(found.name(found.opportunity_owner))}*.")
    return lines


def _routed(found: Ownership, routed: Routed) -> list[str]:
    via = f"by pod *{name(routed.pod)}*" if routed.pod else f"as {name(_WAYS.get(routed.via, routed.via))}"
    lines = [f"*Routed to {name(found.name(routed.rep))}* {when(routed.at)}, {via}."]
    if routed.passed:
        lines.append("Passed over then:")
        lines += [f"• {name(found.name(each))}: {reason_in_words(why)}" for each, why in routed.passed]
    else:
        lines.append("Nobody was passed over.")
    return lines


def _pod(pod: PodView) -> list[str]:
    if pod.territory is None:
        fits = "takes any account"
    else:
        said = {
            True: "its territory fits",
            False: "another territory",
            None: "not settled, a fact is missing",
        }[pod.verdict]
        clauses = ", ".join(clause_in_words(each) for each in pod.clauses[:3])
        fits = f"{said}: {literal(clauses or pod.territory, 300)}"
    lines = [f"*Pod {name(pod.pod)}*: {fits}"]
    if pod.verdict is True:
        lines += [f"• {name(each.name)}: {_rep(each)}" for each in pod.reps]
    return lines


def _rep(rep: RepView) -> str:
    terms = [f"{rep.share:.0%} of the pod by weight"]
    terms.append(f"{rep.load} of {rep.cap} today" if rep.cap is not None else f"{rep.load} today, no cap")
    if rep.hours:
        terms.append(name(rep.hours))
    if rep.chosen:
        verdict = "*gets it*"
    elif rep.passed is not None:
        verdict = f"passed over, {reason_in_words(rep.passed)}"
    else:
        verdict = "free, but the draw by weight falls on a colleague"
    return f"{verdict} ({', '.join(terms)})"
