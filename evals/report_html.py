"""An evaluation as one HTML file that needs nothing else: no script, no font, no address is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from segue.evals.cases import CaseResult, Failure, FailureKind
from segue.evals.law_types import LawResult
from segue.evals.mutation import MutationReport, Survivor
from segue.evals.page_frame import framed, tile
from segue.evals.run import EvalReport, count_kinds


def html_page(reports: Sequence[EvalReport]) -> str:
    """Return one page for the reports of one or several packs."""
    packs = ", ".join(report.pack for report in reports)
    body = "\n".join(line for report in reports for line in _pack(report))
    return framed(f"Policy evaluation: {packs}", "report", body)


def _pack(report: EvalReport) -> Iterator[str]:
    badge = _badge("good", "passed") if report.passed else _badge("bad", "failed")
    yield '<section class="pack">'
    yield f"<h1>{escape(report.title)} {badge}</h1>"
    yield (
        f'<p class="soft small">Pack <code>{escape(report.pack)}</code>, revision '
        f"<code>{escape(report.revision[:19])}</code>, evaluated in {report.seconds:.1f} s</p>"
    )
    yield from _tiles(report)
    yield from _failures(report)
    yield from _laws(report.laws)
    if report.mutation is not None:
        yield from _mutation(report.mutation, report)
    yield from _suites(report)
    yield from _cases(report)
    yield "</section>"


def _tiles(report: EvalReport) -> Iterator[str]:
    yield '<div class="tiles">'
    yield _tile("Tests beside the policies", *_share(report.cases))
    if report.suites:
        yield _tile("Suite cases", *_share([each for suite in report.suites for each in suite.results]))
    if report.laws:
        held, count = len(report.laws) - len(report.broken_laws), len(report.laws)
        yield _tile("Laws that hold", f"{held} of {count}", held == count)
    if report.mutation is not None:
        shown = f"{report.mutation.score:.1%}"
        label = f"Mutants caught, at least {report.least_score:.0%}"
        yield _tile(label, shown, report.is_mutation_enough)
    yield "</div>"


def _share(results: Sequence[CaseResult]) -> tuple[str, bool]:
    passed = sum(1 for each in results if each.passed)
    return f"{passed} of {len(results)}", passed == len(results) and passed > 0


def _tile(label: str, value: str, good: bool) -> str:
    return tile(value, label, "good" if good else "bad")


def _badge(tone: str, text: str) -> str:
    return f'<span class="badge {tone}">{escape(text)}</span>'


def _failures(report: EvalReport) -> Iterator[str]:
    if not report.failed:
        return
    kinds = count_kinds(report.failed)
    gold = f", {kinds[FailureKind.BAD_GOLD]} with a bad gold label" if kinds[FailureKind.BAD_GOLD] else ""
    yield f"<h2>What failed: {len(report.failed)} cases{gold}</h2>"
    for result in report.failed:
        only_gold = all(each.kind is FailureKind.BAD_GOLD for each in result.failures)
        yield f'<article class="item {"warn" if only_gold else "bad"}-edge">'
        yield f"<h3>{escape(result.name)}</h3>"
        for failure in result.failures:
            yield from _failure(failure)
        yield "</article>"


def _failure(failure: Failure) -> Iterator[str]:
    if failure.kind is FailureKind.BAD_GOLD:
        yield f"<p>{_badge('warn', 'bad gold label')}</p>"
    yield (
        f"<dl><dt>expected</dt><dd>{escape(failure.expected)}</dd>"
        f"<dt>found</dt><dd>{escape(failure.found)}</dd>"
        f"<dt>at</dt><dd><code>{escape(str(failure.place))}</code></dd></dl>"
    )
    if failure.why:
        yield f"<pre>{escape(chr(10).join(failure.why))}</pre>"


def _laws(laws: Sequence[LawResult]) -> Iterator[str]:
    if not laws:
        return
    yield "<h2>Laws that hold for any pack</h2>"
    yield '<table class="stack"><thead><tr><th>Law</th><th class="number">Tried</th>'
    yield '<th class="number">Broken</th></tr></thead><tbody>'
    for law in laws:
        tone = "" if law.holds else ' class="bad"'
        yield (
            f"<tr><td><b{tone}>{escape(_spoken(law.name))}</b><br>"
            f'<span class="soft small">{escape(law.statement)}</span></td>'
            f'<td class="number" data-head="tried">{law.applied:,}</td>'
            f'<td class="number" data-head="broken"><span{tone}>{law.broken:,}</span></td></tr>'
        )
    yield "</tbody></table>"
    for law in laws:
        for breach in law.breaches:
            yield f'<article class="item bad-edge"><h3>{escape(_spoken(law.name))} is broken</h3>'
            yield f"<p>{escape(breach.situation)}</p><pre>{escape(chr(10).join(breach.lines))}</pre></article>"


def _spoken(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _mutation(mutation: MutationReport, report: EvalReport) -> Iterator[str]:
    yield "<h2>Policy mutation</h2>"
    tone = "good" if report.is_mutation_enough else "bad"
    yield (
        f"<p>The pack was changed in {mutation.total} ways, one at a time. Its own tests caught "
        f'<b class="{tone}">{mutation.killed}, {mutation.score:.1%}</b>; at least {report.least_score:.0%} are '
        f"asked for. Changes that were shown to change nothing are not counted: {mutation.equivalent}.</p>"
    )
    if mutation.skipped_cases:
        yield f'<p class="warn">{mutation.skipped_cases} tests fail on the pack itself and could catch nothing.</p>'
    for survivor in mutation.survivors:
        yield from _survivor(survivor)


def _survivor(survivor: Survivor) -> Iterator[str]:
    yield '<article class="item warn-edge">'
    yield f"<h3>{escape(survivor.what)}</h3>"
    yield (
        f"<dl><dt>change</dt><dd>{escape(_spoken(survivor.operator).lower())}</dd>"
        f"<dt>at</dt><dd><code>{escape(str(survivor.place))}</code></dd>"
        f"<dt>a test that would catch it</dt><dd>{escape(survivor.hint)}</dd></dl></article>"
    )


def _suites(report: EvalReport) -> Iterator[str]:
    if not report.suites:
        return
    yield "<h2>Eval suites</h2>"
    for suite in report.suites:
        yield from _listing(f"{suite.title} ({suite.name})", suite.results, f"{suite.name}: ")


def _cases(report: EvalReport) -> Iterator[str]:
    yield "<h2>Tests beside the policies</h2>"
    if not report.cases:
        yield '<p class="bad">There are none.</p>'
    for file, results in groupby(report.cases, key=lambda each: each.file):
        yield from _listing(file, list(results), "")


def _listing(head: str, results: Sequence[CaseResult], prefix: str) -> Iterator[str]:
    """Yield the cases of one file, closed unless one of them failed."""
    shown, good = _share(results)
    runs = sum(each.runs for each in results)
    more = f", {runs:,} decisions" if runs > len(results) else ""
    tone = "good" if good else "bad"
    yield f"<details{'' if good else ' open'}><summary>{escape(head)} "
    yield f'<span class="small {tone}">{shown} passed{more}</span></summary><ul class="small">'
    for each in results:
        mark = "" if each.passed else ' <b class="bad">failed</b>'
        yield f"<li>{escape(each.name.removeprefix(prefix))}{mark}</li>"
    yield "</ul></details>"
