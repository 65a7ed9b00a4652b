"""Whether a consequence is still to be carried out: the account read anew, and its play judged again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from segue.accounts.consequences import WhyNot, takes_back_of_alias
from segue.accounts.counted import DeliveredCounts, longest_window
from segue.accounts.event_state import with_current_events
from segue.accounts.labels import labels_of
from segue.accounts.reader import AccountKey, read_accounts
from segue.accounts.rep_loads import loads_of, take_up_to_cap
from segue.activation.connectors.connector import Errand, MergedInto
from segue.activation.consequence import Consequence, count, uncount
from segue.activation.person_proof import proof_for_person
from segue.activation.sureness import surest_event
from segue.activation.wanted import wanted_again
from segue.core.database import Connection
from segue.core.errors import NotFoundError
from segue.policies.classifier import Label
from segue.policies.experiments import EXPERIMENTS, HOLDOUT, holdout_draw
from segue.policies.facts import Account
from segue.policies.findings import Finding, Reason
from segue.policies.gate import judge
from segue.policies.models.pack import Surface
from segue.policies.models.play import Kind
from segue.policies.models.proof import ProofPoint
from segue.policies.pack import CompiledPlay, Pack
from segue.policies.plain import clause_json
from segue.policies.routing import Via
from segue.policies.situation import Situation
from segue.policies.wording import shows_proof, words_of


class ServingPacks(Protocol):
    """The packs that serve."""

    def up_to(self, name: str | None) -> tuple[Pack, ...]:
        """Return the pack of a name after those that come before it, or raise `NotFoundError`."""
        ...


@dataclass(frozen=True, slots=True)
class NotNow:
    """It is not carried out: a status, a reason code, and the play that is set off in its stead, if any."""

    status: str
    reason: str
    detail: Mapping[str, Any]
    fallback: str | None = None


async def judged(
    connection: Connection, consequence: Consequence, serving: ServingPacks, now: datetime
) -> Errand | NotNow:
    """Read the account, see that the change of label still holds, and let the gate judge the play by today's facts.

    Where it may be done its delivery, and of a route the rep's assignment, are counted in the caller's
    transaction. Deliveries to the account cannot be added by others until that ends.
    """
    await _hold_counts(connection, consequence.account_id)
    await uncount(connection, consequence)  # what an earlier try counted is not held against this one
    try:
        packs = serving.up_to(consequence.pack)
    except NotFoundError:
        return NotNow("cancelled", "pack_not_active", {})
    pack = packs[-1]
    window = longest_window([pack]).total_seconds()
    key = AccountKey(consequence.account_id)
    read = await read_accounts(connection, [key], window)
    (stored,) = await with_current_events(connection, read, packs, now)
    if not stored.known:
        return NotNow("cancelled", "account_gone", {})
    labelled = labels_of(stored, packs, now)[pack.name]
    label = labelled.label(pack)
    change = await _change(connection, consequence)
    account, merged = stored.with_pinned_owner(), None
    if stored.asked_as is not None:
        merged = MergedInto(account, label.segment)
        if consequence.moment == "enter" or not takes_back_of_alias(pack, consequence.play):
            status = "cancelled" if consequence.moment == "enter" else "excluded"
            return NotNow(status, WhyNot.MERGED, {"into": account.id})
        account = await _own(connection, stored.asked_as)
    elif (label.segment == consequence.segment) != (consequence.moment == "enter"):
        return NotNow("cancelled", "label_changed", {"segment": label.segment})
    if change.undone:
        return NotNow("cancelled", "label_changed", {"segment": label.segment})
    if consequence.segment not in pack.by_name or consequence.play not in pack.plays:
        return NotNow("excluded", Reason.NOT_ALLOWED, {})
    if (wanted := await wanted_again(connection, consequence, pack)) is not None:
        return NotNow("excluded", WhyNot.IN_EFFECT_AGAIN, wanted)
    play = pack.plays[consequence.play]
    switched_off = await _switched_off(connection)
    channel = play.model.channel.value
    if not takes_back(pack, play):
        unsure = await _unsure(connection, consequence, change, pack.least_confidence(channel), now)
        if unsure is not None:
            return unsure
        if (
            consequence.moment == "enter"
            and EXPERIMENTS not in switched_off
            and _held_out(pack, play, consequence)
        ):
            return NotNow("excluded", Reason.HOLDOUT, {})
    situation = Situation(
        pack, labelled.facts, account, replace(label, segment=consequence.segment),
        channel if channel in list(Surface) else None,  # so that the switch of a surface holds it too
        DeliveredCounts(stored.delivered, now), await loads_of(connection, now.date()),
        switched_off,
    )  # fmt: skip
    found = await _permitted(connection, situation, play, consequence)
    if isinstance(found, NotNow):
        return found
    await count(connection, consequence, now)
    proof: tuple[ProofPoint, ...] = ()
    if shows_proof(play):
        proof = await proof_for_person(connection, found, (stored.account.id, *stored.aliases))
    return replace(_errand(found, play, consequence, label, change, proof), merged=merged)


async def _own(connection: Connection, account_id: str) -> Account:
    """Return who an account is by its own record, though it was merged into another."""
    cursor = await connection.execute(
        "SELECT account_id, domain, name, owner, open_opportunity_owner FROM segue.accounts WHERE account_id = %s",
        (account_id,),
    )
    row = await cursor.fetchone()
    assert row is not None  # it was read a moment ago
    return Account(*row)


async def _unsure(
    connection: Connection, consequence: Consequence, change: _Change, least: float, now: datetime
) -> NotNow | None:
    """Return why a play that events set off is not done: too little is believed that they are the account's."""
    if not least or consequence.moment != "enter" or change.cause not in ("event", "identity"):
        return None
    found = await surest_event(connection, consequence.account_id, now)
    if found is None or found >= least:
        return None
    return NotNow("excluded", "identity_unsure", {"confidence": found, "least_confidence": least})


