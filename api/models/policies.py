"""`/v1/policies`: revisions, deployments, and whom they move."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from segue.api.models.base import Answer, Model, Revision, example

_DEPLOYED = {"pack": "saas_pipeline", "revision": f"sha256:{64 * '0'}", "shadow": False}
_ACTIVE = {"deployment": 7, "action": "activate", "packs": [_DEPLOYED]}
_STORED = {
    "revision": f"sha256:{64 * '0'}", "pack": "saas_pipeline", "stored_at": "2026-11-20T09:00:00Z",
    "stored_by": "key:93b319f5d072c6c9",
}  # fmt: skip
_RELABELLING = {
    "deployment": 7, "set_off": False, "accounts": 2_000, "done": 1_200, "moved": 12, "failed": 0,
    "started_at": "2026-11-20T09:00:01Z", "finished_at": None,
}  # fmt: skip


class PackFilesIn(Model):
    """A pack as its files: path inside it to text."""

    model_config = example(files={"pack.yaml": "pack: mini\n...", "traits.yaml": "..."})

    files: Annotated[dict[str, str], Field(min_length=1, max_length=2_000)]


class DeployIn(Model):
    """The packs to serve, in their order."""

    model_config = example(packs=[f"sha256:{64 * '0'}"], dry_run=True)

    packs: Annotated[list[Revision], Field(min_length=1, max_length=20)]
    shadows: Annotated[list[Revision], Field(max_length=20)] = []
    dry_run: bool = False
    """Say what it would move, and change nothing."""
    expected_deployment: int | None = None
    """Refuse if another deployment was made since this one."""
    set_off: bool = False
    """Carry out what accounts set off that move by this; without it their labels change and nothing else."""


class RollbackIn(Model):
    """Back to what served before."""

    model_config = example(expected_deployment=7)

    expected_deployment: int | None = None
    set_off: bool = False
    """As for an activation."""


class DeployedOut(Answer):
    """One pack of a deployment."""

    pack: str
    revision: str
    shadow: bool


class DeploymentOut(Answer):
    """What serves."""

    deployment: int
    action: str
    packs: list[DeployedOut]


class RevisionOut(Answer):
    """A stored revision."""

    revision: str
    pack: str
    stored_at: datetime
    stored_by: str


class RelabellingOut(Answer):
    """How far all accounts are labelled again since a deployment."""

    deployment: int
    set_off: bool
    """Whether what moves is told to other systems."""
    accounts: int | None
    """How many there are; none before the first are labelled."""
    done: int
    moved: int
    """Accounts that came into another segment."""
    failed: int
    """Accounts that could not be labelled."""
    started_at: datetime | None
    finished_at: datetime | None


class PoliciesOut(Answer):
    """What serves, and which revisions are stored, the newest first."""

    model_config = example(active=_ACTIVE, degraded=None, relabelling=_RELABELLING, revisions=[_STORED])

    active: DeploymentOut
    degraded: str | None
    """Why the newest deployment is not the one that serves."""
    relabelling: RelabellingOut | None
    """Of the newest deployment."""
    revisions: list[RevisionOut]


class StoredOut(Answer):
    """The revision that the files are."""

    model_config = example(pack="saas_pipeline", revision=f"sha256:{64 * '0'}")

    pack: str
    revision: str


class MovedOut(Answer):
    """How many accounts go from one segment to another; none stands for a pack that comes or goes."""

    pack: str
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None
    accounts: int


class MovedAccountOut(Answer):
    """One account that goes from one segment to another."""

    account: str
    domain: str | None
    name: str | None
    pack: str
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None


class MovesOut(Answer):
    """Who moves: of how many accounts, from where to where, and the first hundred by name."""

    accounts: int
    moved: list[MovedOut]
    examples: list[MovedAccountOut]


class ActivatedOut(Answer):
    """What a deployment moves, and what serves now."""

    model_config = example(
        moves={
            "accounts": 2_000,
            "moved": [{"pack": "saas_pipeline", "from": "warm_up", "to": "sales_ready", "accounts": 12}],
            "examples": [],
        },
        active=_ACTIVE,
    )

    moves: MovesOut
    active: DeploymentOut


class RolledBackOut(Answer):
    """What serves now."""

    model_config = example(active=_ACTIVE)

    active: DeploymentOut
