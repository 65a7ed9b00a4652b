"""`/v1/links` and `/v1/accounts/{account}/links`: who belongs to whom, as somebody states it and as it is held."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from segue.accounts.links import LinkKind
from segue.api.models.base import Answer, Identifier, Model, example


def _rounded(confidence: float) -> float:
    return round(confidence, 4)


class LinkIn(Model):
    """One link by hand."""

    kind: Annotated[LinkKind, Field(strict=False)]
    """`account_parent` goes from a subsidiary to its parent."""
    from_: Annotated[Identifier, Field(alias="from")]
    """The visitor, the contact or the subsidiary."""
    to: Identifier
    """The contact, the account or the parent: accounts by id or domain."""
    confidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(_rounded)] = 1.0
    """How far it is believed; below 0.4 it settles nothing alone."""


class LinksIn(Model):
    """Links by hand, stored together or not at all."""

    model_config = example(
        links=[
            {"kind": "visitor_contact", "from": "visitor-81f2", "to": "c-1"},
            {"kind": "contact_account", "from": "c-1", "to": "acme.example", "confidence": 0.9},
        ]
    )

    links: Annotated[list[LinkIn], Field(min_length=1, max_length=500)]


class LinksStoredOut(Answer):
    """How many were stored: not those of people who were erased."""

    model_config = example(stored=2)

    stored: int


class LinkRemovedOut(Answer):
    """Whether anything linked the two before. They stay parted, whatever claims otherwise."""

    model_config = example(removed=True)

    removed: bool


class LinkedOut(Answer):
    """A contact or a visitor who is held to belong to the account."""

    kind: Literal["contact", "visitor"]
    id: str
    method: str | None
    """How it is known; none where it was not told by a link."""
    confidence: float | None
    last_seen: datetime | None
    """To the hour."""


class RelativeOut(Answer):
    """A parent or a subsidiary."""

    account: str
    domain: str | None
    name: str | None
    method: Literal["explicit", "import"]
    confidence: float | None


class AccountLinksOut(Answer):
    """Who is linked to an account."""

    model_config = example(
        account="0015g00000AbCdEAAV",
        parent={"account": "0015g00000ZyXwVAAV", "domain": "acme-group.example", "name": "Acme Group",
            "method": "explicit", "confidence": 1.0},
        subsidiaries=[],
        links=[
            {"kind": "contact", "id": "c-1", "method": "work_email", "confidence": 0.9,
                "last_seen": "2026-11-20T09:00:00Z"},
            {"kind": "visitor", "id": "visitor-81f2", "method": "address", "confidence": 0.45,
                "last_seen": "2026-11-20T09:00:00Z"},
        ],
        next=None,
    )  # fmt: skip

    account: str
    parent: RelativeOut | None
    subsidiaries: list[RelativeOut]
    """At most 500."""
    links: list[LinkedOut]
    """Contacts first, by their ids; browsers of a known contact are the contact's."""
    next: str | None
    """What to give as `after` for those that follow; none where these are the last."""
