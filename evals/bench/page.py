"""What the page script costs a page: its first paint and its layout in Chromium, with the script and without."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from segue.evals.bench.measure import Measurement
from segue.evals.served import served
from segue.evals.static_site import site_of

_PACK = "saas_pipeline"
_MOST_MS = 50.0
"""Milliseconds by which the script may delay the first paint."""
_FLAGS = ["--no-sandbox", "--disable-background-networking"]
_QUIET_MS = 500
_STYLE = (
    "body{margin:0;font:16px/1.5 sans-serif}main{max-width:60rem;margin:auto}"
    ".hero{min-height:6rem}li{min-height:2rem}"
)
_BODY = """<main><h1 class="hero" data-segue-slot="message">Segments that are right today</h1>
<div class="hero" data-segue-slot="page_variant"><p data-segue-variant="default">For every team.</p></div>
<p class="hero" data-segue-slot="banner">What is new this month</p><ul>%s</ul></main>""" % (
    "<li>A line of a page that has something to say</li>" * 200
)
_LOOK = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  shift: window.shifts.reduce((sum, each) => sum + each, 0),
  asked: performance.getEntriesByType("resource").some((each) => each.name.includes("/ofrep/")),
})"""
_WATCH = """window.shifts = []; new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.shifts.push(each.value);
}).observe({type: "layout-shift", buffered: true});"""


def chromium() -> str | None:
    """Return where Chromium is on this machine, if it and what drives it are."""
    try:
        import playwright  # noqa: F401  # for development alone
    except ImportError:
        return None
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((each for each in found if each), None)


def measure_page(folder: Path, rounds: int) -> Iterator[Measurement]:
    """Yield the first paint of a page with the script against that of the same page without, in turn.

    Each round opens both in a browser that was never there. The service is a real one, on the same machine.
    Nothing is yielded where there is no Chromium. `same` is False where anything moved.
    """
    executable = chromium()
    if executable is None:
        return
    (folder / "page").mkdir()
    (folder / "site").mkdir()
    with served([_PACK], folder / "page") as service, site_of(folder / "site") as site:
        key = _publishable(folder / "page", service.database)
        tag = f'<script async src="{service.url}/segue.js" data-key="{key}"></script>'
        _write(folder, "with.html", tag)
        _write(folder, "without.html", "")
        found = _rounds(executable, site, rounds)
    ours, theirs = (median(each["paint"] for each in found[name]) for name in ("with", "without"))
    shift = max(each["shift"] for each in found["with"])
    yield Measurement(
        "first paint with /segue.js", "the page without", "ms", ours, theirs,
        (theirs + _MOST_MS) / theirs, (theirs + _MOST_MS / 5) / theirs,
        same=shift == 0 and all(each["asked"] for each in found["with"]),
        note=f"{ours - theirs:+.1f} ms on first paint (at most {_MOST_MS:g}), layout shift {shift:g}; {rounds} rounds",
    )  # fmt: skip


def _rounds(executable: str, site: str, rounds: int) -> dict[str, list[dict[str, Any]]]:
    from playwright.sync_api import sync_playwright

    found: dict[str, list[dict[str, Any]]] = {"without": [], "with": []}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=_FLAGS)
        for number in range(rounds + 1):
            for name in sorted(found, reverse=number % 2 == 0):
                context = browser.new_context()
                context.add_init_script(_WATCH)
                page = context.new_page()
                page.goto(f"{site}/{name}.html")
                page.wait_for_timeout(_QUIET_MS)
                looked = page.evaluate(_LOOK)
                if number:  # the first opens what the browser itself needs
                    found[name].append(looked)
                context.close()
        browser.close()
    return found


def _publishable(data_dir: Path, database: str) -> str:
    command = [
        str(Path(sys.executable).with_name("segue")),
        "keys",
        "create",
        "--kind",
        "publishable",
        "--name",
        "page",
    ]
    environment = {**os.environ, "SEGUE_DATA_DIR": str(data_dir), "DATABASE_URL": database}
    made = subprocess.run([*command, "--json"], env=environment, check=True, capture_output=True)  # noqa: S603
    key: str = json.loads(made.stdout)["key"]
    return key


def _write(folder: Path, name: str, tag: str) -> None:
    head = f'<meta charset="utf-8"><title>A page</title><style>{_STYLE}</style>{tag}'
    (folder / "site" / name).write_text(
        f"<!doctype html><html lang=en><head>{head}</head><body>{_BODY}", "utf-8"
    )
