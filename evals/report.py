"""Reports of evaluations: on a terminal, as JUnit XML, as one HTML file, as JSON."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from segue.core.errors import InputError
from segue.evals.report_html import html_page
from segue.evals.report_junit import junit_xml
from segue.evals.report_terminal import print_report, render_report
from segue.evals.run import EvalReport

__all__ = ["html_page", "json_text", "junit_xml", "print_report", "render_report", "write_report"]


def json_text(reports: Sequence[EvalReport]) -> str:
    """Return the reports as one JSON list."""
    return json.dumps([report.to_json() for report in reports], indent=2, ensure_ascii=False) + "\n"


def write_report(reports: Sequence[EvalReport], path: str | Path) -> None:
    """Write the reports to a file, in the format of its ending: `.xml` JUnit, `.html` or `.json`.

    The file is written whole or not at all.

    Raises:
        InputError: the ending is another one, or the file cannot be written.
    """
    target = Path(path)
    writers = {".xml": junit_xml, ".html": html_page, ".json": json_text}
    writer = writers.get(target.suffix)
    if writer is None:
        expected = ", ".join(writers)
        raise InputError(f"a report is written as one of {expected}, found {str(target)!r}")
    try:
        _replace(target, writer(reports))
    except OSError as error:
        raise InputError(f"the report {str(target)!r} cannot be written: {error.strerror}") from None


def _replace(target: Path, text: str) -> None:
    """Write beside the target, then put it in its place."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
