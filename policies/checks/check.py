"""`segue check`: every lint over one pack."""

from __future__ import annotations

from datetime import date

from segue.policies.checks.claims import check_claims
from segue.policies.checks.codes import Code, Severity
from segue.policies.checks.finding import Finding, Findings
from segue.policies.checks.never import check_never
from segue.policies.checks.permitted import check_permitted
from segue.policies.checks.plays import check_plays
from segue.policies.checks.purpose import check_purpose, check_regimes
from segue.policies.checks.roles import check_roles
from segue.policies.checks.seen import Views
from segue.policies.checks.treatment import check_treatment
from segue.policies.checks.undoing import check_undoing
from segue.policies.checks.unknowns import check_unknowns
from segue.policies.checks.unused import check_unused
from segue.policies.checks.upkeep import check_upkeep
from segue.policies.pack import Pack

_ORDER = list(Severity)


def check_pack(pack: Pack, today: date, *, undecided: bool = False) -> tuple[Finding, ...]:
    """Return what is wrong with a pack that loads, errors first, then by file and line.

    `today` is the day that reviews and proof points are held against. With `undecided`, conditions
    that could be shown neither possible nor impossible are listed too, as information.
    """
    findings = Findings(pack, today)
    for check in (
        check_purpose, check_regimes, check_upkeep, check_treatment, check_undoing, check_plays,
        check_unused, check_claims, check_unknowns, check_roles,
    ):  # fmt: skip
        check(findings)
    views = Views(pack)
    check_permitted(findings, views, check_never(findings, views))
    shown = (each for each in dict.fromkeys(findings.found) if undecided or each.code is not Code.UNDECIDED)
    return tuple(sorted(shown, key=_position))


def _position(finding: Finding) -> tuple[int, str, int, int, str]:
    place = finding.place
    return _ORDER.index(finding.severity), place.file, place.line or 0, place.column or 0, finding.code