def _held_out(pack: Pack, play: CompiledPlay, consequence: Consequence) -> bool:
    """Return True for treatment of an account that is held out of it; a tag only says what the label is."""
    if play.model.kind is Kind.TAG:
        return False
    draw = holdout_draw(pack.name, pack.by_name[consequence.segment].model, consequence.account_id)
    return draw is not None and draw.arm == HOLDOUT


async def _permitted(
    connection: Connection, situation: Situation, play: CompiledPlay, consequence: Consequence
) -> Situation | NotNow:
    """Return the situation in which the play is permitted, its rep counted where a route gives them the account."""
    while True:
        finding = _finding(situation, play, consequence)
        if not finding.permitted:
            fallback = None
            if finding.code is Reason.NOBODY_FREE and situation.pack.routing is not None:
                fallback = situation.pack.routing.fallback.play
            return NotNow("excluded", finding.reason, _why(finding), fallback)
        assignment = situation.assignment(play)
        if play.model.kind is not Kind.ROUTE or assignment.via is not Via.POD or assignment.rep is None:
            return situation
        cap = _cap(situation.pack, assignment.rep)
        if await take_up_to_cap(connection, assignment.rep, situation.facts.now.date(), cap):
            return situation
        assert cap is not None
        # others were faster to fill the rep's day
        situation = replace(situation, loads={**situation.loads, assignment.rep: cap})


def _finding(situation: Situation, play: CompiledPlay, consequence: Consequence) -> Finding:
    segment = situation.policy.model
    allowed = list(segment.on_enter if consequence.moment == "enter" else segment.on_exit)
    if "instead_of" in consequence.detail and situation.pack.routing is not None:
        allowed.append(situation.pack.routing.fallback.play)
    return next(each for each in judge(situation, allowed) if each.play == play.name)


def _why(finding: Finding) -> dict[str, Any]:
    found = {"code": finding.code, "rule": finding.rule, "clause": finding.clause, "trait": finding.trait}
    return {name: str(value) for name, value in found.items() if value is not None}


def _cap(pack: Pack, rep: str) -> int | None:
    pods = pack.routing.pods if pack.routing is not None else []
    return next((each.daily_cap for pod in pods for each in pod.reps if each.rep == rep), None)


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    because: tuple[Mapping[str, Any], ...]
    undone: bool
    """Whether the account has since gone back: what this change set off is then no longer meant."""
    cause: str


async def _change(connection: Connection, consequence: Consequence) -> _Change:
    cursor = await connection.execute(
        "SELECT at, because, EXISTS (SELECT 1 FROM segue.transitions AS later"
        " WHERE later.account_id = made.account_id AND later.pack = made.pack"
        " AND later.transition_id > made.transition_id"
        " AND %s = CASE WHEN %s = 'enter' THEN later.from_segment ELSE later.to_segment END"
        " AND later.from_segment IS DISTINCT FROM later.to_segment), cause"
        " FROM segue.transitions AS made WHERE transition_id = %s",
        (consequence.segment, consequence.moment, consequence.transition_id),
    )
    row = await cursor.fetchone()
    assert row is not None  # a foreign key holds it
    return _Change(row[0], tuple(row[1]), row[2], row[3])


async def _switched_off(connection: Connection) -> frozenset[str]:
    cursor = await connection.execute("SELECT name FROM segue.switches WHERE off")
    return frozenset(row[0] for row in await cursor.fetchall())


async def _hold_counts(connection: Connection, account_id: str) -> None:
    """Take the lock under which decisions count deliveries to the account."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", (account_id,))


def _errand(
    situation: Situation,
    play: CompiledPlay,
    consequence: Consequence,
    label: Label,
    change: _Change,
    proof: tuple[ProofPoint, ...],
) -> Errand:
    entered = consequence.moment == "enter" and label.because
    because = tuple(clause_json(clause) for clause in label.because) if entered else change.because
    return Errand(
        consequence.consequence_id, situation.account, consequence.pack, situation.pack.revision,
        consequence.segment, consequence.moment, play, takes_back(situation.pack, play),
        words_of(situation, play, proof), proof, because, situation.assignment(play), change.at,
    )  # fmt: skip


def takes_back(pack: Pack, play: CompiledPlay) -> bool:
    """Return True for a play that another one of the pack is undone by."""
    return any(each.model.undone_by == play.name for each in pack.plays.values())
