"""Broken packs: each is refused whole, with the file, line, column and cause of what is wrong."""

from __future__ import annotations

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
    ("not readable as YAML", Edit(WARM, "owner:", " «owner:")),
    ("anchors and aliases are not allowed", Edit(WARM, "title: Not", "title: «&t Not")),
    ("anchors and aliases are not allowed", Edit(WARM, None, "a: «&a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n")),
    ("tags are not allowed, found tag:yaml.org,2002:python/object/apply:os.system",
     Edit(WARM, "title: Not", "title: «!!python/object/apply:os.system [Not")),
    ("the key 'owner' stands twice", Edit(WARM, "review_by:", "«owner: me\nreview_by:")),
    ("one document a file, found a second", Edit(WARM, "owner:", "«---\nowner:")),
    ("a key must be a text", Edit(WARM, "owner:", "«[a]: b\nowner:")),
    ("nested over 40 levels", Edit(WARM, "title: Not looking yet", "title: " + "[" * 39 + "«[" + "]" * 40)),
    ("the number 1e999 is out of bounds", Edit(MEETING, "times: 2.0", "times: «1e999")),
    (r"context.0.times: input should be a valid number, found '.nan'", Edit(MEETING, "times: 2.0", "times: «.nan")),
]  # fmt: skip
"""Files that are not the YAML that packs are written in."""

SHAPE: list[tuple[str, Edit]] = [
    ("unknown key 'sels_in'; did you mean 'sells_in'?", Edit(PACK, "sells_in:", "«sels_in: [US]\nsells_in:")),
    ("unknown key 'alow'; did you mean 'allow'?", Edit(WARM, "proof_page}", "proof_page, «alow: [proof_page]}")),
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
    ("there is no day 2027-02-30", Edit(WARM, "2027-02-22", "«2027-02-30")),
    ("expected a day such as 2027-02-22, found 'soon'", Edit(WARM, "2027-02-22", "«soon")),
    ("sources.crm: input should be less than or equal to 1", Edit(PACK, "crm: 0.8", "crm: «80")),
    ("forbid names at least one play", Edit(READY, "forbid: [book_meeting]", "forbid: «{}")),
    ("a play with a value needs its propensity", Edit(MEETING, "play: book_meeting", "«play: book_meeting").__class__(
        MEETING, "propensity: 0.2\n", "")),
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
    ("expires_on must be after approved_on", Edit(SOC2, "id: soc2", "«id: soc2").__class__(
        SOC2, "expires_on: 2027-09-01", "expires_on: 2026-09-01")),
    ("evidence: string should match pattern", Edit(SOC2, "https://example.com/soc2", "«http://example.com")),
    ("the file is empty", Edit("scripts/ready.md", "Call today, and lead with what changed.\n", "« \n")),
]  # fmt: skip
"""Files that are YAML, and not of the pack format."""

EDITS = [*YAML, *SHAPE]


def faults_of(*edits: Edit) -> tuple[list[tuple[str, str]], str]:
    files, place = pack_files(*edits)
    with pytest.raises(PackError) as caught:
        load_files(files, ROOT)
    return [(str(fault.place), fault.message) for fault in caught.value.faults], str(place)


if __name__ == "__main__":
    pass
