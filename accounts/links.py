"""Who is held to be who: what an event claims, and what the claims of one visitor or contact come to. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import prod

from segue.accounts.domains import read_domain
from segue.accounts.events import Event, EventKind, Proven


class LinkKind(StrEnum):
    """From whom to whom a link goes."""

    VISITOR_CONTACT = "visitor_contact"
    VISITOR_ACCOUNT = "visitor_account"
    CONTACT_ACCOUNT = "contact_account"
    ACCOUNT_PARENT = "account_parent"
    """From a subsidiary to its parent: said by hand alone."""


class Method(StrEnum):
    """How a link came about. What a browser's key says is another method than what a server says."""

    USER_ID = "user_id"
    BROWSER_USER_ID = "browser_user_id"
    ALIAS = "alias"
    BROWSER_ALIAS = "browser_alias"
    WORK_EMAIL = "work_email"
    BROWSER_WORK_EMAIL = "browser_work_email"
    GROUP = "group"
    BROWSER_GROUP = "browser_group"
    TOKEN = "token"  # noqa: S105 - the name of a method
    EXPLICIT = "explicit"
    ADDRESS = "address"
    """The network that a browser was in belongs to the company."""


CONFIDENCE: Mapping[Method, float] = {
    Method.USER_ID: 1.0, Method.BROWSER_USER_ID: 0.6,
    Method.ALIAS: 1.0, Method.BROWSER_ALIAS: 0.6,
    Method.WORK_EMAIL: 0.9, Method.BROWSER_WORK_EMAIL: 0.5,
    Method.GROUP: 0.95, Method.BROWSER_GROUP: 0.3,
    Method.TOKEN: 1.0, Method.EXPLICIT: 1.0,
    Method.ADDRESS: 0.45,
}  # fmt: skip
"""How far each method is believed."""
LEAST = 0.4
"""What is believed less resolves nothing until another method agrees."""
_EDUCATION = re.compile(r"(?:^|\.)(?:edu|(?:edu|ac)\.[a-z]{2})$")


@dataclass(frozen=True, slots=True)
class Link:
    """One claim: of which kind, from whom, to whom, by what method, how far believed, and when it was last made.

    An account stands under the key that was claimed: a domain, or the id of a group.
    """

    kind: LinkKind
    from_id: str
    to_id: str
    method: Method
    confidence: float
    at: datetime

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from every other link."""
        return self.kind, self.from_id, self.to_id, self.method

    @property
    def origin(self) -> tuple[str, str]:
        """Whose resolution it bears on."""
        return self.kind, self.from_id


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whom the links of one visitor or contact come to."""

    to_id: str
    method: Method
    confidence: float


def resolve(links: Iterable[Link]) -> Resolution | None:
    """Return what the links from one visitor or contact come to; their order does not matter.

    Of each method only the newest claim stands. Methods that agree are believed together, 1 - the product of
    their doubts; the most believed counts, of equals the newest, then the greater id. What an address tells
    counts only where all else settles nothing.
    """
    given = list(links)
    settled = _resolve(link for link in given if link.method is not Method.ADDRESS)
    return settled or _resolve(given)


def _resolve(links: Iterable[Link]) -> Resolution | None:
    newest: dict[str, Link] = {}
    for link in links:
        held = newest.get(link.method)
        if held is None or (link.at, link.to_id) > (held.at, held.to_id):
            newest[link.method] = link
    agreeing: dict[str, list[Link]] = {}
    for link in sorted(newest.values(), key=lambda each: each.method):
        agreeing.setdefault(link.to_id, []).append(link)
    ranked = [(_belief(each), max(link.at for link in each), to_id) for to_id, each in agreeing.items()]
    ranked = [each for each in ranked if each[0] >= LEAST]
    if not ranked:
        return None
    confidence, _, to_id = max(ranked)
    surest = max(agreeing[to_id], key=lambda link: (link.confidence, link.method))
    return Resolution(to_id, surest.method, confidence)


def merged(links: Iterable[Link]) -> dict[tuple[str, str, str, str], Link]:
    """Return links by what tells them apart, each as its newest and surest claim has it."""
    found: dict[tuple[str, str, str, str], Link] = {}
    for link in links:
        held = found.get(link.key)
        if held is not None:
            at, confidence = max(held.at, link.at), max(held.confidence, link.confidence)
            link = Link(link.kind, link.from_id, link.to_id, link.method, confidence, at)
        found[link.key] = link
    return found


def contact_of(event: Event) -> str | None:
    """Return the contact whom an event names: by its user id, else by the e-mail address that it states."""
    if event.user_id is None and not event.traits:
        return None  # as most are
    return event.user_id or (None if event.kind is EventKind.GROUP else email_of(event))


