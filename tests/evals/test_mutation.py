"""Policy mutation: what a mutant is, which tests catch it, and what the survivors say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from segue.agents.decide import decide
from segue.evals.cases import run_cases, snapshot_of
from segue.evals.generate import Generator
from segue.evals.mutants import Mutant, mutants_of
from segue.evals.mutation import MutationReport, main, mutate
from segue.evals.mutation_build import with_condition, with_definition
from segue.evals.outcome import outcome_of
from segue.policies.files import shipped_packs
from segue.policies.language.parse import parse
from segue.policies.language.text import to_text
from segue.policies.load import load_pack
from segue.policies.models.case import Case
from segue.policies.pack import Pack
from tests.evals.worlds import GOOD_CASES, WEAK_CASES, changed, with_cases, write_pack
from tests.policies.mini import FILES, mini_pack

PACK = mini_pack()


def mutants(pack: Pack = PACK) -> dict[str, Mutant]:
    return {f"{each.file}: {each.what}": each for each in mutants_of(pack)}


def whats(report: MutationReport) -> set[str]:
    return {each.what for each in report.survivors}


# Every mutant decides as the pack does that is written that way and loaded whole


@pytest.mark.parametrize(
    ("what", "file", "old", "new"),
    [
        ("segments/ready.yaml: intent >= 60 -> intent > 60", "segments/ready.yaml", "intent >= 60", "intent > 60"),
        ("segments/ready.yaml: intent >= 60 -> intent >= 60.1", "segments/ready.yaml", "intent >= 60", "intent >= 60.1"),
        ("segments/ready.yaml: fits AND intent >= 60 -> fits OR intent >= 60", "segments/ready.yaml", "fits AND", "fits OR"),
        ("segments/ready.yaml: intent >= 60 left out of fits AND intent >= 60", "segments/ready.yaml", "fits AND intent >= 60", "fits"),
        ("segments/out.yaml: NOT fits -> fits", "segments/out.yaml", "NOT fits", "fits"),
        ("segments/ready.yaml: path = '/careers' -> path <> '/careers'", "segments/ready.yaml", "path =", "path <>"),
        ("segments/ready.yaml: rule not_a_buyer left out", "segments/ready.yaml", "rules:\n  - {forbid: [help], when: \"path = '/careers'\", reason: not_a_buyer}\n", ""),
        ("segments/ready.yaml: limit on meet, quote: at most 2 -> 1", "segments/ready.yaml", "plays: [meet, quote], at_most: 2", "plays: [meet, quote], at_most: 1"),
        ("segments/ready.yaml: limit on meet, quote left out", "segments/ready.yaml", "limits:\n  - {plays: [meet, quote], at_most: 2, per: account, over: 7d}\n", ""),
        ("segments/ready.yaml: quote no longer allowed on chat in ready", "segments/ready.yaml", "quote, greet]", "greet]"),
        ("segments/rest.yaml: book allowed on chat in rest", "segments/rest.yaml", "allow: [help, ask]", "allow: [help, ask, book]"),
        ("segments/customer.yaml: needs is_customer: 0.6 left out", "segments/customer.yaml", "needs: {is_customer: 0.6}\n", ""),
        ("pack.yaml: guardrail consent left out", "pack.yaml", "guardrails:\n  - id: consent\n    forbid: {channels: [email]}\n    when: region = 'EU' AND consent IS NOT TRUE\n    reason: no_consent\n", ""),
        ("pack.yaml: consent IS NOT TRUE -> consent IS TRUE", "pack.yaml", "consent IS NOT TRUE", "consent IS TRUE"),
        ("pack.yaml: consent IS TRUE -> consent IS NOT FALSE", "pack.yaml", "consent IS NOT TRUE", "consent IS FALSE"),
        ("pack.yaml: adapt where region = 'EU' left out", "pack.yaml", "adapt:\n  - when: region = 'EU'\n    set: {currency: EUR, proof_tags: [gdpr], parameters: {language: local}}\n", ""),
        ("traits.yaml: size >= 200 -> size >= 199", "traits.yaml", "size >= 200", "size >= 199"),
        ("traits.yaml: 60 points -> 59", "traits.yaml", "points: 60}", "points: 59}"),
        ("traits.yaml: score >= 60 -> score > 60", "traits.yaml", "score >= 60", "score > 60"),
        ("traits.yaml: score >= 60 -> score >= 60.1", "traits.yaml", "score >= 60", "score >= 60.1"),
        ("plays/meet.yaml: meet: times 1.2 where persona = 'ciso' left out", "plays/meet.yaml", "context: [{when: \"persona = 'ciso'\", times: 1.2}]\n", ""),
        ("routing.yaml: region = 'US' -> region <> 'US'", "routing.yaml", "region = 'US'", "region <> 'US'"),
        ("plays/drop.yaml: drop no longer counts as suppressing", "plays/drop.yaml", ", suppresses: true", ""),
    ],
)  # fmt: skip
def test_a_mutant_decides_as_the_file_changed_by_hand_does(what: str, file: str, old: str, new: str) -> None:
    made, loaded = mutants()[what].make(), changed(file, old, new)
    told_apart = 0
    for number, case in enumerate(Generator(PACK, 5).cases(3_000)):
        case = case.model_copy(update={"counters": {"meet": number % 4}, "believed": {"is_customer": 0.5}})
        found = all_of(made, case)
        assert found == all_of(loaded, case)
        told_apart += found != all_of(PACK, case)
        if number >= 100 and told_apart:
            return
    pytest.fail("no situation tells the mutant from the pack: the test shows nothing")


def all_of(pack: Pack, case: Case) -> tuple[object, ...]:
    decision = decide(snapshot_of([pack], case))
    return outcome_of(decision), dict(decision.scores), decision.label.because


@pytest.mark.parametrize("name", shipped_packs())
def test_every_mutated_text_is_one_that_the_loader_takes(name: str) -> None:
    pack = load_pack(name)
    seen = Counter()  # type: ignore[var-annotated]
    for mutant in mutants_of(pack):
        seen[mutant.operator] += 1
        if mutant.operator in (
            "comparator",
            "threshold",
            "list",
            "logic",
            "clause",
            "negate",
            "value",
            "branch",
        ):
            assert mutant.after is not None
            assert parse(to_text(mutant.after), pack.schema) == mutant.after
            assert mutant.place.line is not None
    assert len(seen) >= 12
    assert 150 <= sum(seen.values()) <= 1_000


def test_no_two_mutants_of_a_text_are_the_same() -> None:
    texts = Counter(
        (each.place.file, to_text(each.before), to_text(each.after))
        for each in mutants_of(PACK)
        if each.before is not None and each.after is not None and each.score is None
        if each.operator not in ("drop_rule", "drop_guardrail", "drop_adapt", "drop_context", "narrow_forbid")
    )
    assert [key for key, times in texts.items() if times > 1] == []


@pytest.mark.parametrize("name", shipped_packs())
def test_a_pack_put_together_again_without_a_change_passes_its_tests(name: str) -> None:
    pack = load_pack(name)
    whens = [rule.when for rule in pack.guardrails] + [s.when for s in pack.segments if s.when is not None]
    copies = [with_condition(pack, when, when.node, when.text) for when in whens[::4]]
    copies += [with_definition(pack, *each) for each in list(pack.definitions.items())[::4]]
    assert len(copies) >= 3
    for copy in copies:
        assert [each.name for each in run_cases(copy) if not each.passed] == []


# The score


def test_a_planted_weak_test_lowers_the_score() -> None:
    strong, weak = mutate(with_cases(ready=GOOD_CASES)), mutate(with_cases(ready=WEAK_CASES))
    assert strong.total == weak.total
    assert weak.score < strong.score
    assert "intent >= 60 -> intent > 60" in whats(weak) - whats(strong)


def test_without_tests_nothing_is_caught() -> None:
    report = mutate(PACK)
    assert (report.killed, report.score) == (0, 0.0)
    assert report.total > 50


def test_a_test_that_fails_on_the_pack_itself_catches_nothing() -> None:
    wrong = (
        "- {name: wrong, facts: {size: 500, intent: 70}, surface: chat, expect: {segment: out, play: drop}}"
    )
    report = mutate(with_cases(ready=wrong))
    assert (report.killed, report.skipped_cases) == (0, 1)


def test_a_survivor_names_its_place_and_a_test_that_catches_it() -> None:
    (survivor,) = (
        each
        for each in mutate(with_cases(ready=WEAK_CASES)).survivors
        if each.what == "size >= 200 -> size >= 199"
    )
    assert str(survivor.place) == "mini/traits.yaml:15:15"
    assert survivor.hint.startswith("facts {size: 199")
    caught = """
