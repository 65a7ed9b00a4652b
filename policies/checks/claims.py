"""Lints of proof points by their dates, and of examples among real ones."""

from __future__ import annotations

from datetime import timedelta

from segue.policies.checks.codes import Code
from segue.policies.checks.finding import Findings

NOTICE = timedelta(days=30)
"""How long before it expires a proof point is reported."""


def check_claims(findings: Findings) -> None:
    """Check that proof points are valid today and for a while, and that no example passes for real."""
    points, today = findings.pack.proof, findings.today
    for name, point in points.items():
        file = f"proof/{name}.md"
        place = findings.at(file, "expires_on")
        if point.expires_on <= today:
            message = f"{name} expired on {point.expires_on}, today is {today}"
            findings.add(Code.PROOF_EXPIRED, place, message)
        elif point.expires_on <= today + NOTICE:
            days = (point.expires_on - today).days
            message = f"{name} expires on {point.expires_on}, in {days} day{'s' if days > 1 else ''}"
            findings.add(Code.PROOF_EXPIRING, place, message)
        if point.approved_on > today:
            message = f"{name} is approved from {point.approved_on}, today is {today}"
            findings.add(Code.PROOF_NOT_YET_APPROVED, findings.at(file, "approved_on"), message)
    if all(point.example for point in points.values()):
        return
    for name, point in points.items():
        if point.example:
            message = f"{name} is an example, and other claims are real: replace or remove it"
            findings.add(Code.EXAMPLE_PROOF, findings.at(f"proof/{name}.md", "example"), message)
