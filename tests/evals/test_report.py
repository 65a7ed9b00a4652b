"""Reports: well formed, complete, and safe whatever a pack's author wrote."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from segue.core.errors import InputError
from segue.evals.report import html_page, json_text, junit_xml, print_report, write_report
from segue.evals.run import EvalReport, evaluate
from segue.evals.suite_files import read_suite
from tests.evals.test_laws import orders
from tests.evals.worlds import GOOD_CASES, WEAK_CASES, with_cases

HOSTILE = "<script>alert(1)</script> & 'quotes' $body ]]> \x1b[31m"
_VOID = {"meta", "br", "link", "img", "hr", "input"}

FAILING = f"""
- name: {json.dumps(HOSTILE)}
  facts: {{size: 500, intent: 70}}
  expect: {{segment: out}}
"""
SUITE = """
suite: mini_promises
title: Promises
pack: mini
cases:
  - {name: bad_gold, facts: {size: 500, intent: 70}, surface: chat, gold: {segment: out}}
  - {name: holds, facts: {size: 500, intent: 70}, surface: chat, forbidden_plays: [drop]}
"""


@pytest.fixture(scope="module")
def good() -> EvalReport:
    return evaluate(with_cases(ready=GOOD_CASES), laws=30, least_score=0.0)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> EvalReport:
    path = tmp_path_factory.mktemp("suites") / "mini.yaml"
    path.write_text(SUITE)
    report = evaluate(with_cases(ready=FAILING + WEAK_CASES), [read_suite(path)], laws=30)
    broken = evaluate(orders(5), laws=60, mutation=False).laws
    return replace(report, laws=broken)


def test_a_report_passes_only_when_everything_does(good: EvalReport, bad: EvalReport) -> None:
    assert (good.passed, good.exit_status) == (True, 0)
    assert (bad.passed, bad.exit_status) == (False, 1)
    assert replace(good, least_score=0.99).exit_status == 1
    assert replace(good, cases=()).exit_status == 1, "a pack without tests has shown nothing"
    assert replace(good, laws=bad.laws).exit_status == 1
    assert replace(good, suites=bad.suites).exit_status == 1


def test_parts_that_were_not_asked_for_are_left_out() -> None:
    report = evaluate(with_cases(ready=GOOD_CASES), laws=0, mutation=False)
    assert (report.laws, report.mutation, report.passed) == ((), None, True)
    assert "Mutants" not in html_page([report])
    assert json.loads(json_text([report]))[0]["mutation"] is None


def test_junit_counts_agree_and_failures_carry_their_place(bad: EvalReport) -> None:
    root = ElementTree.fromstring(junit_xml([bad]))
    assert root.tag == "testsuites"
    suites = root.findall("testsuite")
    assert [each.get("name") for each in suites] == [
        "mini.tests",
        "mini.mini_promises",
        "mini.laws",
        "mini.mutation",
    ]
    for suite in suites:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert all(case.get("name") and case.get("classname") for case in cases)
    assert int(root.attrib["tests"]) == sum(int(each.attrib["tests"]) for each in suites)
    assert int(root.attrib["failures"]) == len(root.findall("*/*/failure"))
    kinds = {each.get("type") for each in root.iter("failure")}
    assert kinds == {"failed", "bad_gold", "law_broken", "mutation_score"}
    failed = root.find("testsuite/testcase/[failure]")
    assert failed is not None
    assert (failed.get("file"), failed.get("line")) == ("mini/segments/ready_test.yaml", "2")
    assert "expected out, found ready (matched)" in (failed.findtext("failure") or "")


def test_junit_follows_the_shape_that_continuous_integration_reads(bad: EvalReport) -> None:
    allowed = {
        "testsuites": {"name", "tests", "failures", "errors", "time"},
        "testsuite": {"name", "tests", "failures", "errors", "skipped"},
        "testcase": {"name", "classname", "file", "line"},
        "failure": {"type", "message"},
        "system-out": set[str](),
    }
    children = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "system-out"}}
    for node in ElementTree.fromstring(junit_xml([bad])).iter():
        assert set(node.attrib) <= allowed[node.tag]
        assert {child.tag for child in node} <= children.get(node.tag, set())


class Tags(HTMLParser):
    """Notes unbalanced tags, attributes that fetch, and the text outside style."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self.faults += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "onclick", "onload")]
        if tag in ("script", "link", "iframe", "img", "object"):
            self.faults.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    return tags


def test_the_page_is_balanced_and_fetches_nothing(good: EvalReport, bad: EvalReport) -> None:
    page = html_page([good, bad])
    tags = parsed(page)
    assert (tags.faults, tags.open) == ([], [])
    assert not re.search(r"https?://|url\(|@import", page)
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_the_page_says_what_failed_and_where(bad: EvalReport) -> None:
    text = parsed(html_page([bad])).text
    assert "expected" in text and "mini/segments/ready_test.yaml:4:21" in text
    assert "bad gold label" in text
    assert "More intent never lowers treatment is broken" in text
    assert "quiet of order 5" in text
    assert bad.mutation is not None
    for survivor in bad.mutation.survivors:
        assert survivor.what in text
        assert survivor.hint in text


def test_what_an_author_wrote_is_text_and_never_markup(bad: EvalReport) -> None:
    assert HOSTILE in parsed(html_page([bad])).text
    names = {each.get("name") for each in ElementTree.fromstring(junit_xml([bad])).iter("testcase")}
    assert HOSTILE.replace("\x1b", "?") in names


def test_the_terminal_shows_totals_failures_and_survivors_without_breaking_a_place(bad: EvalReport) -> None:
    out = StringIO()
    print_report(bad, Console(file=out, width=40))
    text = out.getvalue()
    assert "mini/segments/ready_test.yaml:4:21: expected out, found ready (matched)" in text
    assert "bad gold label: expected out" in text
    assert "law more_intent_never_lowers_treatment  broken" in text
    assert "mutants caught" in text
    assert text.rstrip().splitlines()[-1].startswith("failed in")


def test_the_terminal_says_that_there_are_no_tests() -> None:
    out = StringIO()
    print_report(evaluate(orders(70), laws=0, mutation=False), Console(file=out))
    assert "there are no tests beside the policies" in out.getvalue()


def test_the_json_holds_everything(bad: EvalReport) -> None:
    (found,) = json.loads(json_text([bad]))
    assert found["passed"] is False
    assert [each["passed"] for each in found["cases"]] == [False, True]
    assert found["cases"][0]["failures"][0]["line"] == 4
    assert found["suites"][0]["cases"][0]["failures"][0]["kind"] == "bad_gold"
    assert {each["law"] for each in found["laws"] if each["broken"]} == {"more_intent_never_lowers_treatment"}
    assert found["mutation"]["score"] == round(found["mutation"]["killed"] / found["mutation"]["total"], 4)
    assert len(found["mutation"]["survivors"]) == found["mutation"]["total"] - found["mutation"]["killed"]


def test_a_file_is_written_in_the_format_of_its_ending(tmp_path: Path, good: EvalReport) -> None:
    for name, opening in (("a.xml", "<?xml"), ("a.html", "<!doctype html>"), ("a.json", "[")):
        write_report([good], tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(opening)
    with pytest.raises(InputError, match=r"one of \.xml, \.html, \.json, found"):
        write_report([good], tmp_path / "a.pdf")
    with pytest.raises(InputError, match="cannot be written"):
        write_report([good], tmp_path / "nowhere" / "a.xml")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.html", "a.json", "a.xml"]
