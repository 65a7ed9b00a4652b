"""The codes of `segue check`: what each finds, how bad it is, and why it matters."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The pack cannot do what it promises, or harms a buyer: the check fails."""
    WARNING = "warning"
    """Likely a mistake, or something that time has brought about."""
    INFO = "info"
    """Said only when asked for: what could not be decided."""


class Code(StrEnum):
    """What a finding is about. Append, never rename: callers match on these."""

    INVALID_PACK = "invalid_pack"

    DECISION_MISSING = "decision_missing"
    DIMENSION_COUNT = "dimension_count"
    FIT_DIMENSION_MISSING = "fit_dimension_missing"
    BEHAVIOR_DIMENSION_MISSING = "behavior_dimension_missing"
    DIMENSION_UNREAD = "dimension_unread"
    SEGMENT_COUNT = "segment_count"
    TRAIT_COUNT = "trait_count"
    REGIMES_MISSING = "regimes_missing"
    REGION_MISSING = "region_missing"
    OUTREACH_UNGUARDED = "outreach_unguarded"

    OWNER_MISSING = "owner_missing"
    REVIEW_MISSING = "review_missing"
    REVIEW_OVERDUE = "review_overdue"
    EVIDENCE_MISSING = "evidence_missing"
    MEASURE_MISSING = "measure_missing"
    TESTS_MISSING = "tests_missing"
    NEEDS_UNREAD = "needs_unread"
    NEEDS_OUT_OF_REACH = "needs_out_of_reach"
    SAME_TREATMENT = "same_treatment"

    SEGMENT_UNTREATED = "segment_untreated"
    RESIDUAL_UNTREATED = "residual_untreated"
    UNDO_MISSING = "undo_missing"
    EXIT_MISSING = "exit_missing"
    SUPPRESSES_IN_RESIDUAL = "suppresses_in_residual"
    OFF_CHANNEL = "off_channel"
    LIMIT_UNOFFERED = "limit_unoffered"
    FORBID_UNOFFERED = "forbid_unoffered"
    RULE_REPEATED = "rule_repeated"
    ASK_NEVER_OFFERED = "ask_never_offered"
    PROOF_OUT_OF_REACH = "proof_out_of_reach"
    NOBODY_ROUTED = "nobody_routed"

    TRAIT_UNUSED = "trait_unused"
    PLAY_UNUSED = "play_unused"
    PROOF_UNUSED = "proof_unused"
    SCRIPT_UNUSED = "script_unused"
    SURFACE_UNUSED = "surface_unused"

    PROOF_EXPIRED = "proof_expired"
    PROOF_EXPIRING = "proof_expiring"
    PROOF_NOT_YET_APPROVED = "proof_not_yet_approved"
    EXAMPLE_PROOF = "example_proof"

    NULL_MEANS_NONE = "null_means_none"
    UNKNOWN_BECOMES_VALUE = "unknown_becomes_value"

    SEGMENT_NEVER_HOLDS = "segment_never_holds"
    SEGMENT_NEVER_REACHED = "segment_never_reached"
    RULE_NEVER_HOLDS = "rule_never_holds"
    RULE_NEVER_HOLDS_HERE = "rule_never_holds_here"
    ADAPT_NEVER_HOLDS = "adapt_never_holds"
    TERRITORY_NEVER_HOLDS = "territory_never_holds"
    CONTEXT_NEVER_HOLDS = "context_never_holds"
    SCORE_ITEM_NEVER_HOLDS = "score_item_never_holds"
    TRAIT_NEVER_HOLDS = "trait_never_holds"
    DEFAULT_NEVER_PERMITTED = "default_never_permitted"
    PLAY_NEVER_PERMITTED = "play_never_permitted"
    ENTRY_NEVER_PERMITTED = "entry_never_permitted"
    UNDECIDED = "undecided"

    ROLE_RULE_UNREACHED = "role_rule_unreached"
    COMMITTEE_ROLE_NEVER_GIVEN = "committee_role_never_given"

    UNDO_ELSEWHERE = "undo_elsewhere"
    UNDO_SHARED = "undo_shared"


