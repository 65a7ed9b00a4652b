"""Eval suites: read whole or not at all, run on every combination, gold labels judged by the policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue.core.errors import InputError, NotFoundError
from segue.evals.cases import CaseResult, FailureKind
from segue.evals.run import suites_for
from segue.evals.suite_files import SCHEMA, find_suites, read_suite, schema_text, suite_faults
from segue.evals.suite_run import run_suite
from segue.policies.faults import PackError
from segue.policies.files import shipped_packs
from segue.policies.load import load_pack
from tests.evals.worlds import write_pack
from tests.policies.mini import mini_pack

PACK = mini_pack()
HEAD = "suite: mini_promises\ntitle: Promises\npack: mini\ncases:\n"


def suite_file(folder: Path, *cases: str, head: str = HEAD) -> Path:
    path = folder / "promises.yaml"
    path.write_text(head + "".join(f"  - {{{case}}}\n" for case in cases), encoding="utf-8")
    return path


def run(folder: Path, case: str) -> CaseResult:
    suite = read_suite(suite_file(folder, f"name: a_harm, {case}"))
    assert suite_faults(suite, PACK) == []
    return run_suite(suite, [PACK])[0]


def lines(result: CaseResult) -> str:
    return "\n".join(line for failure in result.failures for line in failure.lines)


READY = "facts: {size: 500, intent: 70, region: US}, surface: chat"


@pytest.mark.parametrize("name", shipped_packs())
def test_every_shipped_pack_has_a_suite_and_keeps_its_promises(name: str) -> None:
    pack = load_pack(name)
    suites = suites_for(pack)
    assert suites
    results = [each for suite in suites for each in run_suite(suite, [pack])]
    assert [lines(each) for each in results if not each.passed] == []
    assert sum(each.runs for each in results) > 500


def test_shipped_suites_open_with_their_schema() -> None:
    for suite in find_suites():
        first = suite.path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=../schema/suite.json"
        assert (suite.path.parent / first.partition("=")[2]).resolve() == SCHEMA


def test_the_schema_in_the_repository_is_that_of_the_models() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run python -m segue.evals.suite_files"
    assert json.loads(schema_text())["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize(
    "case",
    [
        "allowed_plays: [meet]",
        "forbidden_plays: [mail]",
        "required_reasons: [message_unfilled]",
        "required_reasons: {greet: message_unfilled}",
        "forbidden_reasons: [nobody_free]",
        "forbidden_text: [Ann]",
        "gold: {segment: ready, play: meet}",
        "expect: {owner: a@example.com}, account: {owner: a@example.com}",
    ],
)
def test_a_case_that_holds_passes(tmp_path: Path, case: str) -> None:
    more = case.replace("forbidden_plays: [mail]", "forbidden_plays: [greet]")
    assert lines(run(tmp_path, f"{READY}, {more}")) == ""


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("allowed_plays: [book]", "expected one of book, found meet"),
        ("forbidden_plays: [meet]", "expected meet excluded, found it chosen"),
        ("forbidden_plays: [book]", "expected book excluded, found it permitted"),
        ("required_reasons: [nobody_free]", "expected a play excluded for nobody_free, found"),
        ("required_reasons: {meet: nobody_free}", "expected meet nobody_free, found meet permitted"),
        ("forbidden_reasons: [message_unfilled]", "expected no play excluded for message_unfilled, found greet"),
        ("forbidden_text: [shall we]", "expected 'shall we' nowhere in the play"),
        ("gold: {play: book}", "expected book, found meet"),
        ("expect: {status: residual}", "expected residual, found ready (matched)"),
    ],
)  # fmt: skip
def test_a_case_that_does_not_hold_fails_at_its_place(tmp_path: Path, case: str, said: str) -> None:
    found = run(tmp_path, f"{READY}, {case}")
    assert said in lines(found)
    assert all(each.kind is FailureKind.FAILED for each in found.failures)
    assert f"{tmp_path}/promises.yaml:5:" in lines(found)


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        ("gold: {segment: out}", "bad gold label: expected out, found ready (matched)"),
        ("gold: {play: greet}", "bad gold label: expected greet, found meet"),
        ("allowed_plays: [meet, greet]", "bad gold label: expected greet allowed, found policy never permits it here: message_unfilled"),
    ],
)  # fmt: skip
def test_a_label_that_policy_forbids_is_reported_as_bad_gold(tmp_path: Path, gold: str, said: str) -> None:
    found = run(tmp_path, f"{READY}, {gold}")
    assert [each.kind for each in found.failures] == [FailureKind.BAD_GOLD]
    assert said in lines(found)


def test_a_label_that_an_earlier_segment_takes_is_a_disagreement_not_bad_gold(tmp_path: Path) -> None:
    found = run(
        tmp_path, "facts: {size: 500, intent: 70, is_customer: true}, surface: chat, gold: {segment: ready}"
    )
    assert [each.kind for each in found.failures] == [FailureKind.FAILED]


def test_what_is_varied_runs_in_every_combination_on_every_surface(tmp_path: Path) -> None:
    vary = "vary: {size: [null, 10, 500], persona: [null, ciso], path: [/careers]}, surface: [chat, web, ads]"
    found = run(tmp_path, f"facts: {{intent: 70}}, {vary}, forbidden_plays: [drop]")
    assert found.runs == 18
    assert "where size 10, persona unknown, path '/careers', on ads" in lines(found)
    assert "and where size 10, persona 'ciso', path '/careers', on ads" in lines(found)
    assert len(found.failures) == 1, "runs that fail in the same way are told once"


@pytest.mark.parametrize(
    ("case", "line", "said"),
    [
        ("name: a_harm, surface: chat", 5, "asks for nothing and so cannot fail"),
        ("name: A harm, surface: chat, forbidden_plays: [meet]", 5, "name"),
        ("name: a_harm, forbidden_plays: [meet]", 5, "the key 'surface' is required"),
        ("name: a_harm, surface: phone, forbidden_plays: [meet]", 5, "expected one of web, chat"),
        ("name: a_harm, surface: chat, alowed_plays: [meet]", 5, "unknown key 'alowed_plays'; did you mean 'allowed_plays'?"),
        ("name: a_harm, surface: chat, gold: {}", 5, "gold names a segment or a play"),
        (f"name: a_harm, surface: chat, forbidden_plays: [meet], vary: {{size: {[*range(5000)]}}}", 5, "comes to 5000 runs"),
    ],
)  # fmt: skip
def test_what_is_no_suite_is_refused_with_its_place(tmp_path: Path, case: str, line: int, said: str) -> None:
    with pytest.raises(PackError) as caught:
        read_suite(suite_file(tmp_path, case))
    assert any(said in fault.message and fault.place.line == line for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("facts: {sise: 5}, forbidden_plays: [meet]", "unknown trait 'sise'; did you mean 'size'?"),
        ("facts: {size: many}, forbidden_plays: [meet]", "size: expected a whole number"),
        ("facts: {fits: true}, forbidden_plays: [meet]", "'fits' is derived"),
        ("facts: {persona: ciso}, forbidden_plays: [meet]", "'persona' is of scope contact, not account"),
        ("vary: {region: [EU, Mars]}, forbidden_plays: [meet]", "unknown value of region 'Mars'"),
        ("allowed_plays: [meat]", "unknown play 'meat'; did you mean 'meet'?"),
        ("required_reasons: [no_consents]", "unknown reason 'no_consents'; did you mean 'no_consent'?"),
        ("gold: {segment: redy}", "unknown segment 'redy'; did you mean 'ready'?"),
        ("believed: {sise: 0.4}, forbidden_plays: [meet]", "unknown trait 'sise'"),
        ("expect: {excluded: {meat: no_consent}}", "unknown play 'meat'"),
    ],
)
def test_names_that_the_pack_does_not_have_are_faults(tmp_path: Path, case: str, said: str) -> None:
    suite = read_suite(suite_file(tmp_path, f"name: a_harm, surface: chat, {case}"))
    (fault,) = suite_faults(suite, PACK)
    assert said in fault.message
    assert fault.place.line == 5


def test_a_suite_is_found_by_file_by_folder_and_by_the_pack_that_it_is_about(tmp_path: Path) -> None:
    path = suite_file(tmp_path, "name: a_harm, surface: chat, forbidden_plays: [meet]")
    assert [each.name for each in find_suites([path])] == ["mini_promises"]
    assert [each.name for each in suites_for(PACK, [tmp_path])] == ["mini_promises"]
    assert suites_for(PACK) == []
    with pytest.raises(InputError, match="is about the pack 'mini', not 'saas_pipeline'"):
        suites_for(load_pack("saas_pipeline"), [path])


def test_paths_without_a_suite_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="cannot be read"):
        find_suites([tmp_path / "nowhere.yaml"])
    with pytest.raises(NotFoundError, match="no suite in the folder"):
        find_suites([tmp_path])


def test_two_suites_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    paths = [
        suite_file(tmp_path / each, "name: a_harm, surface: chat, forbidden_plays: [meet]") for each in "ab"
    ]
    with pytest.raises(PackError, match="stands twice"):
        find_suites(paths)


def test_a_suite_loads_the_pack_beside_it(tmp_path: Path) -> None:
    write_pack(tmp_path / "mini", {})
    (tmp_path / "suites").mkdir()
    head = HEAD.replace("pack: mini", "pack: ../mini")
    suite = read_suite(
        suite_file(tmp_path / "suites", "name: a_harm, surface: chat, forbidden_plays: [meet]", head=head)
    )
    (pack,) = suite.load_packs()
    assert suite.is_about(pack)
