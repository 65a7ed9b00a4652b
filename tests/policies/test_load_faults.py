"""Broken packs: each is refused whole, with the file, line, column and cause of what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segue.core.errors import NotFoundError
from segue.policies.documents import MAX_BYTES
from segue.policies.faults import PackError
from segue.policies.load import load_files, load_pack
from tests.policies.packs import ROOT, Edit, pack_files

PACK, TRAITS, ROUTING = "pack.yaml", "traits.yaml", "routing.yaml"
READY, WARM, REST = (f"segments/{name}.yaml" for name in ("sales_ready", "warm_up", "needs_data"))
TESTS = "segments/sales_ready_test.yaml"
WHEN, RULE = "when: high_fit AND NOT in_market", "when: persona = 'student'"
FACTS = "facts: {employees: 500, industry: saas, intent: 80}"
SOC2, MEETING, PAGE = "proof/soc2.md", "plays/book_meeting.yaml", "plays/proof_page.yaml"


def when(text: str) -> Edit:
    """The condition of a segment, written as it stands here after `when:`."""
    return Edit(WARM, WHEN, f"when: {text}")


def trait(text: str) -> Edit:
    """One more trait."""
    return Edit(TRAITS, "persona:", f"{text}\npersona:")


YAML: list[tuple[str, Edit]] = [
    ("the file is empty", Edit(WARM, None, "«")),
    ("the file is empty", Edit(WARM, None, "«# nothing but a comment\n")),
    ("not readable as YAML", Edit(WARM, None, "segment: warm_up\nsurfaces: {web: {default: proof_page\n«")),
    ("not readable as YAML", Edit(WARM, None, 'segment: warm_up\ntitle: "Not looki«')),
    ("mapping values are not allowed in this context", Edit(WARM, "owner:", " owner«:")),
    ("anchors and aliases are not allowed", Edit(WARM, "title: Not", "title: «&t Not")),
    ("anchors and aliases are not allowed", Edit(WARM, None, "a: «&a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n")),
    ("tags are not allowed, found tag:yaml.org,2002:python/object/apply:os.system",
     Edit(WARM, "title: Not", "title: «!!python/object/apply:os.system [Not")),
    ("the key 'owner' stands twice", Edit(WARM, "review_by:", "«owner: me\nreview_by:")),
    ("one document a file, found a second", Edit(WARM, "owner:", "«---\nowner:")),
    ("a key must be a text", Edit(WARM, "owner:", "«[a]: b\nowner:")),
    ("nested over 40 levels", Edit(WARM, "title: Not looking yet", "title: " + "[" * 39 + "«[" + "]" * 40)),
    ("the number 1e999 is out of bounds", Edit(MEETING, "times: 2.0", "times: «1e999")),
    ("context.0.times: input should be a valid number, found '.nan'", Edit(MEETING, "times: 2.0", "times: «.nan")),
]  # fmt: skip
"""Files that are not the YAML that packs are written in."""

SHAPE: list[tuple[str, Edit]] = [
    ("unknown key 'sels_in'; did you mean 'sells_in'?", Edit(PACK, "sells_in:", "«sels_in: [US]\nsells_in:")),
    ("unknown key 'alow'; did you mean 'allow'?", Edit(WARM, "proof_page}", "proof_page, «alow: [proof_page]}")),
    ("identity.least_confidence.web: input should be less than or equal to 1, found 2",
     Edit(PACK, "sells_in:", "identity: {least_confidence: {web: «2}}\nsells_in:")),
    ("expected one of web, chat, slack, email, ads, crm, found 'wap'",
     Edit(PACK, "sells_in:", "identity: {least_confidence: {«wap: 0.5}}\nsells_in:")),
    ("the pack decides nothing on ads and has no play there",
     Edit(PACK, "sells_in:", "identity: {least_confidence: {ads: «0.5}}\nsells_in:")),
    ("unknown key 'colour'; expected one of", Edit(PAGE, "channel:", "«colour: red\nchannel:")),
    ("the key 'title' is required", Edit(PAGE, "play: proof_page\ntitle: Page with proof\n", "«play: proof_page\n")),
    ("limits.0.at_most: input should be a valid integer, found '1'", Edit(READY, "at_most: 1,", 'at_most: «"1",')),
    ("title: input should be a valid string, found 5", Edit(WARM, "title: Not looking yet", "title: «5")),
    ("title: input should be a valid string, found True", Edit(WARM, "title: Not looking yet", "title: «true")),
    ("segments: input should be a valid list", Edit(PACK, "[sales_ready, warm_up, needs_data]", "«sales_ready")),
    ("expected one of route, meeting, .* found 'meting'; did you mean 'meeting'?",
     Edit(MEETING, "kind: meeting", "kind: «meting")),
    ("expected one of web, chat, .* found 'chatt'; did you mean 'chat'?", Edit(PACK, "[web, chat", "[web, «chatt")),
    ("expected a duration such as 24h, 7d or 2w, found '7 days'", Edit(READY, "over: 7d", "over: «7 days")),
    ("expected a duration of at most 36525d, a century, found '999999w'", Edit(READY, "over: 7d", "over: «999999w")),
    ("there is no day 2027-02-30", Edit(WARM, "2027-02-22", "«2027-02-30")),
    ("expected a day such as 2027-02-22, found 'soon'", Edit(WARM, "2027-02-22", "«soon")),
    ("sources.crm: input should be less than or equal to 1", Edit(PACK, "crm: 0.8", "crm: «80")),
    ("forbid names at least one play", Edit(READY, "- forbid: [book_meeting]", "- «forbid: []")),
    ("a play with a value needs its propensity", Edit("plays/costly.yaml", None,
        "«play: costly\ntitle: Costly\nkind: reply\nchannel: chat\nvalue: 3\n")),
    ("a play cannot undo itself", Edit("plays/again.yaml", None,
        "«play: again\ntitle: Again\nkind: tag\nchannel: crm\nundone_by: again\n")),
    ("silence is built in and needs no file", Edit("plays/silence.yaml", None,
        "«play: silence\ntitle: Hush\nkind: reply\nchannel: none\n")),
    ("play is 'answer', the file is named 'reply'", Edit("plays/reply.yaml", None,
        "play: «answer\ntitle: Reply\nkind: reply\nchannel: chat\n")),
    ("a trait is computed in one way, found count and sql", trait(
        'x: «{type: integer, layer: behavioral, count: {event: page, over: 1d}, sql: "1"}')),
    ("layer is required, one of firmographic", trait("x: «{type: text}")),
    ("count gives integer, found type 'number'", trait(
        "x: «{type: number, layer: behavioral, count: {event: page, over: 1d}}")),
    ("a derived trait takes source, freshness and absence from what it reads", trait(
        'x: «{type: boolean, from: [crm], sql: "is_customer"}')),
    ("values are for text, found type 'integer'", trait("x: «{type: integer, layer: intent, values: {a: []}}")),
    ("absent must be of type boolean, found 0", trait("x: «{type: boolean, layer: intent, absent: 0}")),
    ("points carry at most 6 decimals", Edit(TRAITS, '{when: "employees >= 200", points: 50}',
        '«{when: "employees >= 200", points: 0.0000001}')),
    ("string should match pattern", trait("«Region2: {type: text, layer: intent}")),
    ("pods.0.reps.0.hours: .*Lisboa", Edit(ROUTING, '"Mon-Fri 09:00-17:30 Europe/Lisbon"',
        '«"Mon-Fri 09:00-17:30 Europe/Lisboa"')),
    ("pods.1.reps.0.rep: string should match pattern", Edit(ROUTING, "bea@example.com", "«bea")),
    ("a proof point opens with front matter", Edit(SOC2, "---\nid: soc2", "«id: soc2")),
    ("a proof point needs sentences to quote", Edit(SOC2, "The report is sent on request.\n", "«")),
    ("id is 'soc1', the file is named 'soc2'", Edit(SOC2, "id: soc2", "id: «soc1")),
    ("expires_on must be after approved_on", Edit("proof/late.md", None,
        "---\n«id: late\nclaim: Late\nevidence: https://example.com/x\napproved_by: me\n"
        "approved_on: 2026-09-01\nexpires_on: 2026-09-01\n---\nSo.\n")),
    ("evidence: string should match pattern", Edit(SOC2, "https://example.com/soc2", "«http://example.com")),
    ("the file is empty", Edit("scripts/ready.md", "Call today, and lead with what changed.\n", "« \n")),
]  # fmt: skip
"""Files that are YAML, and not of the pack format."""

NAMES: list[tuple[str, Edit]] = [
    ("unknown trait 'fitt'; did you mean 'fit'?", Edit(PACK, "[fit, intent]", "[«fitt, intent]")),
    ("unknown source 'crmm'; did you mean 'crm'?", Edit(TRAITS, "from: [crm, web]", "from: [«crmm, web]")),
    ("unknown play 'anser'; did you mean 'answer'?", Edit(WARM, "allow: [answer, ", "allow: [«anser, ")),
    ("unknown play 'start_sequense'; did you mean", Edit(READY, "on_enter: [", "on_enter: [«start_sequense, ")),
    ("unknown play 'stop'", Edit(READY, "on_exit: [", "on_exit: [«stop, ")),
    ("unknown play 'book'", Edit(READY, "forbid: [book_meeting]", "forbid: [«book]")),
    ("unknown play 'book'", Edit(READY, "plays: [book_meeting]", "plays: [«book]")),
    ("unknown play 'emails'", Edit(PACK, "{channels: [email, phone, linkedin]}", "{plays: [«emails]}")),
    ("unknown play 'stop_sequences'; did you mean",
     Edit("plays/start_sequence.yaml", "undone_by: stop_sequence", "undone_by: «stop_sequences")),
    ("unknown play 'take_message'; did you mean", Edit(ROUTING, "play: take_a_message", "play: «take_message")),
    ("unknown trait 'industri'; did you mean 'industry'?", Edit(READY, "match: [industry]", "match: [«industri]")),
    ("unknown trait 'people'", Edit(READY, "needs: {employees: 0.5}", "needs: {people: «0.5}")),
    ("unknown script 'scripts/readi.md'; did you mean", Edit(READY, "scripts/ready.md", "«scripts/readi.md")),
    ("the surface 'slack' is not among those of pack.yaml",
     Edit(WARM, "  web: {", "  slack: «{default: answer}\n  web: {")),
    ("the segment 'warm_up' stands twice", Edit(PACK, "warm_up, needs", "warm_up, «warm_up, needs")),
    ("the guardrail 'consent' stands twice", Edit(PACK, "adapt:",
        "  - id: «consent\n    forbid: {kinds: [ask]}\n    when: is_customer\n    reason: again\nadapt:")),
    ("the segment 'cold' is not in the order of pack.yaml",
     Edit("segments/cold.yaml", None, "segment: «cold\ntitle: Cold\nwhen: is_customer\n")),
    ("the last segment is the residual and has no when", Edit(REST, "owner:", "when: «is_customer\nowner:")),
    ("the key 'when' is required: only the last segment", Edit(WARM,
        f"segment: warm_up\ntitle: Not looking yet\n{WHEN}\n", "«segment: warm_up\ntitle: Not looking yet\n")),
    ("unknown value of industry 'sas'; did you mean 'saas'?", Edit(SOC2, "[saas, retail]", "[«sas, retail]")),
    ("the slot is filled by the trait 'sector', which there is not", Edit(PAGE, "{industry|", "«{sector|")),
    ("the message has no slot 'field'", Edit(PAGE, "message:", "fill: {field: «industry}\nmessage:")),
    ("a brace without its partner: '{'", Edit(PAGE, "{industry|your field}", "«{industry|your field")),
    ("a brace without its partner: '}'", Edit(PAGE, "a plan}.", "a plan}«}.")),
    ("the slot '{Industry}' is not one of", Edit(PAGE, "{industry|your field}", "«{Industry}")),
    ("the slot '{proof.0}' is not one of", Edit(MEETING, "{proof.2|}", "«{proof.0}")),
]  # fmt: skip
"""Names that nothing defines."""

CASES: list[tuple[str, Edit]] = [
    ("'high_fit' is derived: state the facts that it follows from", Edit(TESTS, FACTS, "facts: {high_fit: «true}")),
    ("'persona' is of scope contact, not account", Edit(TESTS, FACTS, "facts: {persona: «cfo}")),
    ("unknown trait 'employes'; did you mean 'employees'?", Edit(TESTS, FACTS, "facts: {employes: «3}")),
    ("employees: expected a whole number", Edit(TESTS, FACTS, "facts: {employees: «3.5}")),
    ("'sas' is not among the values of 'industry'; did you mean 'saas'?",
     Edit(TESTS, FACTS, "facts: {industry: «sas}")),
    ("unknown segment 'sales_redy'; did you mean 'sales_ready'?",
     Edit(TESTS, "segment: sales_ready", "segment: «sales_redy")),
    ("unknown play 'answr'; did you mean 'answer'?", Edit(TESTS, "permitted: [answer]", "permitted: [«answr]")),
    ("a case that expects more than a label needs its surface",
     Edit(TESTS, None, "- «name: a case\n  expect: {segment: sales_ready, play: answer}\n")),
    ("0.expect.status: string should match pattern",
     Edit(TESTS, "segment: sales_ready,", "segment: sales_ready, status: «matchd,")),
    ("unknown key 'fact'; did you mean 'facts'?", Edit(TESTS, FACTS, f"«fact: {{}}\n  {FACTS}")),
    ("list should have at least 1 item", Edit(TESTS, None, "«[]\n")),
    ("0.now: expected an instant such as", Edit(TESTS, FACTS, "now: «tomorrow")),
]  # fmt: skip
"""Tests beside the policies that state what cannot be."""

PREDICATES: list[tuple[str, Edit]] = [
    ("unknown trait 'high_fitt'; did you mean 'high_fit'?", when("«high_fitt AND in_market")),
    ("unknown trait 'in_markt'; did you mean 'in_market'?", when(">-\n  high_fit\n  AND «in_markt")),
    ("unknown trait 'in_markt'", when("|\n  high_fit\n\n  AND\n    «in_markt\n  AND in_market")),
    ("unknown trait 'in_markt'", when("high_fit\n  AND\n  «in_markt")),
    ("unknown trait 'nope'", when("'industry = ''saas'' AND country <> '''' AND «nope'")),
    ("unknown trait 'nope'", when(r'''"country = '\u0041\t\\' AND\n «nope"''')),
    ("unknown trait 'nope'", when('''"country = 'a'\n\n  AND «nope"''')),
    ("'persona' is of scope contact: who belongs to a segment depends on account traits only",
     when("high_fit AND «persona = 'cfo'")),
    ("'path' is of scope request", when("high_fit AND «path LIKE '/x%'")),
    ("several statements are not allowed", when("high_fit«; DROP TABLE x")),
    ("an alias is not allowed: is an operator missing?", when("employees = 1 «b")),
    ("a subquery is not allowed", when("employees IN («SELECT 1)")),
    ("a comment is not allowed", when("high_fit «-- and nothing else")),
    ("a comment is not allowed", when("high_fit «/* all */ AND in_market")),
    ("nested over 50 levels", when("(" * 50 + "«(high_fit" + ")" * 51)),
    ("the function REGEXP_LIKE is not among", when("«REGEXP_LIKE(industry, 'a')")),
    ("the function LOWR is not among .*; did you mean 'lower'?", when("«LOWR(industry) = 'saas'")),
    ("a chained comparison is not allowed", when("«1 < employees < 3")),
    ("IN needs at least one value", when("«industry IN ()")),
    ("a parameter is not allowed", when("'employees > «?'")),
    ("a quoted name is not allowed", when("""'«"Employees" > 3'""")),
    ("cannot compare integer with text", when("«employees = 'many'")),
    ("LIKE needs text, found integer", when("«employees LIKE '1%'")),
    ("a predicate is true or false, this is of type integer", when("«employees")),
    ("a list is searched with ARRAY_CONTAINS", when("«tech = 'crm'")),
    ("'sas' is not among the values of 'industry'; did you mean 'saas'?", when("industry IN ('retail', «'sas')")),
    ("the number 9007199254740993 is larger than", when("employees > «9007199254740993")),
    ("'x' is not an ISO 8601 timestamp", when("employees = 1 AND TIMESTAMP «'x' > now()")),
    ("a cast is not allowed", when("employees«::text = '1'")),
    ("unknown trait 'pth'",
     Edit(TRAITS, "{event: page, over: 14d}", """{event: page, where: "«pth = '/'", over: 14d}""")),
    ("unknown trait 'page'",
     Edit(TRAITS, "[{event: page, add: 10}]", "[{event: page, where: '«page = 1', add: 10}]")),
    ("unknown trait 'employes'; did you mean 'employees'?", Edit(TRAITS, '"employees >= 200"', '"«employes >= 200"')),
    ("unknown trait 'regio'", Edit(PACK, "- when: region = 'EU'", "- when: «regio = 'EU'")),
    ("unknown trait 'marketing'", Edit(PACK, "marketing_consent IS NOT TRUE", "«marketing IS NOT TRUE")),
    ("unknown trait 'regio'", Edit(ROUTING, "when: region", "when: «regio")),
    ("unknown trait 'employes'", Edit(MEETING, '"employees >= 1000"', '"«employes >= 1000"')),
    ("unknown trait 'persna'; did you mean 'persona'?", Edit(READY, RULE, "when: «persna = 'student'")),
    ("rfm gives text, or with part an integer", trait(
        "x: «{type: integer, layer: behavioral, rfm: {event: track, value: revenue, over: 7d}}")),
    ("should be less than or equal to 9, found 12", trait(
        "x: {type: text, layer: behavioral, rfm: {event: track, value: revenue, over: 7d, quantiles: «12}}")),
    ("unknown trait 'pathh'; did you mean 'path'", trait(
        "x: {type: text, layer: behavioral, rfm: {event: page, value: revenue, over: 7d, where: «pathh = '/'}}")),
    ("rank gives text, found type 'integer'", trait(
        "x: «{type: integer, layer: contextual, rank: {by: intent, tiers: {one: 1}}}")),
    ("no tier is called 'none': that stands for no seat", trait(
        "x: {type: text, layer: contextual, rank: «{by: intent, tiers: {none: 1}}}")),
    ("a rank goes by a number, found text", trait(
        "x: {type: text, layer: contextual, rank: {by: «country, tiers: {one: 1}}}")),
    ("unknown trait 'intentt'; did you mean 'intent'", trait(
        "x: {type: text, layer: contextual, rank: {by: «intentt, tiers: {one: 1}}}")),
    ("a rank cannot follow from a rank, found 'x'", trait(
        "x: {type: text, layer: contextual, rank: {by: intent, when: «y, tiers: {one: 1}}}\ny: {type: boolean, sql: x = 'one'}")),
    ("'persona' is of scope contact: a rank goes by account traits only", trait(
        "x: {type: text, layer: contextual, rank: {by: intent, when: «persona = 'a', tiers: {one: 1}}}")),
    ("rfm and rank are of accounts, and nothing is meant by their absence", trait(
        "x: «{type: text, layer: contextual, absent: one, rank: {by: intent, tiers: {one: 1}}}")),
    ("'two' is not among the values of 'x'", Edit(TRAITS, "high_fit: {",
        "x: {type: text, layer: contextual, rank: {by: intent, tiers: {one: 1}}}\nz: {type: boolean, sql: x = «'two'}\nhigh_fit: {")),
    ("'user' is a reserved word of some engine", trait("user: «{type: text, layer: firmographic}")),
    ("the expression gives boolean, found type 'text'", trait("x: {type: «text, sql: is_customer}")),
    ("the derived traits read each other in a ring: x -> y -> x",
     trait("x: «{type: boolean, sql: y}\ny: {type: boolean, sql: x}")),
    ("unknown trait 'x'", trait("x: {type: boolean, sql: «x}")),
    ("this arithmetic could overflow", trait("x: {type: number, sql: «" + " * ".join(["intent"] * 30) + "}")),
    ("'big' is not among the values of 'size'", trait(
        "size: {type: text, layer: intent, values: {small: []}}\nx: {type: boolean, sql: size = «'big'}")),
]  # fmt: skip
"""Conditions and expressions that are not in the language, in every style that YAML can write them."""

FAULTS = [*YAML, *SHAPE, *NAMES, *CASES, *PREDICATES]


def faults_of(*edits: Edit) -> tuple[list[tuple[str, str]], str]:
    """Return the faults of a broken pack, and the place that was marked."""
    files, place = pack_files(*edits)
    with pytest.raises(PackError) as caught:
        load_files(files, ROOT)
    return [(str(fault.place), fault.message) for fault in caught.value.faults], str(place)


@pytest.mark.parametrize(
    ("cause", "edit"), FAULTS, ids=[f"{i}-{cause[:40]}" for i, (cause, _) in enumerate(FAULTS)]
)
def test_a_broken_pack_is_refused_with_place_and_cause(cause: str, edit: Edit) -> None:
    found, place = faults_of(edit)
    assert [each for each, _ in found] == [place]
    assert has_cause(found[0][1], cause), found[0][1]


def has_cause(message: str, cause: str) -> bool:
    """Return True when a message holds the parts of a cause in order; `.*` stands between two parts."""
    return re.search(".*".join(re.escape(part) for part in cause.split(".*")), message) is not None


def test_bytes_that_are_no_utf8_are_named_by_line_and_byte() -> None:
    found, _ = faults_of(Edit(WARM, None, b"segment: warm_up\ntitle: caf\xe9 au lait\n"))
    assert found == [(f"{ROOT}/{WARM}:2:11", "not UTF-8: byte 0xe9")]


def test_a_control_character_is_named_by_line_and_column() -> None:
    found, _ = faults_of(Edit(WARM, None, b"segment: warm_up\ntitle: a\x00b\n"))
    assert [place for place, _ in found] == [f"{ROOT}/{WARM}:2:9"]
    assert "not readable as YAML" in found[0][1]


def test_windows_line_ends_and_a_byte_order_mark_move_no_place() -> None:
    files, place = pack_files(when(">-\n  high_fit\n  AND «in_markt"))
    files[WARM] = b"\xef\xbb\xbf" + files[WARM].replace(b"\n", b"\r\n")
    with pytest.raises(PackError) as caught:
        load_files(files, ROOT)
    assert [each.place for each in caught.value.faults] == [place]


def test_a_file_that_is_too_large_is_not_read() -> None:
    found, _ = faults_of(Edit(WARM, None, b"#" * (MAX_BYTES + 1)))
    assert found == [
        (f"{ROOT}/{WARM}", f"the file has {MAX_BYTES + 1} bytes, at most {MAX_BYTES} are allowed")
    ]


@pytest.mark.parametrize("file", [PACK, TRAITS])
def test_a_file_that_every_pack_has_is_asked_for(file: str) -> None:
    found, _ = faults_of(Edit(file, None))
    assert any(
        place == f"{ROOT}/{file}" and f"the file {file} is required" in cause for place, cause in found
    )


def test_a_name_that_is_wrong_in_one_place_is_a_fault_wherever_it_is_missed() -> None:
    """The order names a segment that there is not, and there is one that the order does not name."""
    found, place = faults_of(Edit(PACK, "warm_up, needs_data]", "«warm_upp, needs_data]"))
    assert found == [
        (place, "unknown segment 'warm_upp'; did you mean 'warm_up'?"),
        (
            f"{ROOT}/{WARM}:1:10",
            "the segment 'warm_up' is not in the order of pack.yaml; did you mean 'warm_upp'?",
        ),
        (f"{ROOT}/segments/warm_up_test.yaml:3:21", "unknown segment 'warm_up'; did you mean 'warm_upp'?"),
    ]


def test_every_fault_is_listed_in_the_order_of_files_and_lines() -> None:
    edits = (when("nope"), Edit(READY, RULE, "when: nope"), Edit(PACK, "[fit, intent]", "[fitt, intent]"))
    found, _ = faults_of(*edits)
    assert [place.removeprefix(f"{ROOT}/") for place, _ in found] == [
        "pack.yaml:4:14", "segments/sales_ready.yaml:15:11", "segments/warm_up.yaml:3:7",
    ]  # fmt: skip


def test_there_are_at_least_forty() -> None:
    assert len({(cause, edit) for cause, edit in FAULTS}) >= 40


def written(folder: Path) -> Path:
    """Write the clean pack to a folder."""
    files, _ = pack_files()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("segmentz/cold.yaml", "not a folder of a pack; did you mean 'segments'?"),
        ("trait.yaml", "not a file of a pack; did you mean 'traits.yaml'?"),
        ("plays/answer.yml", "expected .yaml in plays/"),
    ],
)
def test_a_file_in_the_wrong_place_is_named(tmp_path: Path, name: str, cause: str) -> None:
    written(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x: 1\n")
    with pytest.raises(PackError) as caught:
        load_pack(tmp_path)
    assert [(each.place.file, each.message) for each in caught.value.faults] == [
        (str(tmp_path / name), cause)
    ]


def test_a_folder_that_is_sound_loads_and_a_name_that_is_none_does_not(tmp_path: Path) -> None:
    assert load_pack(written(tmp_path)).name == "acme"
    with pytest.raises(NotFoundError, match=r"did you mean 'saas_pipeline'\?"):
        load_pack("saas_pipelin")
