"""`/v1/duplicates` and merging: accounts that may be one, proposed, merged by hand, and undone."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue

from segue.accounts.duplicate_keys import SharedBy
from segue.accounts.duplicates import TieBreak
from segue.api.models.base import Answer, Identifier, Model, Reason, example


class SharedOut(Answer):
    """What accounts of a group have in common."""

    by: SharedBy
    what: str
    """The id, the domain or its stem, the name, or how many people lead to both."""
    accounts: list[str]


class DuplicateAccountOut(Answer):
    """An account of a group, with what the tie-break looks at."""

    id: str
    domain: str | None
    name: str | None
    owner: str | None
    parent: str | None
    has_open_opportunity: bool
    filled: int
    """How many of its fields and traits are known."""
    last_activity: datetime | None
    created: datetime | None


class ContradictionOut(Answer):
    """A trait of which one source says different things: what would count once they are merged, and what not."""

    trait: str
    source: str
    kept: JsonValue
    of: str
    """The account of which that is said."""
    other: JsonValue
    other_of: str


class DuplicatesOut(Answer):
    """Accounts that may be one. The first is the tie-break's pick; nothing is merged."""

    shared: list[SharedOut]
    """The surest first."""
    pick: str
    because: TieBreak
    """The first point on which the pick is ahead of the next."""
    size: int
    """How many accounts they are; at most 50 are shown."""
    accounts: list[DuplicateAccountOut]
    contradictions: list[ContradictionOut]


_GROUP = {
    "shared": [{"by": "domain", "what": "acme.example", "accounts": ["0015g00000AbCdEAAV", "acme.example"]}],
    "pick": "0015g00000AbCdEAAV", "because": "has_owner", "size": 2,
    "accounts": [
        {"id": "0015g00000AbCdEAAV", "domain": "acme.example", "name": "Acme", "owner": "rep-1@example.com",
         "parent": None, "has_open_opportunity": False, "filled": 9, "last_activity": None,
         "created": "2026-11-20T09:00:00Z"},
        {"id": "acme.example", "domain": "acme.example", "name": None, "owner": None, "parent": None,
         "has_open_opportunity": False, "filled": 1, "last_activity": "2026-11-24T10:00:00Z",
         "created": "2026-11-21T09:00:00Z"},
    ],
    "contradictions": [],
}  # fmt: skip


class DuplicatesPageOut(Answer):
    """Groups of accounts that may be one, the surest first."""

    model_config = example(groups=[_GROUP], total=1, next=None)

    groups: list[DuplicatesOut]
    total: int
    """How many groups there are in all."""
    next: str | None
    """`after` of the next page; none on the last."""


class MergeIn(Model):
    """Into which account another one is merged, and why."""

    model_config = example(into="0015g00000AbCdEAAV", reason="The same company: both have its domain")

    into: Identifier
    """By id or domain."""
    reason: Reason


class MergeOut(Answer):
    """A merge that stands, or stood."""

    account: str
    into: str
    """As it was asked for."""
    alias_of: str
    """The account that counts."""
    reason: str
    by: str
    at: datetime


class LabelMoveOut(Answer):
    """How a label changed by it; to none where the account was merged away."""

    account: str
    pack: str
    from_segment: str | None
    to_segment: str | None


class MergedOut(Answer):
    """What merging two accounts, or undoing it, came to."""

    model_config = example(
        merge={
            "account": "acme.example", "into": "0015g00000AbCdEAAV", "alias_of": "0015g00000AbCdEAAV",
            "reason": "The same company: both have its domain", "by": "key:01a2", "at": "2026-11-24T10:00:00Z",
        },
        undone=False,
        moves=[
            {"account": "acme.example", "pack": "saas_pipeline", "from_segment": "needs_data", "to_segment": None}
        ],
        contradictions=[],
    )  # fmt: skip

    merge: MergeOut
    undone: bool
    moves: list[LabelMoveOut]
    contradictions: list[ContradictionOut]
    """On what sources contradict themselves about the accounts, as they were merged."""


class ParentIn(Model):
    """The parent of an account."""

    model_config = example(parent="acme-group.example")

    parent: Identifier | None
    """By id or domain; null takes it away."""


class ParentOut(Answer):
    """The parent of an account, as it is kept."""

    model_config = example(account="0015g00000AbCdEAAV", parent="acme-group.example")

    account: str
    parent: str | None


class RelativeOut(Answer):
    """An account of a family."""

    id: str
    domain: str | None
    name: str | None


class FamilyOut(Answer):
    """The parent and the subsidiaries of an account."""

    stated_parent: str | None
    """As it was stated: an id, a domain or a name."""
    parent: RelativeOut | None
    """The account that it is; none where there is no such account yet."""
    subsidiaries: list[RelativeOut]
    """At most a hundred."""


class ActiveRoleOut(Answer):
    """How many contacts fill a role, and when one of them was last seen."""

    contacts: int
    last_seen: datetime


class CommitteeOut(Answer):
    """The buying committee: the roles of contacts seen within the time that the pack says, and those that lack."""

    active: dict[str, ActiveRoleOut]
    missing: list[str]
