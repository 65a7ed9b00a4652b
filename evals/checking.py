"""`segue check`: does a pack load, do its lints pass, and do the tests beside its policies?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from segue.core.errors import Place
from segue.evals.cases import CaseResult, run_cases
from segue.policies.checks import Finding, Severity, check_pack
from segue.policies.faults import PackError
from segue.policies.load import load_pack
from segue.policies.pack import Pack


@dataclass(frozen=True)
class CheckReport:
    """What `segue check` found in one pack. Without a pack it did not load, and `faults` say why."""

    name: str
    pack: Pack | None
    faults: tuple[tuple[Place, str], ...]
    findings: tuple[Finding, ...]
    cases: tuple[CaseResult, ...]

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The tests beside the policies that fail."""
        return tuple(case for case in self.cases if not case.passed)

    def failed(self, *, strict: bool = False) -> bool:
        """Return True for a pack that does not load, an error, or a failing test; strictly also a warning."""
        bad = [each for each in self.findings if strict or each.severity is Severity.ERROR]
        return bool(self.faults or bad or self.failures)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        faults = [
            {"code": "invalid_pack", "severity": "error", **_place_json(place), "message": message}
            for place, message in self.faults
        ]
        findings = [
            {
                "code": each.code.value,
                "severity": each.severity.value,
                **_place_json(each.place),
                "message": each.message,
                "reason": each.reason,
            }
            for each in self.findings
        ]
        return {
            "pack": self.name,
            "revision": self.pack.revision if self.pack else None,
            "findings": faults + findings,
            "tests": {
                "run": len(self.cases),
                "failed": [
                    {
                        "name": case.name,
                        **_place_json(case.place),
                        "lines": [x for f in case.failures for x in f.lines],
                    }
                    for case in self.failures
                ],
            },
        }

    def renderable(self) -> RenderableType:
        """Return the report for a terminal."""
        lines: list[RenderableType] = [Text.from_markup(self._head())]
        for place, message in self.faults:
            lines.append(_line("bad", "✗", place, "", message))
        for each in self.findings:
            style, mark = ("bad", "✗") if each.severity is Severity.ERROR else ("warn", "!")
            lines.append(_line(style, mark, each.place, f"[dim]{each.code.value}[/dim]  ", each.message))
            if each.reason:
                lines.append(Padding(Text(each.reason, style="dim"), (0, 0, 0, 6)))
        for case in self.failures:
            lines.append(_line("bad", "✗", case.place, "[dim]test[/dim]  ", case.name))
            for failure in case.failures:
                lines.extend(Padding(Text(line), (0, 0, 0, 6)) for line in failure.lines)
        return Group(*lines)

    def _head(self) -> str:
        mark = "[bad]✗[/bad]" if self.failed() else "[warn]![/warn]" if self.findings else "[good]✓[/good]"
        if self.pack is None:
            count = len(self.faults)
            return f"{mark} [name]{escape(self.name)}[/name] does not load: {count} fault{'s' if count > 1 else ''}"
        passed = len(self.cases) - len(self.failures)
        errors = sum(each.severity is Severity.ERROR for each in self.findings)
        warnings = len(self.findings) - errors
        return (
            f"{mark} [name]{escape(self.name)}[/name] [dim]{self.pack.revision[:14]}[/dim]  "
            f"{errors} errors, {warnings} warnings, {passed} of {len(self.cases)} tests pass"
        )


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
            faults = tuple((fault.place, fault.message) for fault in error.faults)
            reports.append(CheckReport(str(name), None, faults, (), ()))
            continue
        cases = tuple(run_cases(pack, earlier=tuple(loaded)))
        reports.append(CheckReport(pack.name, pack, (), check_pack(pack, today), cases))
        loaded.append(pack)
    return reports


def _line(style: str, mark: str, place: Place, code: str, message: str) -> Text:
    return Text.from_markup(f"  [{style}]{mark}[/{style}] {escape(str(place))}  {code}{escape(message)}")


def _place_json(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column}
