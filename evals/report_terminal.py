"""An evaluation on a terminal: one table, then what failed, each with its place."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from segue.evals.cases import CaseResult, FailureKind
from segue.evals.law_types import LawResult
from segue.evals.mutation import MutationReport
from segue.evals.run import EvalReport, count_kinds


def print_report(report: EvalReport, console: Console | None = None) -> None:
    """Print a report; without a console, to standard output. No line is broken, so that places can be copied."""
    (console or Console()).print(Group(*render_report(report)), soft_wrap=True)


def render_report(report: EvalReport) -> list[RenderableType]:
    """Return the parts of a report in order: heading, table, failures, broken laws, survivors, verdict."""
    parts: list[RenderableType] = [
        Text.assemble((report.pack, "bold"), f"  {report.title}  ", (report.revision[:19], "dim")),
        _table(report),
    ]
    parts += [_failed(each) for each in report.failed]
    parts += [_broken(each) for each in report.broken_laws]
    if report.mutation is not None and report.mutation.survivors:
        parts.append(_survivors(report.mutation))
    parts.append(_verdict(report))
    return parts


def _table(report: EvalReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("passed", justify="right")
    table.add_column("failed", justify="right")
    table.add_column("bad gold", justify="right")
    table.add_column("decisions", justify="right")
    for name, results in (
        ("tests beside the policies", report.cases),
        *((f"suite {suite.name}", suite.results) for suite in report.suites),
    ):
        kinds = count_kinds(results)
        bad, gold = kinds[FailureKind.FAILED], kinds[FailureKind.BAD_GOLD]
        runs = sum(each.runs for each in results)
        table.add_row(name, str(len(results) - bad - gold), _count(bad), _count(gold), f"{runs:,}")
    for law in report.laws:
        broken = _count(law.broken)
        table.add_row(f"law {law.name}", f"{law.applied - law.broken:,}", broken, "", f"{law.applied:,}")
    return table


def _count(number: int) -> Text:
    return Text(str(number), style="bold red" if number else "dim")


def _failed(result: CaseResult) -> RenderableType:
    lines = [line for failure in result.failures for line in failure.lines]
    return Group(Text(f"\n{result.name}", style="bold red"), *(_line(f"  {line}") for line in lines))


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style)


def _broken(law: LawResult) -> RenderableType:
    head = Text.assemble(
        (f"\nlaw {law.name}", "bold red"), f"  broken {law.broken} of {law.applied} times\n", law.statement
    )
    lines = [line for each in law.breaches for line in (each.situation, *(f"    {x}" for x in each.lines))]
    return Group(head, *(_line(f"  {line}") for line in lines))


def _survivors(report: MutationReport) -> RenderableType:
    parts = [Text("\nmutants that no test caught", style="bold yellow")]
    for each in report.survivors:
        parts += [_line(f"  {each.place}  {each.operator}"), _line(f"    {each.what}")]
        parts.append(_line(f"    {each.hint}", "dim"))
    return Group(*parts)


def _verdict(report: EvalReport) -> Text:
    found = Text("\n")
    mutation = report.mutation
    if mutation is not None:
        style = "green" if report.is_mutation_enough else "bold red"
        found.append(
            f"{mutation.killed} of {mutation.total} mutants caught, {mutation.score:.1%}", style=style
        )
        found.append(f" (at least {report.least_score:.0%}), {mutation.equivalent} shown to change nothing")
        if mutation.skipped_cases:
            found.append(f", {mutation.skipped_cases} failing tests left out")
        found.append("\n")
    if not report.cases:
        found.append("there are no tests beside the policies\n", style="bold red")
    word, style = ("passed", "bold green") if report.passed else ("failed", "bold red")
    found.append(word, style=style)
    found.append(f" in {report.seconds:.1f} s")
    return found
