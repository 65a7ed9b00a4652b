"""One account as a seller asks of it: read now, labelled, and judged on the Slack surface. Nothing is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.accounts.counted import DeliveredCounts, longest_window
from segue.accounts.reader import AccountKey, AccountReader
from segue.accounts.stored import StoredAccount, known_of
from segue.agents.knowledge.knowledge import Knowledge
from segue.agents.live_policies import LivePolicies
from segue.agents.live_state import LiveState
from segue.agents.seller_entities import Named
from segue.agents.snapshot import take_snapshot
from segue.agents.steps import STEPS, Progress
from segue.core.database import Database
from segue.policies.classifier import HeldLabel, Label
from segue.policies.findings import Finding, Reason
from segue.policies.models.pack import Surface
from segue.policies.models.play import Channel, Kind
from segue.policies.pack import CompiledPlay, Pack
from segue.policies.situation import Situation

_SLACK = Surface.SLACK.value


@dataclass(frozen=True, slots=True)
class Desk:
    """What answers to sellers rest on."""

    database: Database
    reader: AccountReader
    policies: LivePolicies
    state: LiveState
    knowledge: Knowledge | None = None
    """What ranks proof by meaning; without it policy's order stands."""

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The packs that serve; raises `UnavailableError` where none do yet."""
        return self.policies.live.packs

    async def case(self, account_id: str, now: datetime, contact: Mapping[str, Any] | None = None) -> Case:
        """Read an account and judge it, for a person of whom these facts are known.

        Raises:
            NotFoundError: nothing is stored of it.
            UnavailableError: the database does not answer, or no policy is active.
        """
        packs = self.packs
        self.reader.window = max(self.reader.window, longest_window(packs).total_seconds())
        stored = await self.reader.read_known(AccountKey(account_id))
        stored = await self.reader.with_events(stored, packs, now)
        return case_of(stored, packs, now, self.state, contact)


@dataclass(frozen=True, slots=True)
class Case:
    """An account, its label, and what the gate says of every play."""

    stored: StoredAccount
    now: datetime
    situation: Situation
    findings: tuple[Finding, ...]
    play: str
    """The play of the decision; `silence` where there is none."""
    scores: Mapping[str, float]

    @property
    def pack(self) -> Pack:
        """The pack that decides."""
        return self.situation.pack

    @property
    def label(self) -> Label:
        """The label in that pack."""
        return self.situation.label

    @property
    def named(self) -> Named:
        """Who it is."""
        account = self.situation.account
        return Named(account.id, account.domain, account.name)

    def finding(self, play: str) -> Finding | None:
        """Return what the gate says of a play."""
        return next((each for each in self.findings if each.play == play), None)

    def call(self) -> tuple[CompiledPlay, Finding] | None:
        """Return the play by which the account is to be called and what is said of it; None where none is named.

        A play that was sent as often as its limit allows is one still: limits hold what Segue sends, not what
        a seller does who asks.
        """
        found = [(play, finding) for play in call_plays(self.pack, self.label.segment)
                 if (finding := self.finding(play.name)) is not None]  # fmt: skip
        for play, finding in found:
            if finding.permitted or finding.code is Reason.LIMIT_REACHED:
                return play, finding
        return found[0] if found else None


def case_of(
    stored: StoredAccount,
    packs: Sequence[Pack],
    now: datetime,
    state: LiveState,
    contact: Mapping[str, Any] | None = None,
) -> Case:
    """Return the case of an account that was read with its events."""
    held = {
        pin.pack: HeldLabel(pin.value, pin.reason)
        for pack in packs
        if (pin := stored.pinned_label(pack.name)) is not None
    }
    schema = packs[-1].schema
    snapshot = take_snapshot(
        packs, stored.with_pinned_owner(), _SLACK, now,
        contact={name: value for name, value in (contact or {}).items() if name in schema},
        counts=DeliveredCounts(stored.delivered, now), loads=state.loads, switched_off=state.switched_off,
        known={pack.name: known_of(stored, pack, now) for pack in packs}, held=held,
    )  # fmt: skip
    progress = Progress(snapshot)
    for _, step in STEPS:
        for name, value in step(progress).items():
            setattr(progress, name, value)
    assert progress.situation is not None and progress.choice is not None and progress.play is not None
    scores = {name: score.total for name, score in progress.choice.scores.items()}
    return Case(stored, now, progress.situation, progress.findings, progress.play, scores)


def call_plays(pack: Pack, segment: str) -> list[CompiledPlay]:
    """Return the plays of a segment by which a seller calls, in its order: those of the phone on the Slack surface."""
    treatment = pack.by_name[segment].model.surfaces.get(Surface.SLACK)
    plays = [pack.plays[name] for name in treatment.plays if name in pack.plays] if treatment else []
    return [each for each in plays if each.model.channel is Channel.PHONE]


def call_segments(pack: Pack) -> list[str]:
    """Return the segments whose accounts are to be called: they name a play of the phone, or route on entering."""
    found = [each.name for each in pack.segments if call_plays(pack, each.name)]
    if found:
        return found
    return [
        each.name
        for each in pack.segments
        if any(
            pack.plays[play].model.kind is Kind.ROUTE for play in each.model.on_enter if play in pack.plays
        )
    ]


def segment_words(segment: str) -> str:
    """Return a segment's name as words, for where its title is too long: `warm_up` gives `Warm up`."""
    return segment.replace("_", " ").capitalize()


def segment_title(pack: Pack, segment: str) -> str:
    """Return what a segment is called for people; a segment that the pack no longer has by its name."""
    found = pack.by_name.get(segment)
    return segment.replace("_", " ") if found is None else found.model.title
