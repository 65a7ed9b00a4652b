"""Each law holds of a sound pack and engine, and catches one that was broken for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from segue.agents.decide import decide
from segue.agents.decision import ChosenPlay, Decision
from segue.agents.snapshot import Snapshot
from segue.evals.law_types import Law, LawResult
from segue.evals.laws import LAWS, check_laws
from segue.policies.classifier import Label, Status
from segue.policies.files import shipped_packs
from segue.policies.load import load_pack
from segue.policies.pack import Pack
from tests.policies.mini import FILES, mini_pack

Engine = Callable[[Snapshot], Decision]
PACK = mini_pack()


def orders(quiet: int) -> Pack:
    """A pack whose best segment gets a play of this order in chat, and the residual one of order 50."""
    return mini_pack(
        plays__help="{play: help, title: Help, kind: reply, channel: chat, order: 50}",
        plays__quiet=f"{{play: quiet, title: Quiet, kind: reply, channel: chat, order: {quiet}}}",
        segments__ready="{segment: ready, title: Ready, when: fits AND intent >= 60, surfaces: {chat: {default: quiet}}}",
    )


def law(name: str) -> Law:
    return next(each for each in LAWS if each.name == name)


def check(name: str, pack: Pack = PACK, engine: Engine = decide, number: int = 120) -> LawResult:
    (found,) = check_laws([pack], number, laws=[law(name)], decide=engine)
    return found


def ignoring_guardrails(snapshot: Snapshot) -> Decision:
    return decide(replace(snapshot, pack=replace(snapshot.pack, guardrails=())))


def taking_unknown_for_small(snapshot: Snapshot) -> Decision:
    facts = snapshot.facts
    account = {**facts.account, "size": facts.account.get("size") or 0}
    return decide(
        replace(snapshot, facts=replace(facts, account=account, merged={**facts.merged, **account}))
    )


def calling_the_residual_matched(snapshot: Snapshot) -> Decision:
    found = decide(snapshot)
    if found.label.status is not Status.RESIDUAL:
        return found
    return replace(found, labels=(Label("mini", found.label.segment, Status.MATCHED),))


def deterred_by_capitals(snapshot: Snapshot) -> Decision:
    loud = (snapshot.account.name or "").isupper()
    return decide(replace(snapshot, switched_off=frozenset({"help"}) if loud else frozenset()))


def labelling_by_the_person(snapshot: Snapshot) -> Decision:
    found = decide(snapshot)
    if snapshot.facts.merged.get("persona") != "ciso":
        return found
    return replace(found, labels=(Label("mini", "customer", Status.MATCHED),))


def fickle() -> Engine:
    turns = count()
    return lambda snapshot: decide(
        replace(snapshot, switched_off=frozenset({"help"}) if next(turns) % 2 else frozenset())
    )


def without_help(snapshot: Snapshot) -> Decision:
    return decide(replace(snapshot, switched_off=frozenset({"help"})))


def losing_a_finding(snapshot: Snapshot) -> Decision:
    found = decide(snapshot)
    return replace(found, findings=found.findings[1:])


def hiding_the_clause(snapshot: Snapshot) -> Decision:
    found = decide(snapshot)
    return replace(found, findings=tuple(replace(each, clause=None) for each in found.findings))


def keeping_its_reasons(snapshot: Snapshot) -> Decision:
    found = decide(snapshot)
    return replace(found, labels=tuple(replace(each, because=()) for each in found.labels))


def always_mailing(snapshot: Snapshot) -> Decision:
    return replace(decide(snapshot), play=ChosenPlay("mail", "Mail", "sequence", "email"))


BROKEN: list[tuple[str, Pack, Engine]] = [
    ("forbid_never_enlarges", PACK, ignoring_guardrails),
    ("more_intent_never_lowers_treatment", orders(5), decide),
    ("known_fact_is_named_in_the_reasons", PACK, keeping_its_reasons),
    ("unknown_never_suppresses", PACK, taking_unknown_for_small),
    ("unknown_never_suppresses", PACK, calling_the_residual_matched),
    ("unrelated_fields_change_nothing", PACK, deterred_by_capitals),
    ("unrelated_fields_change_nothing", PACK, labelling_by_the_person),
    ("same_snapshot_same_decision", PACK, fickle()),
    ("graph_decides_the_same", PACK, without_help),
    ("every_play_has_a_reason", PACK, losing_a_finding),
    ("every_play_has_a_reason", PACK, hiding_the_clause),
    ("chosen_play_is_permitted", PACK, always_mailing),
]


@pytest.mark.parametrize(("name", "pack", "engine"), BROKEN)
def test_each_law_catches_what_was_broken_for_it(name: str, pack: Pack, engine: Engine) -> None:
    found = check(name, pack, engine)
    assert found.broken > 0
    assert found.breaches
    assert all(each.lines for each in found.breaches)


def test_every_law_has_been_seen_to_catch_something() -> None:
    assert {name for name, _, _ in BROKEN} == {each.name for each in LAWS}


@pytest.mark.parametrize("name", [each.name for each in LAWS])
def test_each_law_holds_of_a_sound_pack_and_has_something_to_say(name: str) -> None:
    found = check(name, orders(70))
    assert found.broken == 0
    assert found.applied > 0


def test_a_counterexample_is_shrunk_to_the_facts_that_matter() -> None:
    found = check("more_intent_never_lowers_treatment", orders(5))
    for breach in found.breaches:
        assert set(breach.case.facts) <= {"size", "region", "intent", "is_customer"}
        assert len(breach.case.facts) <= 3
        assert breach.case.contact == {} == breach.case.context
    assert "of order 5" in "".join(found.breaches[0].lines)


def test_a_play_withheld_for_another_reason_excuses_a_lower_order() -> None:
    closed = FILES["pack.yaml"].replace("forbid: {channels: [email]}", "forbid: {plays: [meet]}")
    closed = closed.replace("region = 'EU' AND consent IS NOT TRUE", "size IS NOT NULL")
    ready = "{segment: ready, title: Ready, when: fits AND intent >= 60, surfaces: {chat: {default: quiet, allow: [quiet, meet]}}}"
    changes = {
        "plays__help": "{play: help, title: Help, kind: reply, channel: chat, order: 50}",
        "plays__quiet": "{play: quiet, title: Quiet, kind: reply, channel: chat, order: 5}",
        "plays__meet": "{play: meet, title: Meet, kind: reply, channel: chat, order: 80}",
        "segments__ready": ready,
    }
    assert check("more_intent_never_lowers_treatment", mini_pack(**changes)).broken > 0
    assert check("more_intent_never_lowers_treatment", mini_pack(pack=closed, **changes)).broken == 0


@pytest.mark.parametrize("name", shipped_packs())
def test_the_laws_hold_of_the_shipped_packs(name: str) -> None:
    results = check_laws([load_pack(name)], 90)
    assert [(each.name, each.breaches) for each in results if not each.holds] == []
    assert all(each.applied > 0 for each in results)


def test_the_same_seed_gives_the_same_results() -> None:
    assert check_laws([orders(5)], 40, 9) == check_laws([orders(5)], 40, 9)
