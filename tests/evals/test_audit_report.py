"""An audit's other figures, its advice, and its page: whole, escaped, asking for nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from segue.evals.audit.model import Audit, Test
from segue.evals.audit.page import audit_page
from segue.evals.audit.population import Audited, Population, Statement
from segue.evals.audit.run import audit
from segue.policies.facts import Account, take_facts
from segue.policies.pack import Pack
from tests.policies.mini import FILES, MONDAY, mini_pack

PACK = mini_pack(traits=FILES["traits.yaml"].replace("from: [crm], ask", "from: [crm], fresh_for: 100d, ask"))
HOSTILE = """<script>alert(1)</script>"'&\u202e</title><img src=x onerror=alert(1)>"""


def account(number: int, said: Mapping[str, Any], *, days: int | None = 10, domain: str | None = "acme.example",
            rival: Mapping[str, Any] | None = None, name: str = "Acme") -> Audited:  # fmt: skip
    """Return an account whose facts are all from one day; a rival row may say otherwise."""
    at = None if days is None else MONDAY - timedelta(days=days)
    stale = {"size"} if days is not None and days > 100 else set()
    statements = {
        trait: [Statement("crm", f"crm, row {number}", value, at, trait in stale)]
        for trait, value in said.items()
    }
    for trait, value in (rival or {}).items():
        other = Statement("crm", "crm, row 999", value, at, stale=False, own=False)
        statements.setdefault(trait, []).append(other)
    known = {trait: value for trait, value in said.items() if trait not in stale}
    return Audited(Account(f"a{number}", domain, name), take_facts(PACK, known, MONDAY), statements)


def audited(*accounts: Audited, least: int = 50, origin: str = "accounts.csv", pack: Pack = PACK) -> Audit:
    return audit(pack, Population(origin, accounts, 3), MONDAY, least)


def trait(found: Audit, name: str) -> Any:
    return next(each for each in found.traits if each.name == name)


def test_ages_staleness_and_disagreement() -> None:
    found = audited(
        account(1, {"size": 300}, days=10, rival={"size": 300}),
        account(2, {"size": 300}, days=50, rival={"size": 10}),
        account(3, {"size": 300}, days=90),
        account(4, {"size": 300}, days=400, rival={"size": 10}),
        account(5, {"size": 300}, days=None),
    )
    size = trait(found, "size")
    (source,) = size.sources
    assert (source.source, source.accounts, source.stale) == ("crm", 5, 1)
    assert (source.ages.dated, source.ages.undated, source.ages.median, source.ages.oldest) == (
        4,
        1,
        70.0,
        400.0,
    )
    assert (size.known, size.stale, size.missing) == (4, 1, 0)
    assert (size.disagreement.compared, size.disagreement.differing) == (2, 1)
    assert size.disagreement.examples[0].said == ("crm, row 2: 300", "crm, row 999: 10")


def test_each_of_the_five_tests_can_fail() -> None:
    found = audited(*(account(n, {"size": 10}, domain=None) for n in range(60)), account(99, {"size": 500}))
    verdicts = {each.name: {v.test: v.passed for v in each.verdicts} for each in found.segments}
    assert verdicts["out"] == {
        Test.MEASURABLE: True, Test.SUBSTANTIAL: True, Test.ACCESSIBLE: False,
        Test.ACTIONABLE: True, Test.DISTINCT: False,
    }  # fmt: skip
    assert verdicts["ready"][Test.MEASURABLE] is False and verdicts["ready"][Test.SUBSTANTIAL] is False
    assert verdicts["rest"][Test.MEASURABLE] is None, (
        "nobody is known to belong where nothing has to be known"
    )
    assert verdicts["customer"][Test.MEASURABLE] is None and verdicts["customer"][Test.ACCESSIBLE] is None
    assert verdicts["ready"][Test.DISTINCT] is True, "of its two defaults, one is nobody else's"
    silent = mini_pack(
        segments__out="segment: out\ntitle: Out\nwhen: NOT fits\nsurfaces: {chat: {default: silence}}"
    )
    muted = audit(silent, Population("x", [account(n, {"size": 10}) for n in range(60)]), MONDAY)
    out = next(each for each in muted.segments if each.name == "out")
    assert Test.ACTIONABLE in out.failed


def test_it_names_the_accounts_to_begin_with() -> None:
    known = [account(n, {"size": 10 if n % 4 else 500, "intent": 10.0}) for n in range(40)]
    unknown = [account(50 + n, {"intent": 20.0}, name="Cold") for n in range(5)]
    found = audited(*known, *unknown, account(60, {"intent": 90.0}, name="Hot Prospect"))
    size = next(each for each in found.traits if each.name == "size")
    assert size.change.begin_for == "ready" and size.change.begin_with == ("Hot Prospect",)
    (advice,) = [each for each in found.advice if each.what == "Complete “size”"]
    assert advice.why.endswith("Begin with “Hot Prospect”, which could be ready.")


def test_a_segment_is_small_below_the_number_asked_for() -> None:
    accounts = [account(n, {"size": 10}) for n in range(10)]
    for least, small in ((10, False), (11, True)):
        out = next(each for each in audited(*accounts, least=least).segments if each.name == "out")
        assert (Test.SUBSTANTIAL in out.failed) is small


def test_the_deciding_facts_are_those_of_the_clauses() -> None:
    found = audited(*(account(n, {"size": 10, "tier": "gold"}, days=n) for n in range(1, 4)))
    out = next(each for each in found.segments if each.name == "out")
    assert (out.deciding.dated, out.deciding.median) == (3, 2.0)


class Parsed(HTMLParser):
    """Checks that what is opened is closed, in order, and keeps tags and attributes."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    accounts = [account(n, {"size": 300}, rival={"size": 10}, name=f"{HOSTILE} {n}") for n in range(40)]
    accounts += [account(100 + n, {"size": 300, "intent": 80.0}, days=400) for n in range(20)]
    return audit_page(audited(*accounts, origin=f"{HOSTILE}.csv"), PACK)


def test_the_page_is_well_formed_and_asks_for_nothing(page: str) -> None:
    parsed = Parsed(page)
    assert not parsed.open
    assert not {"script", "link", "img", "iframe", "form", "a"} & set(parsed.tags)
    assert not any(name.startswith("on") or name in ("src", "href", "style") for name, _ in parsed.attributes)
    assert "url(" not in page and "@import" not in page and "http" not in page
    assert "$" not in page.partition("<body>")[2]


def test_hostile_names_are_text(page: str) -> None:
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page


def test_every_drawing_is_well_formed_and_within_its_frame(page: str) -> None:
    drawings = re.findall(r'<svg class="bar".*?</svg>', page)
    assert len(drawings) > 10
    for text in drawings:
        svg = ElementTree.fromstring(text)
        assert svg.get("aria-label") is not None
        for rect in svg:
            assert float(rect.get("x", "0")) >= 0 and float(rect.get("width", "0")) >= 0
            assert float(rect.get("x", "0")) + float(rect.get("width", "0")) <= 102


def test_a_population_of_nobody_is_told_in_words() -> None:
    found = audited()
    assert (found.traits, found.order, found.advice) == ((), (), ())
    assert "no accounts" in audit_page(found, PACK)
    json.dumps(found.to_json())


def test_the_audit_as_json_has_every_figure() -> None:
    found = json.loads(json.dumps(audited(*(account(n, {"size": 10}) for n in range(5))).to_json()))
    assert found["accounts"] == 5 and {each["name"] for each in found["traits"]} >= {"size", "intent"}
    assert all(set(each["failed"]) <= set(Test) for each in found["segments"])
