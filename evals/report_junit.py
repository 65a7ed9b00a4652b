"""An evaluation as JUnit XML: one suite each for the tests, the eval suites, the laws and mutation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from segue.evals.cases import CaseResult, FailureKind
from segue.evals.law_types import LawResult
from segue.evals.mutation import MutationReport
from segue.evals.run import EvalReport

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry (its production Char), even escaped."""


@dataclass(frozen=True, slots=True)
class _TestCase:
    name: str
    classname: str
    file: str
    line: int | None
    kind: str = ""
    message: str = ""
    text: str = ""
    output: str = ""


def junit_xml(reports: Sequence[EvalReport]) -> str:
    """Return one XML document for the reports of one or several packs."""
    root = ElementTree.Element("testsuites", name="segue eval")
    totals = [0, 0]
    for report in reports:
        for name, cases in _suites(report):
            suite = _add_suite(root, f"{report.pack}.{name}", cases)
            totals[0] += int(suite.get("tests", "0"))
            totals[1] += int(suite.get("failures", "0"))
    root.set("tests", str(totals[0]))
    root.set("failures", str(totals[1]))
    root.set("errors", "0")
    root.set("time", f"{sum(report.seconds for report in reports):.3f}")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _suites(report: EvalReport) -> Iterable[tuple[str, list[_TestCase]]]:
    yield "tests", [_of_result(each, f"{report.pack}.{each.file}") for each in report.cases]
    for suite in report.suites:
        yield suite.name, [_of_result(each, f"{report.pack}.{suite.name}") for each in suite.results]
    if report.laws:
        yield "laws", [_of_law(each, f"{report.pack}.laws") for each in report.laws]
    if report.mutation is not None:
        yield "mutation", [_of_mutation(report.mutation, report)]


def _of_result(result: CaseResult, classname: str) -> _TestCase:
    place = result.place
    if result.passed:
        return _TestCase(result.name, classname, place.file, place.line)
    gold = all(each.kind is FailureKind.BAD_GOLD for each in result.failures)
    first = result.failures[0]
    return _TestCase(
        result.name, classname, place.file, place.line,
        kind=FailureKind.BAD_GOLD if gold else FailureKind.FAILED,
        message=f"expected {first.expected}, found {first.found}",
        text="\n".join(line for each in result.failures for line in each.lines),
    )  # fmt: skip


def _of_law(law: LawResult, classname: str) -> _TestCase:
    applied = f"{law.statement}\nheld {law.applied - law.broken} of {law.applied} times"
    if law.holds:
        return _TestCase(law.name, classname, "", None, output=applied)
    lines = [line for each in law.breaches for line in (each.situation, *(f"    {x}" for x in each.lines))]
    message = f"broken {law.broken} of {law.applied} times"
    return _TestCase(law.name, classname, "", None, "law_broken", message, "\n".join(lines), applied)


def _of_mutation(mutation: MutationReport, report: EvalReport) -> _TestCase:
    survivors = "\n".join(str(each) for each in mutation.survivors)
    message = f"{mutation.killed} of {mutation.total} mutants caught, {mutation.score:.1%}"
    name = f"at least {report.least_score:.0%} of the mutants are caught"
    enough = report.is_mutation_enough
    return _TestCase(
        name, f"{report.pack}.mutation", "", None,
        kind="" if enough else "mutation_score",
        message=message, text="" if enough else survivors,
        output=f"{message}\n{survivors}" if enough else "",
    )  # fmt: skip


def _add_suite(root: ElementTree.Element, name: str, cases: Sequence[_TestCase]) -> ElementTree.Element:
    failures = sum(1 for each in cases if each.kind)
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=_clean(name),
        tests=str(len(cases)),
        failures=str(failures),
        errors="0",
        skipped="0",
    )
    for each in cases:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_clean(each.classname), name=_clean(each.name)
        )
        if each.file:
            case.set("file", _clean(each.file))
        if each.line is not None:
            case.set("line", str(each.line))
        if each.kind:
            failure = ElementTree.SubElement(case, "failure", type=each.kind, message=_clean(each.message))
            failure.text = _clean(each.text)
        if each.output:
            ElementTree.SubElement(case, "system-out").text = _clean(each.output)
    return suite


def _clean(text: str) -> str:
    """Return a text with a question mark for each character that XML cannot carry."""
    return _NOT_XML.sub("?", text)
