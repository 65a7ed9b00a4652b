"""Every lint on a clean pack broken in one way: exactly its code, exactly there, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from segue.core.errors import Place
from segue.policies.checks import REASONS, Code, Finding, Severity, check_pack, from_faults
from segue.policies.checks.codes import WARNINGS, severity_of
from segue.policies.checks.report import as_json, as_text, failed, summary
from segue.policies.faults import PackError
from segue.policies.files import shipped_packs
from segue.policies.load import load_files, load_pack
from tests.policies.packs import ROOT, TODAY, Edit, pack_files

PACK, TRAITS = "pack.yaml", "traits.yaml"
READY, WARM, REST = (f"segments/{name}.yaml" for name in ("sales_ready", "warm_up", "needs_data"))
NO_PATH = Edit(TRAITS, "path: {type: text, scope: request, layer: behavioral}\n", "")
NO_RULES = Edit(
    WARM, "rules:\n  - forbid: [proof_page]\n    when: path LIKE '/careers%'\n    reason: seeks_a_job\n", ""
)
EMPTY_WARM = (NO_PATH, NO_RULES)
MARKED_PACK, MARKED_READY, MARKED_WARM = (
    Edit(PACK, "pack: acme", "«pack: acme"),
    Edit(READY, "segment: sales_ready", "«segment: sales_ready"),
    Edit(WARM, "segment: warm_up", "«segment: warm_up"),
)
STUDENT = "persona = 'student'"
MUTED = "play: mute\ntitle: Out of paid media\nkind: audience\nchannel: ads\nsuppresses: true\nundone_by: unmute\n"
MUTE = (
    Edit("plays/mute.yaml", None, MUTED),
    Edit("plays/unmute.yaml", None, "play: unmute\ntitle: Back into it\nkind: audience\nchannel: ads\n"),
)  # fmt: skip
LETTER = Edit("plays/letter.yaml", None, "play: letter\ntitle: A letter\nkind: sequence\nchannel: email\n"
                                         "undone_by: stop_sequence\n")  # fmt: skip


def roles(rules: str) -> tuple[Edit, ...]:
    """A trait for the seniority of contacts, and rules of roles."""
    seniority = "persona: {type: text, scope: contact, layer: contextual}\n"
    return (
        Edit(TRAITS, seniority, seniority + seniority.replace("persona", "seniority")),
        Edit("personas.yaml", None, f"functions: [any]\nrules:\n{rules}"),
    )


def extra_segments(count: int) -> tuple[Edit, ...]:
    """More segments, each with its own condition, treatment and test."""
    names = [f"tier{index}" for index in range(count)]
    edits = [Edit(PACK, "warm_up, needs_data]", f"warm_up, {', '.join(names)}, needs_data]")]
    for index, name in enumerate(names):
        text = (
            f"segment: {name}\ntitle: Tier {index}\nwhen: NOT high_fit AND employees = {index}\n"
            "owner: x@example.com\nreview_by: 2027-02-22\nsurfaces: {chat: {default: answer}}\n"
            f"proof: {{at_most: {index + 3}}}\n"
            "measure: {goal: visit, within: 30d}\nevidence: {interviews: 1}\n"
        )
        edits.append(Edit(f"segments/{name}.yaml", None, text))
        tests = f"- name: a case\n  expect: {{segment: {name}}}\n"
        edits.append(Edit(f"segments/{name}_test.yaml", None, tests))
    return tuple(edits)


BROKEN: list[tuple[Code, tuple[Edit, ...]]] = [
    (Code.DECISION_MISSING, (MARKED_PACK, Edit(PACK, "decision: Which accounts get sales time today\n", ""))),
    (Code.DIMENSION_COUNT, (Edit(PACK, "[fit, intent]", "«[fit, intent, employees, industry]"),)),
    (Code.FIT_DIMENSION_MISSING, (Edit(PACK, "[fit, intent]", "«[pricing_views, intent]"),)),
    (Code.BEHAVIOR_DIMENSION_MISSING, (Edit(PACK, "[fit, intent]", "«[fit, employees]"),)),
    (Code.DIMENSION_UNREAD, (Edit(PACK, "[fit, intent]", "[fit, intent, «country]"),)),
    (Code.SEGMENT_COUNT, (
        Edit(PACK, "[sales_ready, warm_up, needs_data]", "«[sales_ready, needs_data]"), Edit(WARM, None),
        Edit("segments/warm_up_test.yaml", None), NO_PATH,
    )),
    (Code.SEGMENT_COUNT, (Edit(PACK, "segments: [", "segments: «["), *extra_segments(6))),
    (Code.TRAIT_COUNT, (
        Edit(PACK, "segments: [", "segments: «["), Edit(TRAITS, " OR ARRAY_CONTAINS(tech, 'crm')", ""),
        Edit(TRAITS, 'tech: {type: "text[]", layer: technographic}\n', ""),
    )),
    (Code.REGIMES_MISSING, (MARKED_PACK, Edit(PACK, "sells_in: [US, EU]\n", ""))),
    (Code.REGION_MISSING, (
        Edit(PACK, "[US, EU]", "«[US, EU]"), Edit(PACK, "- when: region = 'EU'", "- when: is_customer"),
        Edit(PACK, "region = 'EU' AND marketing_consent IS NOT TRUE", "marketing_consent IS FALSE"),
    )),
    (Code.OUTREACH_UNGUARDED, (
        Edit(PACK, " AND marketing_consent IS NOT TRUE", ""),
        Edit(TRAITS, "marketing_consent: {type: boolean, scope: contact, layer: contextual}\n", ""),
        Edit("plays/start_sequence.yaml", "channel: email", "channel: «email"),
    )),
    (Code.OWNER_MISSING, (MARKED_WARM, Edit(WARM, "owner: marketing@example.com\n", ""))),
    (Code.OWNER_MISSING, (Edit(WARM, "owner: marketing@example.com", 'owner: «" "'),)),
    (Code.REVIEW_MISSING, (MARKED_WARM, Edit(WARM, "review_by: 2027-02-22\n", ""))),
    (Code.REVIEW_OVERDUE, (Edit(WARM, "2027-02-22", "«2026-11-21"),)),
    (Code.EVIDENCE_MISSING, (MARKED_WARM, Edit(WARM, "evidence: {interviews: 4}\n", ""))),
    (Code.EVIDENCE_MISSING, (Edit(WARM, "interviews: 4", "interviews: «0"),)),
    (Code.MEASURE_MISSING, (MARKED_WARM, Edit(WARM, "measure: {goal: visit, within: 30d}\n", ""))),
    (Code.TESTS_MISSING, (MARKED_WARM, Edit("segments/warm_up_test.yaml", None))),
    (Code.NEEDS_UNREAD, (Edit(READY, "{employees: 0.5}", "{employees: 0.5, «country: 0.5}"),)),
    (Code.NEEDS_UNREAD, (Edit(READY, "{employees: 0.5}", "{«fit: 0.5}"),)),
    (Code.NEEDS_OUT_OF_REACH, (Edit(READY, "{employees: 0.5}", "{employees: «0.9}"),)),
    (Code.SAME_TREATMENT, (
        *EMPTY_WARM, Edit(WARM, "  web: {default: proof_page}\n", ""), Edit(REST, "segment:", "«segment:"),
    )),
    (Code.SEGMENT_UNTREATED, (
        *EMPTY_WARM, MARKED_WARM, Edit(WARM, "  web: {default: proof_page}\n", ""),
        Edit(WARM, "{default: answer, allow: [answer, ask_size]}", "{default: silence}"),
    )),
    (Code.RESIDUAL_UNTREATED, (
        Edit(REST, "segment:", "«segment:"),
        Edit(REST, "surfaces:\n  chat: {default: answer, allow: [answer, ask_size]}\n", ""),
    )),
    (Code.UNDO_MISSING, (
        Edit("plays/start_sequence.yaml", "undone_by: stop_sequence\n", ""),
        Edit("plays/start_sequence.yaml", "play: ", "«play: "),
    )),
    (Code.EXIT_MISSING, (
        Edit(READY, "on_enter: [start_sequence]\non_exit: [stop_sequence]\n", "on_enter: [«start_sequence]\n"),
        Edit(WARM, "surfaces:", "on_exit: [stop_sequence]\nsurfaces:"),
    )),
    (Code.EXIT_MISSING, (
        Edit(READY, "on_enter: [start_sequence]\non_exit: [stop_sequence]\n", ""),
        Edit(READY, "email: {default: start_sequence}", "email: {default: «start_sequence}"),
        Edit(WARM, "surfaces:", "on_exit: [stop_sequence]\nsurfaces:"),
    )),
    (Code.SUPPRESSES_IN_RESIDUAL, (*MUTE, Edit(REST, "surfaces:", "on_enter: [«mute]\non_exit: [unmute]\nsurfaces:"))),
    (Code.OFF_CHANNEL, (Edit(REST, "[answer, ask_size]", "[answer, ask_size, «proof_page]"),)),
    (Code.LIMIT_UNOFFERED, (Edit(READY, "plays: [book_meeting]", "plays: [book_meeting, «ask_size]"),)),
    (Code.FORBID_UNOFFERED, (Edit(READY, "forbid: [book_meeting]", "forbid: [book_meeting, «ask_size]"),)),
    (Code.FORBID_UNOFFERED, (Edit(READY, "forbid: [book_meeting]", "forbid: «{kinds: [ask]}"),)),
    (Code.FORBID_UNOFFERED, (
        Edit(PACK, "adapt:", "  - id: nothing\n    forbid: «{kinds: [route]}\n    when: is_customer\n"
                             "    reason: none\nadapt:"),
    )),
    (Code.RULE_REPEATED, (
        Edit(READY, "limits:", "  - forbid: [book_meeting]\n    when: «persona = 'student'\n    reason: again\nlimits:"),
    )),
    (Code.RULE_REPEATED, (
        Edit(READY, "limits:", "  - forbid: [start_sequence]\n    when: «region = 'EU' AND marketing_consent IS NOT TRUE\n"
                               "    reason: again\nlimits:"),
    )),
    (Code.ASK_NEVER_OFFERED, (Edit(READY, "[answer, book_meeting]", "[answer, book_meeting, «ask_size]"),)),
    (Code.PROOF_OUT_OF_REACH, (
        Edit("plays/book_meeting.yaml", "{proof.2|}", "{proof.3}"),
        Edit(READY, "[answer, book_meeting]", "[answer, «book_meeting]"),
    )),
    (Code.NOBODY_ROUTED, (
        Edit("routing.yaml", None), Edit("plays/take_a_message.yaml", None),
        Edit("plays/book_meeting.yaml", "owner: pod", "owner: «pod"),
    )),
    (Code.NOBODY_ROUTED, (
        Edit("routing.yaml", "fallback:", "order: [account_owner, fallback]\nfallback:"),
        Edit("plays/book_meeting.yaml", "owner: pod", "owner: «pod"),
    )),
    (Code.TRAIT_UNUSED, (Edit(TRAITS, "persona:", "«city: {type: text, layer: firmographic}\npersona:"),)),
    (Code.PLAY_UNUSED, (
        Edit("plays/extra.yaml", None, "title: Never\n«play: extra\nkind: reply\nchannel: chat\n"),
    )),
    (Code.PROOF_UNUSED, (
        Edit(READY, "proof: {match: [industry], at_most: 2}", "proof: {at_most: 0}"),
        Edit(WARM, "measure:", "proof: {at_most: 0}\nmeasure:"), Edit(REST, "measure:", "proof: {at_most: 0}\nmeasure:"),
        Edit("proof/soc2.md", "id: soc2", "id: «soc2"),
    )),
    (Code.PROOF_UNUSED, (
        Edit(READY, "match: [industry]", "match: [region]"),
        Edit(WARM, "measure:", "proof: {match: [region]}\nmeasure:"),
        Edit(REST, "measure:", "proof: {match: [region]}\nmeasure:"),
        Edit("proof/soc2.md", "{industry: [saas, retail]}", "{region: [UK]}"),
        Edit("proof/soc2.md", "id: soc2", "id: «soc2"),
    )),
    (Code.SCRIPT_UNUSED, (Edit("scripts/old.md", None, "«Say this.\n"),)),
    (Code.SURFACE_UNUSED, (Edit(PACK, "[web, chat, email]", "[web, chat, «ads, email]"),)),
    (Code.PROOF_EXPIRED, (Edit("proof/soc2.md", "2027-09-01", "«2026-11-22"),)),
    (Code.PROOF_EXPIRING, (Edit("proof/soc2.md", "2027-09-01", "«2026-12-22"),)),
    (Code.PROOF_EXPIRING, (Edit("proof/soc2.md", "2027-09-01", "«2026-11-23"),)),
    (Code.PROOF_NOT_YET_APPROVED, (Edit("proof/soc2.md", "2026-09-01", "«2026-11-23"),)),
    (Code.EXAMPLE_PROOF, (
        Edit("proof/shown.md", None, "---\nid: shown\nclaim: Live in two weeks\nevidence: https://example.com/x\n"
             "approved_by: x@example.com\napproved_on: 2026-01-01\nexpires_on: 2028-01-01\nexample: «true\n---\nSo.\n"),
    )),
    (Code.NULL_MEANS_NONE, (Edit(WARM, "NOT in_market", "NOT in_market AND «industry IS NULL"),)),
    (Code.NULL_MEANS_NONE, (Edit(WARM, "NOT in_market", "NOT in_market AND NOT («industry IS NULL) IS FALSE"),)),
    (Code.NULL_MEANS_NONE, (Edit(WARM, "NOT in_market", "NOT in_market AND COALESCE(«industry, 'retail') = 'retail'"),)),
    (Code.NULL_MEANS_NONE, (Edit(TRAITS, "OR pricing_views > 4", "OR «pricing_views IS NULL"),)),
    (Code.NULL_MEANS_NONE, (Edit(READY, STUDENT, f"{STUDENT} AND «industry IS NULL"),)),
    (Code.UNKNOWN_BECOMES_VALUE, (
        Edit(TRAITS, "CASE WHEN country IN ('DE', 'FR') THEN 'EU' WHEN country <> '' THEN 'other' END",
             "«CASE WHEN country IN ('DE', 'FR') THEN 'EU' ELSE 'other' END"),
    )),
    (Code.SEGMENT_NEVER_HOLDS, (Edit(WARM, "when: high_fit AND NOT in_market", "when: «high_fit AND NOT high_fit"),)),
    (Code.SEGMENT_NEVER_HOLDS, (
        Edit(WARM, "when: high_fit AND NOT in_market", "when: >-\n  «intent > 100\n  AND high_fit"),
    )),
    (Code.SEGMENT_NEVER_REACHED, (
        Edit(READY, "needs: {employees: 0.5}\n", ""),
        Edit(WARM, "when: high_fit AND NOT in_market", "when: «high_fit AND in_market AND employees > 500"),
    )),
    (Code.RULE_NEVER_HOLDS, (Edit(READY, STUDENT, f"«{STUDENT} AND persona LIKE 'cf%'"),)),
    (Code.RULE_NEVER_HOLDS, (
        Edit(PACK, "region = 'EU' AND marketing_consent IS NOT TRUE", "«region = 'UK' AND marketing_consent IS NOT TRUE"),
    )),
    (Code.RULE_NEVER_HOLDS_HERE, (Edit(READY, STUDENT, f"«{STUDENT} AND NOT in_market"),)),
    (Code.ADAPT_NEVER_HOLDS, (Edit(PACK, "- when: region = 'EU'", "- when: «region = 'UK'"),)),
    (Code.TERRITORY_NEVER_HOLDS, (Edit("routing.yaml", "region = 'EU'", "«pricing_views < 0 AND region = 'EU'"),)),
    (Code.CONTEXT_NEVER_HOLDS, (Edit("plays/book_meeting.yaml", '"employees >= 1000', '"«employees > 9 AND employees < 10'),)),
    (Code.SCORE_ITEM_NEVER_HOLDS, (
        Edit(TRAITS, "  scorecard:\n", "  scorecard:\n    - {when: \"«employees > 9 AND employees < 2\", points: 1}\n"),
    )),
    (Code.TRAIT_NEVER_HOLDS, (
        Edit(TRAITS, "in_market:", 'huge: {type: boolean, sql: "«fit > 80"}\nin_market:'),
        Edit(READY, STUDENT, f"{STUDENT} OR huge"),
    )),
    (Code.DEFAULT_NEVER_PERMITTED, (
        Edit(WARM, "path LIKE '/careers%'", "path LIKE '/careers%' OR NOT in_market"),
        Edit(WARM, "{default: proof_page}", "{default: «proof_page}"),
    )),
    (Code.PLAY_NEVER_PERMITTED, (
        Edit(READY, STUDENT, f"{STUDENT} OR in_market"), Edit(READY, "[answer, book_meeting]", "[answer, «book_meeting]"),
    )),
    (Code.ENTRY_NEVER_PERMITTED, (
        Edit(READY, "forbid: [book_meeting]", "forbid: [book_meeting, start_sequence]"),
        Edit(READY, "on_enter: [start_sequence]", "on_enter: [«start_sequence]"),
    )),
    (Code.UNDECIDED, (Edit(READY, STUDENT, f"«{STUDENT} AND employees * employees = 2"),)),
    (Code.ROLE_RULE_UNREACHED, roles(
        "  - {rule: all, any: [security], gives: {function: any}}\n"
        "  - {rule: «none, any: [security sales], gives: {function: any}}\n"
    )),
    (Code.COMMITTEE_ROLE_NEVER_GIVEN, roles(
        "  - {rule: all, any: [security], gives: {persona: ciso}}\ncommittee: [ciso, «cfo]\n"
    )),
    (Code.UNDO_ELSEWHERE, (
        Edit("plays/mute.yaml", None, MUTED.replace("by: ", "by: «") + "parameters: {audience: muted}\n"), MUTE[1],
        Edit(WARM, "surfaces:", "on_enter: [mute]\non_exit: [unmute]\nsurfaces:"),
    )),
    (Code.UNDO_SHARED, (
        LETTER,
        Edit(WARM, "surfaces:", "on_enter: [letter]\non_exit: [«stop_sequence]\nsettle: {exit: 1h}\nsurfaces:"),
    )),
]  # fmt: skip
"""Each code with changes of the clean pack that break it, the place of the finding marked."""


def findings_of(
    *edits: Edit, today: date = TODAY, undecided: bool = True
) -> tuple[tuple[Finding, ...], Place | None]:
    files, place = pack_files(*edits)
    return check_pack(load_files(files, ROOT), today, undecided=undecided), place


@pytest.mark.parametrize(("code", "edits"), BROKEN, ids=[f"{i}-{code}" for i, (code, _) in enumerate(BROKEN)])
def test_a_broken_pack_gives_its_code_at_its_place_and_no_other(code: Code, edits: tuple[Edit, ...]) -> None:
    found, place = findings_of(*edits)
    assert [(each.code, str(each.place)) for each in found] == [(code, str(place))]
    assert found[0].severity is severity_of(code)
    assert found[0].reason == REASONS[code]
    assert found[0].message


def test_the_clean_pack_has_no_findings() -> None:
    assert findings_of() == ((), None)


def test_every_code_is_broken_once_and_has_its_reason() -> None:
    assert {code for code, _ in BROKEN} == set(Code) - {Code.INVALID_PACK}
    assert set(REASONS) == set(Code)
    assert set(Code) >= WARNINGS


SOUND: list[tuple[str, tuple[Edit, ...]]] = [
    ("a review due today is in time", (Edit(WARM, "2027-02-22", "2026-11-22"),)),
    ("a month and a day is notice enough", (Edit("proof/soc2.md", "2027-09-01", "2026-12-23"),)),
    ("eight segments", extra_segments(5)),
    ("a guard that a fact is known", (Edit(WARM, "NOT in_market", "NOT in_market AND industry IS NOT NULL"),)),
    ("IS NOT TRUE, the way to write it", (Edit(WARM, "NOT in_market", "in_market IS NOT TRUE"),)),
    ("a person who is unknown may be met otherwise", (Edit(READY, STUDENT, "persona IS NULL"),)),
    ("unknown beside known values in a rule", (Edit(READY, STUDENT, f"{STUDENT} AND (industry IS NULL OR industry = 'retail')"),)),
    ("a shadowed segment that sees a fact the other doubts", (
        Edit(WARM, "when: high_fit AND NOT in_market", "when: high_fit AND in_market AND employees > 500"),
    )),
    ("all claims are examples: the pack is one", (Edit("proof/soc2.md", "expires_on: 2027-09-01", "expires_on: 2027-09-01\nexample: true"),)),
    ("a rule about a fact that contacts state for themselves", (
        Edit(WARM, "NOT in_market", "NOT in_market AND industry = 'saas'"),
        Edit(WARM, "path LIKE '/careers%'", "path LIKE '/careers%' AND industry = 'retail'"),
        Edit("segments/warm_up_test.yaml", "  expect:", "  contact: {industry: retail}\n  expect:"),
    )),
    ("a suppression of a matched label, undone on leaving", (
        *MUTE, Edit(WARM, "surfaces:", "on_enter: [mute]\non_exit: [unmute]\nsurfaces:"),
    )),
    ("the same play of two segments, with one undo", (
        Edit(WARM, "surfaces:", "on_enter: [start_sequence]\non_exit: [stop_sequence]\nsettle: {exit: 1h}\nsurfaces:"),
    )),
    ("two plays with one undo that is over when the next segment begins", (
        LETTER, Edit(WARM, "surfaces:", "on_enter: [letter]\non_exit: [stop_sequence]\nsurfaces:"),
    )),
]  # fmt: skip


@pytest.mark.parametrize("edits", [edits for _, edits in SOUND], ids=[why for why, _ in SOUND])
def test_what_is_sound_is_let_be(edits: tuple[Edit, ...]) -> None:
    assert findings_of(*edits)[0] == ()


def test_a_rule_that_only_a_contact_could_meet_is_found_when_no_contact_states_the_fact() -> None:
    """The same pack as above without the test in which a contact restates it."""
    found, place = findings_of(
        Edit(WARM, "NOT in_market", "NOT in_market AND industry = 'saas'"),
        Edit(WARM, "path LIKE '/careers%'", "«path LIKE '/careers%' AND industry = 'retail'"),
    )
    assert [(each.code, each.place) for each in found] == [(Code.RULE_NEVER_HOLDS_HERE, place)]


def test_what_is_undecided_is_said_only_when_asked() -> None:
    edit = Edit(READY, STUDENT, f"{STUDENT} AND employees * employees = 2")
    assert findings_of(edit, undecided=False)[0] == ()
    assert [each.severity for each in findings_of(edit)[0]] == [Severity.INFO]


def test_errors_come_first_then_files_and_lines() -> None:
    found, _ = findings_of(
        Edit(WARM, "2027-02-22", "2026-11-21"), Edit(WARM, "interviews: 4", "interviews: 0"),
        Edit(REST, "interviews: 3", "interviews: 0"), Edit(READY, "2027-02-22", "2026-11-21"),
    )  # fmt: skip
    assert [(each.severity, each.place.file.rpartition("/")[2]) for each in found] == [
        (Severity.ERROR, "needs_data.yaml"), (Severity.ERROR, "warm_up.yaml"),
        (Severity.WARNING, "sales_ready.yaml"), (Severity.WARNING, "warm_up.yaml"),
    ]  # fmt: skip


def test_the_report_says_where_what_and_why() -> None:
    found, _ = findings_of(
        Edit(WARM, "2027-02-22", "2026-11-21"), Edit(WARM, "interviews: 4", "interviews: 0")
    )
    lines = as_text(found).plain.splitlines()
    assert lines == [
        "acme/segments/warm_up.yaml:14:24 error evidence_missing",
        "    no customer was talked to",
        f"    {REASONS[Code.EVIDENCE_MISSING]}",
        "acme/segments/warm_up.yaml:5:12 warning review_overdue",
        "    the review was due on 2026-11-21, today is 2026-11-22",
        f"    {REASONS[Code.REVIEW_OVERDUE]}",
        "1 error, 1 warning",
    ]
    assert as_json(found)[1] == {
        "code": "review_overdue", "severity": "warning", "file": "acme/segments/warm_up.yaml", "line": 5,
        "column": 12, "message": "the review was due on 2026-11-21, today is 2026-11-22",
        "reason": REASONS[Code.REVIEW_OVERDUE],
    }  # fmt: skip
    assert (failed(found), failed(found[1:]), failed(found[1:], strict=True), failed(())) == (
        True,
        False,
        True,
        False,
    )
    assert summary(()) == "no findings"


def test_a_pack_that_does_not_load_is_reported_in_the_same_shape() -> None:
    files, place = pack_files(Edit(PACK, "title:", "«titel:"))
    with pytest.raises(PackError) as caught:
        load_files(files, ROOT)
    found = from_faults(caught.value)
    assert {each.code for each in found} == {Code.INVALID_PACK}
    assert str(place) in {str(each.place) for each in found}
    assert failed(found)


@pytest.mark.parametrize("name", shipped_packs())
def test_shipped_packs_are_clean(name: str) -> None:
    """Neither an error nor a warning on the day they were written for."""
    assert check_pack(load_pack(name), TODAY, undecided=True) == ()