REASONS: Mapping[Code, str] = {
    Code.INVALID_PACK: "A pack with a fault is not used at all: the last good one goes on serving.",
    Code.DECISION_MISSING: "A segmentation without the decision it is for only describes, and is never wrong.",
    Code.DIMENSION_COUNT: "One dimension is a list; more than three make segments that nobody can tell apart.",
    Code.FIT_DIMENSION_MISSING: "Without fit (firmographic, technographic), time goes to whoever clicks most.",
    Code.BEHAVIOR_DIMENSION_MISSING: (
        "Without behavior or intent, accounts are treated alike whether they are looking or not."
    ),
    Code.DIMENSION_UNREAD: "A dimension that no segment reads does not span the segmentation.",
    Code.SEGMENT_COUNT: "Fewer than 3 segments decide little; over 8 get no treatment of their own.",
    Code.TRAIT_COUNT: "With fewer than 6 facts segments are crude; over 12 are never all known at once.",
    Code.REGIMES_MISSING: "What may be done to whom depends on the law: say which regimes are sold in.",
    Code.REGION_MISSING: "Selling under several laws with one treatment breaks one of them.",
    Code.OUTREACH_UNGUARDED: "Who has not agreed, or said stop, must be excludable from every outreach.",
    Code.OWNER_MISSING: "What nobody owns, nobody corrects.",
    Code.REVIEW_MISSING: "Without a date to think again, a segment outlives the market it was drawn for.",
    Code.REVIEW_OVERDUE: "The segment was to be thought through again by then.",
    Code.EVIDENCE_MISSING: "A segment drawn without talking to customers is a guess about them.",
    Code.MEASURE_MISSING: "Without a goal and a window nobody can say whether the treatment works.",
    Code.TESTS_MISSING: "A policy without tests beside it changes meaning unnoticed.",
    Code.NEEDS_UNREAD: "Belief in a fact that the condition does not read changes nothing.",
    Code.NEEDS_OUT_OF_REACH: "The fact can never count as known here, whatever any source says.",
    Code.SAME_TREATMENT: "Segments are named by what they get: two that get the same are one.",
    Code.SEGMENT_UNTREATED: "An account in it gets nothing anywhere but silence.",
    Code.RESIDUAL_UNTREATED: "Accounts that nothing is known of are most of the market: they are met too.",
    Code.UNDO_MISSING: "What it leaves behind stays when the account moves on.",
    Code.EXIT_MISSING: "An account that leaves takes the tag, audience or sequence along.",
    Code.SUPPRESSES_IN_RESIDUAL: "Nothing is known of these accounts: missing facts must not exclude a buyer.",
    Code.OFF_CHANNEL: "The surface that asks cannot show the play.",
    Code.LIMIT_UNOFFERED: "The limit counts a play that the segment never offers.",
    Code.FORBID_UNOFFERED: "The rule takes away what is not offered: it protects nobody.",
    Code.RULE_REPEATED: "Two copies of one rule drift apart.",
    Code.ASK_NEVER_OFFERED: "A question is asked only while an askable fact keeps an earlier segment open.",
    Code.PROOF_OUT_OF_REACH: "The words quote more proof points than the segment shows: it is never offered.",
    Code.NOBODY_ROUTED: "The play promises a named rep, and there is no way to one.",
    Code.TRAIT_UNUSED: "A fact that nothing reads is imported, refreshed and asked for in vain.",
    Code.PLAY_UNUSED: "No segment offers it and no exit needs it: it never happens.",
    Code.PROOF_UNUSED: "No account that is shown proof fits its tags: it is never quoted.",
    Code.SCRIPT_UNUSED: "No segment names it: nobody reads it.",
    Code.SURFACE_UNUSED: "Callers on this surface always get silence.",
    Code.PROOF_EXPIRED: "An expired claim is not shown, and its plays fall back or fall away.",
    Code.PROOF_EXPIRING: "An expired claim is not shown: have it approved again in time.",
    Code.PROOF_NOT_YET_APPROVED: "A claim is not shown before the day it is approved.",
    Code.EXAMPLE_PROOF: "An example claim beside real ones is shown to buyers as true.",
    Code.NULL_MEANS_NONE: (
        "Unknown is not none: nobody said so. Give the trait an `absent`, or write IS NOT TRUE."
    ),
    Code.UNKNOWN_BECOMES_VALUE: "Nothing is known, and it has a value all the same: rules take it for a fact.",
    Code.SEGMENT_NEVER_HOLDS: "No facts make its condition true: it stays empty.",
    Code.SEGMENT_NEVER_REACHED: "Whatever makes it true makes an earlier segment true: it stays empty.",
    Code.RULE_NEVER_HOLDS: "No facts make its condition true: its reason is never given.",
    Code.RULE_NEVER_HOLDS_HERE: "No account of this segment makes it true: it forbids nothing that is known.",
    Code.ADAPT_NEVER_HOLDS: "No facts make its condition true: its terms never apply.",
    Code.TERRITORY_NEVER_HOLDS: "No account lies in it: its reps get nobody.",
    Code.CONTEXT_NEVER_HOLDS: "No facts make its condition true: the factor never counts.",
    Code.SCORE_ITEM_NEVER_HOLDS: "No facts make its condition true: its points are never given.",
    Code.TRAIT_NEVER_HOLDS: "No facts make it true: whatever asks for it never holds.",
    Code.DEFAULT_NEVER_PERMITTED: "The rules forbid it to every account of the segment: silence is what is left.",
    Code.PLAY_NEVER_PERMITTED: "The rules forbid it to every account of the segment: it is offered in vain.",
    Code.ENTRY_NEVER_PERMITTED: "A label changes with nobody there: what is unknown of a contact forbids.",
    Code.UNDECIDED: "Neither shown to be possible nor impossible: the condition is beyond region analysis.",
    Code.ROLE_RULE_UNREACHED: "No title is read by it: rules before it take every title that it knows.",
    Code.COMMITTEE_ROLE_NEVER_GIVEN: "The account lacks the role for ever, whoever its contacts are.",
    Code.UNDO_ELSEWHERE: "What takes it back looks in another place: the account keeps what it was given.",
    Code.UNDO_SHARED: (
        "While the next segment wants the one, the other is not taken back: give each its own undo."
    ),
}
"""Why each finding matters, in one line."""

WARNINGS = frozenset({
    Code.REGIMES_MISSING, Code.OUTREACH_UNGUARDED, Code.REVIEW_MISSING, Code.REVIEW_OVERDUE,
    Code.MEASURE_MISSING, Code.TESTS_MISSING, Code.NEEDS_UNREAD, Code.OFF_CHANNEL, Code.LIMIT_UNOFFERED,
    Code.FORBID_UNOFFERED, Code.RULE_REPEATED, Code.ASK_NEVER_OFFERED, Code.SURFACE_UNUSED,
    Code.PROOF_EXPIRED, Code.PROOF_EXPIRING, Code.PROOF_NOT_YET_APPROVED, Code.EXAMPLE_PROOF,
    Code.UNKNOWN_BECOMES_VALUE, Code.RULE_NEVER_HOLDS_HERE, Code.PLAY_NEVER_PERMITTED,
    Code.ENTRY_NEVER_PERMITTED, Code.ROLE_RULE_UNREACHED, Code.UNDO_SHARED,
})  # fmt: skip


def severity_of(code: Code) -> Severity:
    """Return how bad findings of a code are."""
    if code is Code.UNDECIDED:
        return Severity.INFO
    return Severity.WARNING if code in WARNINGS else Severity.ERROR