- name: what the hint says
  facts: {size: 199}
  expect: {segment: out, status: matched}
"""
    assert "size >= 200 -> size >= 199" not in whats(mutate(with_cases(ready=WEAK_CASES, out=caught)))


def test_a_change_that_no_situation_can_show_is_proven_equivalent_and_not_counted() -> None:
    before = mutate(with_cases(ready=WEAK_CASES))
    assert "60 points -> 61" not in whats(before), "60 or 80.5 against 60: one point more tells nothing"
    assert before.equivalent > 0
    told = mini_pack(
        traits=FILES["traits.yaml"].replace("score >= 60", "score >= 81"),
        segments__ready_test="- {name: in Europe, facts: {size: 500, region: EU}, expect: {segment: out}}",
    )
    assert "60 points -> 61" in whats(mutate(told)), (
        "now it can be told: 60 + 20.5 stays below 81, 61 does not"
    )


@pytest.mark.parametrize("name", shipped_packs())
def test_the_shipped_packs_own_tests_catch_nine_mutants_of_ten(name: str) -> None:
    report = mutate(load_pack(name))
    assert report.skipped_cases == 0
    assert report.score >= 0.9, "\n".join(map(str, report.survivors))


def test_the_command_prints_score_and_survivors_and_its_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = write_pack(tmp_path / "weak", {"ready": WEAK_CASES})
    assert main([str(weak)]) == 1
    out = capsys.readouterr().out
    assert "segments/ready.yaml:4:16: intent >= 60 -> intent > 60 (comparator)" in out
    assert "mutants caught" in out.splitlines()[-1]
    assert main([str(tmp_path / "nowhere")]) == 2
