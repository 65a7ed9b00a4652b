"""Lints of one segment as something that people keep: owner, review, evidence, measure, tests, needs."""

from __future__ import annotations

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings
from segue.policies.checks.reads import closure, file_of
from segue.policies.pack import SegmentPolicy


def check_upkeep(findings: Findings) -> None:
    """Check every segment for who answers for it, until when, on what evidence, and how it is judged."""
    for segment in findings.pack.segments:
        _check_ownership(findings, segment)
        _check_needs(findings, segment)
        file = file_of(segment)
        tests = file.removesuffix(".yaml") + "_test.yaml"
        if tests not in findings.pack.cases:
            findings.add(Code.TESTS_MISSING, findings.at_key(file, "segment"), f"there is no {tests}")


def _check_ownership(findings: Findings, segment: SegmentPolicy) -> None:
    model, file = segment.model, file_of(segment)
    name = findings.at_key(file, "segment")
    if not (model.owner or "").strip():
        place = findings.at(file, "owner") if model.owner is not None else name
        findings.add(Code.OWNER_MISSING, place, f"nobody owns the segment {segment.name!r}")
    if model.review_by is None:
        findings.add(
            Code.REVIEW_MISSING, name, f"no review_by: when is {segment.name!r} thought through again?"
        )
    elif model.review_by < findings.today:
        message = f"the review was due on {model.review_by}, today is {findings.today}"
        findings.add(Code.REVIEW_OVERDUE, findings.at(file, "review_by"), message)
    if model.evidence is None:
        findings.add(Code.EVIDENCE_MISSING, name, "no evidence of customers talked to")
    elif model.evidence.interviews == 0:
        place = findings.at(file, "evidence", "interviews")
        findings.add(Code.EVIDENCE_MISSING, place, "no customer was talked to")
    if model.measure is None:
        findings.add(Code.MEASURE_MISSING, name, "no measure: what is its treatment judged by?")


def _check_needs(findings: Findings, segment: SegmentPolicy) -> None:
    pack, file = findings.pack, file_of(segment)
    read = closure(pack, [segment.when.node] if segment.when is not None else [])
    for name, least in segment.model.needs.items():
        place = findings.at_key(file, "needs", name)
        if name in pack.definitions:
            message = f"{name!r} is derived: belief is of the facts that it follows from"
            findings.add(Code.NEEDS_UNREAD, place, message)
        elif name not in read:
            findings.add(Code.NEEDS_UNREAD, place, f"the condition does not read {name!r}")
        else:
            sources = pack.traits[name].sources or list(pack.file.sources)
            believed = max((pack.file.sources[source] for source in sources), default=1.0)
            if believed < least:
                message = f"needs {name!r} believed {least:g}, and its best source is believed {believed:g}"
                findings.add(Code.NEEDS_OUT_OF_REACH, findings.at(file, "needs", name), message)
