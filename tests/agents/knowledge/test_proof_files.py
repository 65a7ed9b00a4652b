"""Proof points from files: good ones are read, and of every bad one is said where, what was found and what was expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from segue.agents.knowledge.proof_files import ReadProof, proof_files, read_drafts
from segue.core.errors import InputError
from segue.policies.load import load_pack
from segue.policies.pack import Pack

GOOD = """---
id: fast_answers
claim: "Answers in 40 ms"
tags: {persona: [it], topic: [speed]}
evidence: https://example.com/fast
approved_by: somebody@example.com
approved_on: 2026-09-01
expires_on: 2027-09-01
---
Measured over a year. Every hour of it is public.
"""
HEADER = "id,claim,body,evidence,expires_on,tags.persona,tags.topic\n"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("saas_pipeline")


def read(folder: Path, pack: Pack, **files: str) -> ReadProof:
    for name, text in files.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_text(text, "utf-8")
    return read_drafts(proof_files([folder]), pack)


def test_markdown_as_packs_have_it(tmp_path: Path, pack: Pack) -> None:
    found = read(tmp_path, pack, fast_answers_md=GOOD)
    [draft] = found.drafts
    assert not found.faults and (draft.id, draft.source) == ("fast_answers", "fast_answers.md:1")
    assert draft.body == "Measured over a year. Every hour of it is public."
    assert draft.claim.tags == {"persona": ["it"], "topic": ["speed"]}
    assert found.notes == ["approved_by and approved_on of 1 files are not taken over: approving sets them"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            ("id: fast_answers", "id: other"),
            r"fast_answers\.md:2:5: id is 'other', the file is named 'fast_answers'",
        ),
        (
            ("[it]", "[its]"),
            r"fast_answers\.md:4:18: tags\.persona: no value of persona, found 'its'; did you mean",
        ),
        (("2027-09-01", "next year"), r"fast_answers\.md:8:13: expires_on: .*next year"),
        (("https://", "ftp://"), r"fast_answers\.md:5:11: evidence: .*found 'ftp://example"),
        (("claim:", "clam:"), r"fast_answers\.md:\d+:\d+: unknown key 'clam'; did you mean 'claim'"),
        (("---\nMeasured", "---\n\n"), None),
        (("---\nid", "id"), r"fast_answers\.md:1:1: a proof point opens with front matter"),
        (("id: fast_answers", "id: flat_price"), r"fast_answers\.md:2:5: id is 'flat_price'"),
    ],
)
def test_a_bad_file_says_where_and_what(
    change: tuple[str, str], fault: str | None, tmp_path: Path, pack: Pack
) -> None:
    found = read(tmp_path, pack, fast_answers_md=GOOD.replace(*change))
    if fault is None:
        assert [each.body for each in found.drafts] == ["over a year. Every hour of it is public."]
        return
    assert not found.drafts
    assert any(re.search(fault, str(each)) for each in found.faults), found.faults


def test_an_id_of_the_packs_own_is_changed_in_git(tmp_path: Path, pack: Pack) -> None:
    found = read(tmp_path, pack, flat_price_md=GOOD.replace("fast_answers", "flat_price"))
    assert not found.drafts and "'flat_price' is one of the pack's own: change it in git" in str(
        found.faults[0]
    )


def test_good_rows_come_in_and_bad_ones_are_reported(tmp_path: Path, pack: Pack) -> None:
    rows = [
        'fast_answers,"Answers in 40 ms","Measured over a year, every hour.",https://example.com/a,2027-09-01,it;ciso,speed',
        "Bad Id,Claim,Body,https://example.com/b,2027-09-01,,",
        "no_body,Claim,,https://example.com/c,2027-09-01,,",
        "no_day,Claim,Body,https://example.com/d,01/09/2027,,",
        "no_link,Claim,Body,example.com,2027-09-01,,",
        "no_persona,Claim,Body,https://example.com/e,2027-09-01,cisos,",
        "too,few,fields",
        'several_lines,"Claim","One.\nTwo.",https://example.com/f,2027-09-01,,',
        "fast_answers,Again,Body,https://example.com/g,2027-09-01,,",
        f"too_long,{'x' * 301},Body,https://example.com/h,2027-09-01,,",
        "control,Claim\x07,Body,https://example.com/i,2027-09-01,,",
    ]
    found = read(tmp_path, pack, proof_csv=HEADER + "\n".join(rows) + "\n")
    assert [each.id for each in found.drafts] == ["fast_answers", "several_lines"]
    assert found.drafts[0].claim.tags == {"persona": ["it", "ciso"], "topic": ["speed"]}
    assert found.drafts[1].source == "proof.csv:9" and found.drafts[1].body == "One.\nTwo."
    said = [str(each).removeprefix(f"{tmp_path}/") for each in found.faults]
    assert said == [
        "proof.csv:3:1: id: expected lower case letters, digits and underscores (^[a-z][a-z0-9_]{0,62}$), found 'Bad Id'",
        "proof.csv:4:3: body: expected two or three sentences that may be quoted, found nothing",
        "proof.csv:5:5: expires_on: expected a day such as 2027-09-01, found '01/09/2027'",
        "proof.csv:6:4: evidence: expected an address that begins with https://, found 'example.com'",
        "proof.csv:7:6: tags.persona: no value of persona, found 'cisos'; did you mean 'ciso'?",
        "proof.csv:8: expected 7 fields, found 3, found 'too,few,fields'",
        "proof.csv:11:1: id: 'fast_answers' stands here a second time; the first is taken",
        f"proof.csv:12:2: claim: expected 1 to 300 characters, found '{'x' * 117}...'",
        "proof.csv:13:2: claim: expected no control characters, found 'Claim\\x07'",
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id,claim,body,evidence", "no column 'expires_on'; expected id, claim, body, evidence, expires_on"),
        ("id,claim,body,evidence,expires_on,persona", "unknown column 'persona'; expected one of id, claim"),
        ("id,claim,body,evidence,expire_on", "unknown column 'expire_on'; did you mean 'expires_on'"),
        ("id,claim,body,evidence,expires_on,id", "column 'id'"),
    ],
)
def test_a_header_that_does_not_name_its_columns_is_refused(
    header: str, message: str, tmp_path: Path, pack: Pack
) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, pack, proof_csv=f"{header}\n1,2,3,4,5,6\n")


@pytest.mark.parametrize(
    ("name", "what"), [("none.md", "no such file"), ("a.txt", "ends in .md or .csv"), ("", "no .md or .csv")]
)
def test_what_is_no_file_of_proof_is_refused(name: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=what):
        proof_files([tmp_path / name])
