"""Cases run through the production path, and say where and why they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.evals.cases import DEFAULT_NOW, CaseResult, main, run_case, run_cases, snapshot_of
from segue.policies.files import shipped_packs
from segue.policies.hours import parse_hours
from segue.policies.load import load_pack
from tests.evals.worlds import GOOD_CASES, with_cases, write_pack
from tests.policies.mini import mini_pack


def one(text: str) -> CaseResult:
    return run_case(with_cases(ready=text), "segments/ready_test.yaml", 0)


def case(expect: str, facts: str = "size: 500, intent: 70, region: US", more: str = "surface: chat") -> str:
    return f"- name: a case\n  facts: {{{facts}}}\n  {more}\n  expect: {{{expect}}}\n"


def lines(result: CaseResult) -> str:
    return "\n".join(line for failure in result.failures for line in failure.lines)


@pytest.mark.parametrize("pack", shipped_packs())
def test_the_tests_beside_the_shipped_policies_pass(pack: str) -> None:
    results = run_cases(load_pack(pack))
    assert [lines(each) for each in results if not each.passed] == []
    assert len(results) >= 100


def test_cases_that_hold_pass() -> None:
    assert [each.passed for each in run_cases(with_cases(ready=GOOD_CASES))] == [True, True, True]


def test_a_wrong_segment_is_told_with_its_place_and_the_clauses() -> None:
    found = one(case("segment: out", more="contact: {}"))
    assert str(found.place) == "mini/segments/ready_test.yaml:1:3"
    assert lines(found) == (
        "mini/segments/ready_test.yaml:4:21: expected out, found ready (matched)\n"
        "    out: NOT score >= 60 is false (score: 80.5)\n"
        "    ready: score >= 60 is true (score: 80.5)\n"
        "    ready: intent >= 60 is true (intent: 70)"
    )


@pytest.mark.parametrize(
    ("expect", "facts", "said"),
    [
        ("status: residual", "size: 500, intent: 70", "expected residual, found ready (matched)"),
        ("missing: [tier]", "intent: 70", "expected tier, found size, region"),
        ("play: help", "size: 500, intent: 70", "expected help, found meet"),
        ("play: {in: [help, book]}", "size: 500, intent: 70", "expected help or book, found meet"),
        ("permitted: [meet, greet]", "size: 500, intent: 70", "expected greet permitted, found greet message_unfilled"),
        ("excluded: {meet: limit_reached}", "size: 500, intent: 70", "expected meet limit_reached, found meet permitted"),
        ("excluded: {silence: not_allowed}", "size: 500", "found silence is always permitted"),
        ("message: adieu", "size: 500, intent: 70", "expected a message with 'adieu', found 'there, shall we meet?' of meet"),
        ("owner: nobody_free", "size: 500, intent: 70", "expected nobody_free, found c@example.com for meet"),
        ("proof_points: [for_ciso]", "size: 500, intent: 70, region: US", "expected for_ciso, found"),
        ("proof_tags: {include: [gdpr]}", "size: 500, intent: 70", "expected a proof point tagged gdpr, found"),
        ("proof_tags: {exclude: [US]}", "size: 500, intent: 70, region: US", "expected no proof point tagged US, found it on in_us"),
        ("parameters: {language: local}", "size: 500, intent: 70", "expected language = 'local', found no language on meet"),
    ],
)  # fmt: skip
def test_every_expectation_can_fail_and_says_what_was_found(expect: str, facts: str, said: str) -> None:
    assert said in lines(one(case(expect, facts)))


@pytest.mark.parametrize(
    ("expect", "facts", "more"),
    [
        ("excluded: {meet: limit_reached}", "size: 500, intent: 70", "{counters: {meet: 2}, surface: chat}"),
        ("excluded: {meet: switched_off}", "size: 500, intent: 70", "{switched_off: [meet], surface: chat}"),
        ("owner: x@example.com", "size: 500, intent: 70", "{account: {owner: x@example.com}, surface: chat}"),
        ("excluded: {meet: nobody_free}", "size: 500, intent: 70", "{now: 2026-11-22T15:00:00Z, surface: chat}"),
        ("excluded: {help: not_a_buyer}", "size: 500, intent: 70", "{context: {path: /careers}, surface: chat}"),
        ("message: 'Hi Ann'", "size: 500, intent: 70", "{contact: {first_name: Ann}, surface: chat, switched_off: [meet, book, mail, help, quote, ask]}"),
        ("status: provisional, missing: [is_customer]", "is_customer: true, size: 500, intent: 70, region: US", "{believed: {is_customer: 0.5}}"),
        ("parameters: {language: local, currency: EUR}", "size: 500, intent: 70, region: EU", "{surface: chat}"),
    ],
)  # fmt: skip
def test_everything_that_a_case_states_counts(expect: str, facts: str, more: str) -> None:
    text = f"- {{name: a case, facts: {{{facts}}}, expect: {{{expect}}}, {more[1:-1]}}}"
    assert lines(one(text)) == ""


def test_a_case_that_expects_nothing_fails() -> None:
    assert "expects nothing and so cannot fail" in lines(one(case("")))


def test_an_unknown_key_of_the_account_is_a_failure_that_names_the_nearest() -> None:
    found = one(case("segment: ready", more="account: {ovner: x@example.com}"))
    assert "unknown key 'ovner' of the account; did you mean 'owner'?" in lines(found)


def test_a_boolean_is_no_number() -> None:
    text = case("parameters: {minutes: 1}")
    play = "{play: meet, title: Meet, kind: route, channel: chat, propensity: 0.3, value: 400, parameters: {minutes: true}}"
    changed = mini_pack(plays__meet=play, segments__ready_test=text)
    assert "expected minutes = 1, found minutes = true" in lines(
        run_case(changed, "segments/ready_test.yaml", 0)
    )


def test_a_case_without_an_instant_falls_in_working_hours_of_america_and_europe() -> None:
    snapshot = snapshot_of(
        [with_cases(ready=GOOD_CASES)], with_cases(ready=GOOD_CASES).cases["segments/ready_test.yaml"][0]
    )
    assert snapshot.facts.now == DEFAULT_NOW
    for zone in ("America/New_York", "America/Chicago", "Europe/London", "Europe/Berlin"):
        assert parse_hours(f"Mon-Fri 09:00-17:00 {zone}").contain(DEFAULT_NOW)


def test_an_earlier_pack_gives_its_label_to_the_case(tmp_path: Path) -> None:
    text = "- {name: reads it, facts: {size: 500, intent: 70}, expect: {segment: ready, status: matched}}"
    first = with_cases(ready=GOOD_CASES)
    write_pack(tmp_path / "second", {})
    files = {"second/segments/ready.yaml": "segment: ready\ntitle: Ready\nwhen: mini.segment = 'ready'\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    pack_file = tmp_path / "second" / "pack.yaml"
    pack_file.write_text(pack_file.read_text().replace("pack: mini", "pack: second"))
    (tmp_path / "second" / "segments" / "ready_test.yaml").write_text(text)
    second = load_pack(tmp_path / "second", [first])
    assert run_cases(second, earlier=[first])[0].passed
    assert not run_cases(second)[0].passed


def test_the_command_prints_failures_and_its_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write_pack(tmp_path / "good", {"ready": GOOD_CASES})
    bad = write_pack(tmp_path / "bad", {"ready": case("segment: out")})
    none = write_pack(tmp_path / "none", {})
    assert main([str(good)]) == 0
    assert capsys.readouterr().out == "3 of 3 cases passed\n"
    assert main([str(bad)]) == 1
    assert "ready_test.yaml:4:21: expected out" in capsys.readouterr().out
    assert main([str(none)]) == 1
    assert main([str(tmp_path / "nowhere")]) == 2
