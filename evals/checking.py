"""`segue check`: does a pack load, do its lints pass, and do the tests beside its policies?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.text import Text

from segue.evals.cases import CaseResult, run_cases
from segue.policies.checks import Finding, check_pack, from_faults
from segue.policies.checks.report import as_json, as_text, failed, headed, place_json
from segue.policies.faults import PackError
from segue.policies.load import load_pack
from segue.policies.pack import Pack


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `segue check` found in one pack, under the name that it was asked for.

    Without a pack it did not load, and the findings are the faults that say why.
    """

    name: str
    pack: Pack | None
    findings: tuple[Finding, ...]
    cases: tuple[CaseResult, ...]

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The tests beside the policies that fail."""
        return tuple(case for case in self.cases if not case.passed)

    def failed(self, *, strict: bool = False) -> bool:
        """Return True for a pack that does not load, an error, or a failing test; strictly also a warning."""
        return bool(self.failures or failed(self.findings, strict=strict))

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        failed = [
            {
                "name": case.name,
                **place_json(case.place),
                "lines": [x for f in case.failures for x in f.lines],
            }
            for case in self.failures
        ]
        return {
            "pack": self.name,
            "revision": self.pack.revision if self.pack else None,
            "findings": as_json(self.findings),
            "tests": {"run": len(self.cases), "failed": failed},
        }

    def as_text(self) -> Text:
        """Return the report for a terminal: one line for a clean pack, else every finding and failing test."""
        mark, style = ("✗", "red") if self.failed() else ("!", "yellow") if self.findings else ("✓", "green")
        text = Text.assemble((f"{mark} ", style), (self.name, "bold"))
        if self.pack is None:
            count = len(self.findings)
            text.append(f"  does not load: {count} fault{'s' if count > 1 else ''}\n")
            return text.append_text(as_text(self.findings))
        text.append(f"  {self.pack.revision[:14]}", "dim")
        count = len(self.cases)
        passed = (
            f"{count:,} test{'s pass' if count > 1 else ' passes'}"
            if count
            else "no tests beside the policies"
        )
        if not self.findings and not self.failures:
            return text.append(f"  no findings, {passed}")
        if self.findings:
            text.append("\n").append_text(as_text(self.findings))
        for case in self.failures:
            text.append("\n").append_text(headed(case.place, "test", "bold red")).append(f"\n    {case.name}")
            for line in (line for failure in case.failures for line in failure.lines):
                text.append(f"\n    {line}", "dim" if line.startswith(" ") else "")
        failing = f"\n{len(self.failures):,} of {count:,} test{'s' if count > 1 else ''} failed"
        return text.append(failing if self.failures else f", {passed}")


def check_packs(names: Sequence[str], today: date) -> list[CheckReport]:
    """Check packs in order, each able to read the labels of those before it.

    Raises:
        NotFoundError: a name is neither a folder nor a shipped pack.
    """
    reports: list[CheckReport] = []
    loaded: list[Pack] = []
    for name in names:
        try:
            pack = load_pack(name, tuple(loaded))
        except PackError as error:
            reports.append(CheckReport(str(name), None, from_faults(error), ()))
            continue
        cases = tuple(run_cases(pack, earlier=tuple(loaded)))
        reports.append(CheckReport(str(name), pack, check_pack(pack, today), cases))
        loaded.append(pack)
    return reports
