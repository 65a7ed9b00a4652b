"""The fields of what is stored: of events, accounts and people as SDKs, a CRM and colleagues fill them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.service.attacks.fields import Field
from tests.service.attacks.probes import (
    Seen,
    decided,
    events_taken,
    page,
    permits,
    refused,
    talked,
    tool,
)
from tests.service.attacks.slack_probes import alerted, asked_in_slack
from tests.service.attacks.world import SELLER, WARM, World, fitting

_MOST_IN_A_PAGE = 700
"""Characters of each of its fields: an event of over 32 kB is parked."""


def _of_visitor(world: World, text: str, name: str) -> Seen:
    who: dict[str, Any] = {"visitor": f"v-{name}"}
    return decided(world, "chat", **who).add(permits(world, surface="chat", **who))


def _of_visitor_talking(world: World, text: str, name: str) -> Seen:
    found = _of_visitor(world, text, name).add(talked(world, visitor=f"v-{name}", key="publishable"))
    return found.add(page(world, targetingKey=f"v-{name}", path="/"))


def _of_account(world: World, text: str, name: str) -> Seen:
    return decided(world, "chat", account=name).add(permits(world, surface="chat", account=name))


def _of_account_all(world: World, text: str, name: str) -> Seen:
    found = (
        _of_account(world, text, name)
        .add(decided(world, "web", "crm", account=name))
        .add(talked(world, account=name))
        .add(page(world, key="secret", account=name))
    )
    found.add(tool(world, "account", account=name)).add(tool(world, "explain", account=name))
    return found.add(tool(world, "search_proof", account=name, query="Is it safe?"))


def _of_account_in_slack(world: World, text: str, name: str) -> Seen:
    asked = (f"why is {name} mine?", f"what do I say to their CISO at {name}?")
    return asked_in_slack(world, *asked)


def _of_account_and_slack(world: World, text: str, name: str) -> Seen:
    return _of_account_all(world, text, name).add(_of_account_in_slack(world, text, name))


def _calls(strings: Sequence[str], names: Sequence[str], kind: str, told: Any) -> Iterator[Mapping[str, Any]]:
    for text, name in zip(strings, names, strict=True):
        yield {"type": kind, "messageId": f"{kind}-{name}", "anonymousId": f"v-{name}", **told(text, name)}


def _pages(world: World, strings: Sequence[str], names: Sequence[str]) -> None:
    def told(text: str, name: str) -> dict[str, Any]:
        cut = text[:_MOST_IN_A_PAGE]
        place = {"title": cut, "url": cut, "referrer": cut, "search": cut, "path": cut}
        return {
            "name": cut, "properties": {**place, "note": cut, cut[:200]: "x"},
            "context": {"page": place, "campaign": {"name": cut, "source": cut}, "userAgent": cut, "locale": cut,
                        "ip": cut},
        }  # fmt: skip

    events_taken(world, _calls(strings, names, "page", told), "publishable")


def _person(text: str, name: str) -> dict[str, Any]:
    cut = text[:1_000]
    company = {"name": cut, "industry": cut, "country": cut}
    return {
        "email": f"ada@{name}", "name": cut, "firstName": cut, "lastName": cut, "title": cut, "phone": cut,
        "persona": cut, "jobFunction": cut, "industry": cut, "tech": [cut], "company": company, "message": text[:4_000],
    }  # fmt: skip


def _identify(key: str) -> Any:
    def before(world: World, strings: Sequence[str], names: Sequence[str]) -> None:
        told = _calls(
            strings,
            names,
            "identify",
            lambda text, name: {"traits": _person(text, name), "userId": f"u-{name}"},
        )
        events_taken(world, told, key)

    return before


def _group(world: World, strings: Sequence[str], names: Sequence[str]) -> None:
    def told(text: str, name: str) -> dict[str, Any]:
        cut = fitting(text)
        return {
            "groupId": cut,
            "userId": cut,
            "traits": {"name": text[:2_000], "industry": cut, "domain": cut},
        }

    events_taken(world, _calls(strings, names, "group", told), "publishable")
    events_taken(world, _calls(strings, [f"s{each}" for each in names], "group", told))


def _forms(world: World, strings: Sequence[str], names: Sequence[str]) -> None:
    def told(text: str, name: str) -> dict[str, Any]:
        return {"event": "Demo Requested", "properties": _person(text, name)}

    events_taken(world, _calls(strings, names, "track", told), "publishable")
    others = _calls(
        strings,
        [f"n{each}" for each in names],
        "track",
        lambda text, _: {"event": text[:500], "properties": {text[:100]: text[:500]}},
    )
    events_taken(world, others, "publishable")


def _imported(intent: int) -> Any:
    """Return what imports accounts with the string in every column that takes any text."""

    def before(world: World, strings: Sequence[str], names: Sequence[str]) -> None:
        columns = ["Account ID", "Website", "Account Name", "Parent Account", "Account Owner", "Industry", "Employees",
                   "Country", "Tech", "Intent", "City", "State", "Sector", "Notes", "Contact Name", "Lifecycle Stage"]  # fmt: skip
        known = [SELLER, "Software", "800", "US", "Salesforce", str(intent)]
        rows = [
            [name, name, fitting(text), fitting(text), *known, *[text] * 6]
            for text, name in zip(strings, names, strict=True)
        ]
        _import(world, columns, rows)
        query = "SELECT count(*) FROM segue.accounts WHERE account_id = ANY(%s) AND name IS NOT NULL AND parent_id IS NOT NULL"
        assert world.service.rows(query, list(names))[0][0] > 0.95 * len(names)

    return before


def _imported_owners(world: World, strings: Sequence[str], names: Sequence[str]) -> None:
    columns = [
        "Account ID",
        "Website",
        "Account Name",
        "Owner Email",
        "Open Deal Owner",
        "Industry",
        "Country",
    ]
    rows = []
    for text, name in zip(strings, names, strict=True):
        line = fitting(text, 280)
        rows.append([f"{line} {name}", name, text, line, line, text, text])
    _import(world, columns, rows)


def _import(world: World, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([columns, *rows])
    query = "/v1/accounts:import?filename=accounts.csv&pack=saas_pipeline&source=crm"
    content = file.getvalue().encode("utf-8", "replace")
    answer = world.service.call("POST", query, content=content, key="write")
    assert answer.status_code == 200 and answer.json()["stored"] == len(rows), answer.text[:500]


def _stated(world: World, text: str, name: str) -> Seen:
    cut = text[:2_000]
    said: list[dict[str, Any]] = [
        {"trait": trait, "value": cut, "source": "crm"} for trait in ("industry", "country")
    ]
    said.append({"trait": "tech", "value": ["salesforce", cut], "source": "enrichment"})
    assert world.service.put(f"/v1/accounts/{name}/traits", {"traits": said}).status_code == 200
    return _of_account(world, text, name)


def _stated_all(world: World, text: str, name: str) -> Seen:
    return (
        _stated(world, text, name)
        .add(_of_account_all(world, text, name))
        .add(_of_account_in_slack(world, text, name))
    )


def _pinned(world: World, text: str, name: str) -> Seen:
    line = fitting(text)
    until = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    pin = {"kind": "owner", "value": line, "reason": fitting(text, 500), "expires_at": until}
    assert world.service.put(f"/v1/accounts/{name}/pin", pin).status_code == 200
    return _of_account_all(world, text, name).add(_of_account_in_slack(world, text, name))


def _linked(world: World, text: str, name: str) -> Seen:
    line = fitting(text)
    links = [
        {"kind": "visitor_contact", "from": f"v-{name}", "to": line},
        {"kind": "contact_account", "from": line, "to": name},
    ]
    assert world.service.put("/v1/links", {"links": links}).status_code == 200
    parent = world.service.put(f"/v1/accounts/{name}/parent", {"parent": line})
    found = (
        Seen() if parent.status_code == 200 else refused(parent)
    )  # there may be an account of that name by now
    [other] = world.accounts(1)
    merge = {"into": name, "reason": fitting(text, 500)}
    assert world.service.post(f"/v1/accounts/{other}/merge", merge).status_code == 200
    found.add(decided(world, visitor=f"v-{name}")).add(_of_account_all(world, text, name))
    answer = world.service.call("GET", f"/v1/accounts/{name}/links")
    return found.add(Seen(turns=1, whole=[answer.text]))


def _alerted(world: World, text: str, name: str) -> Seen:
    return alerted(world, name)[2]


HOT = {**WARM, "intent": 82}
STORED = (
    Field("page events: title, path, url, referrer, search, UTM", _of_visitor, None, _pages),
    Field("page events, in chats and pages", _of_visitor_talking, 60, _pages),
    Field("identify by a browser: name, title, company", _of_visitor, None, _identify("publishable")),
    Field("identify by a browser, in chats and pages", _of_visitor_talking, 60, _identify("publishable")),
    Field("identify by a server", _of_visitor_talking, 60, _identify("write")),
    Field("group: id, name, industry", _of_visitor, 60, _group),
    Field("form fields of Demo Requested, names of events", _of_visitor_talking, 60, _forms),
    Field("CRM import: name, parent, city, notes", _of_account, None, _imported(35), account=False),
    Field("CRM import, in chats, pages and MCP", _of_account_all, 60, _imported(35), account=False),
    Field("CRM import, in answers of Slack", _of_account_in_slack, 60, _imported(35), account=False),
    Field("CRM import, in alerts of Slack", _alerted, 60, _imported(82), account=False),
    Field("CRM import: ids, owners, long names", _of_account_and_slack, 60, _imported_owners, account=False, quietly=False),
    Field("traits by the API: industry, country, tech", _stated, None, reaches=("facts.industry",)),
    Field("traits by the API, everywhere else", _stated_all, 60, reaches=("facts.industry",)),
    Field("pins: owner and reason", _pinned),
    Field("links, parents and merges: ids and reasons", _linked),
)  # fmt: skip