def email_of(event: Event) -> str | None:
    """Return the e-mail address that an event states, in lower case: its trait, or a user id that is one."""
    if event.user_id is None and not event.traits:
        return None
    for found in (event.traits.get("email"), event.user_id):
        if isinstance(found, str) and 3 <= len(found) <= 300 and found.count("@") == 1:
            return found.strip().lower()
    return None


def telling(events: Iterable[Event]) -> list[Event]:
    """Return the events that claim a link, without those whose claims a newer one of them repeats."""
    found: list[Event] = []
    newest: dict[tuple[Hashable, ...], Event] = {}
    for event in events:
        if event.mark is not None or (
            event.user_id is None and event.group_id is None and event.company is None and not event.traits
        ):
            continue
        if event.traits:
            found.append(event)
            continue
        told = (
            event.visitor,
            event.user_id,
            event.group_id,
            event.previous_id,
            event.kind,
            str(event.trusted),
            event.proven,
            event.company,
        )
        held = newest.get(told)
        if held is None or held.at < event.at:
            newest[told] = event
    return [*found, *newest.values()]


def links_of(event: Event, received: datetime) -> Iterator[Link]:
    """Give the links that an event claims. A mark takes them all away; none is newer than its arrival."""
    if event.mark is not None:
        return
    at = min(event.at, received)
    contact, proven = contact_of(event), event.proven

    def link(kind: LinkKind, from_id: str, to_id: str, server: Method, browser: Method) -> Link:
        method = server if event.trusted else browser
        return Link(kind, from_id, to_id, method, CONFIDENCE[method], at)

    if event.kind is EventKind.ALIAS and event.previous_id and event.user_id:
        yield link(
            LinkKind.VISITOR_CONTACT, event.previous_id, event.user_id, Method.ALIAS, Method.BROWSER_ALIAS
        )
    if event.visitor and contact:
        browser = Method.TOKEN if proven else Method.BROWSER_USER_ID
        yield link(LinkKind.VISITOR_CONTACT, event.visitor, contact, Method.USER_ID, browser)
    if event.visitor and event.company and event.kind is not EventKind.ALIAS:
        confidence = round(CONFIDENCE[Method.ADDRESS] * event.company.confidence, 4)
        yield Link(
            LinkKind.VISITOR_ACCOUNT, event.visitor, event.company.domain, Method.ADDRESS, confidence, at
        )
    email = email_of(event)
    domain = work_domain(email) if email and contact else None
    if contact and domain:
        methods = Method.WORK_EMAIL, Method.BROWSER_WORK_EMAIL
        yield link(LinkKind.CONTACT_ACCOUNT, contact, domain, *methods)
    if proven:
        yield from _proven_links(proven, at)
    if event.group_id and not (
        proven and proven.account and account_key(proven.account) == account_key_of(event)
    ):
        key = account_key_of(event)
        origin = (LinkKind.CONTACT_ACCOUNT, contact) if contact else (LinkKind.VISITOR_ACCOUNT, event.visitor)
        if origin[1]:
            yield link(origin[0], origin[1], key, Method.GROUP, Method.BROWSER_GROUP)


def _proven_links(proven: Proven, at: datetime) -> Iterator[Link]:
    """Give what a signed token says of its contact's company: as a server would say it."""
    kind, contact = LinkKind.CONTACT_ACCOUNT, proven.user_id
    if proven.account:
        method = Method.TOKEN
        yield Link(kind, contact, account_key(proven.account), method, CONFIDENCE[method], at)
    domain = work_domain(proven.email) if proven.email else None
    if domain:
        method = Method.WORK_EMAIL
        yield Link(kind, contact, domain, method, CONFIDENCE[method], at)


def work_domain(email: str) -> str | None:
    """Return the domain of the company whose people have such addresses; None for free, disposable and
    education mail."""
    domain = read_domain(email).domain
    return None if domain is None or _EDUCATION.search(domain) else domain


def account_key_of(event: Event) -> str:
    """Return under which key a group is an account: its domain where the id or its traits tell it, else the id."""
    assert event.group_id is not None
    texts: Sequence[object] = ()
    if event.kind is EventKind.GROUP:
        texts = [event.traits.get(name) for name in ("domain", "website")]
    return account_key(event.group_id, *texts)


def account_key(text: str, *others: object) -> str:
    """Return under which key a text is an account: the domain that it or another text tells, else the text."""
    for each in (text, *others):
        domain = read_domain(each).domain if isinstance(each, str) and "." in each else None
        if domain is not None:
            return domain
    return text


def _belief(agreeing: Sequence[Link]) -> float:
    return round(1 - prod(1 - link.confidence for link in agreeing), 4)
