"""The tests beside the policies, run through the production path.

`python -m segue.evals.cases PACK` prints the failures of one pack and exits 1 when there are any.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from segue.agents.decide import decide
from segue.agents.decision import Decision
from segue.agents.snapshot import Snapshot, take_snapshot
from segue.core.errors import InputError, Place, SegueError, nearest
from segue.evals.expectations import Mismatch, label_mismatches, play_mismatches
from segue.policies.classifier import classify
from segue.policies.facts import Account
from segue.policies.load import load_pack
from segue.policies.models.case import Case, Expect
from segue.policies.pack import Pack
from segue.policies.situation import PlayCounts

DEFAULT_NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""The instant of a case that names none: a Monday, 10:00 in New York, 15:00 in London, 16:00 in Berlin."""

Decide = Callable[[Snapshot], Decision]
"""What gives the decision of a snapshot: the production path, unless a caller studies another."""

_ACCOUNT_KEYS = ("id", "domain", "name", "owner", "open_opportunity_owner")
_LABEL_KEYS = ("segment", "status", "missing")


class FailureKind(StrEnum):
    """Who is wrong. Append, never rename."""

    FAILED = "failed"
    """The decision is not what was asked for."""
    BAD_GOLD = "bad_gold"
    """What was asked for is what policy forbids: the label is at fault, or the policy is."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation of a case that does not hold, at its place in the file."""

    place: Place
    expected: str
    found: str
    why: tuple[str, ...] = ()
    kind: FailureKind = FailureKind.FAILED

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person reads: the place with expected and found, then one line for each reason."""
        gold = "bad gold label: " if self.kind is FailureKind.BAD_GOLD else ""
        head = f"{self.place}: {gold}expected {self.expected}, found {self.found}"
        return (head, *(f"    {line}" for line in self.why))


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case and what failed of it; `place` is where the case starts."""

    name: str
    file: str
    index: int
    place: Place
    failures: tuple[Failure, ...]
    runs: int = 1
    """How many decisions were held against it."""

    @property
    def passed(self) -> bool:
        """True when everything expected was found."""
        return not self.failures


def snapshot_of(packs: Sequence[Pack], case: Case) -> Snapshot:
    """Return the snapshot of a case, for a decision by the last of `packs`.

    A case without a surface takes the pack's first: its label does not depend on it. A case
    without `now` takes `DEFAULT_NOW`.

    Raises:
        InputError: an unknown fact or key of the account.
        ValueFault: a value is not of its trait's type.
    """
    for key in case.account:
        if key not in _ACCOUNT_KEYS:
            raise InputError(f"unknown key {key!r} of the account{nearest(key, _ACCOUNT_KEYS)}")
    given = case.account
    account = Account(
        given.get("id", "acc_case"),
        given.get("domain"),
        given.get("name"),
        given.get("owner"),
        given.get("open_opportunity_owner"),
    )
    return take_snapshot(
        packs,
        account,
        case.surface or packs[-1].file.surfaces[0],
        case.now or DEFAULT_NOW,
        account_facts=case.facts,
        contact=case.contact,
        request=case.context,
        believed=case.believed,
        counts=PlayCounts(case.counters),
        switched_off=frozenset(case.switched_off),
    )


def mismatches(packs: Sequence[Pack], case: Case, *, decide: Decide = decide) -> Iterator[Mismatch]:
    """Yield what differs from what the case expects, the label first; stops where the reader stops.

    Raises:
        SegueError: the case cannot be run at all.
    """
    expect = case.expect
    if not expect.model_fields_set:
        yield Mismatch((), "something", "a case that expects nothing and so cannot fail")
        return
    snapshot = snapshot_of(packs, case)
    if case.surface is None:
        yield from label_mismatches(expect, snapshot, classify(snapshot.pack, snapshot.facts))
        return
    decision = decide(snapshot)
    yield from label_mismatches(expect, snapshot, decision.label)
    yield from play_mismatches(expect, decision)


def run_case(
    pack: Pack, file: str, index: int, *, earlier: Sequence[Pack] = (), decide: Decide = decide
) -> CaseResult:
    """Run one case of a file of the pack and return what failed. `earlier` are the packs loaded before it."""
    case, document = pack.cases[file][index], pack.documents[file]
    place = document.place((index,))
    failures: list[Failure] = []
    try:
        for each in mismatches((*earlier, pack), case, decide=decide):
            where = document.place((index, "expect", *each.key))
            failures.append(Failure(where, each.expected, each.found, each.why))
    except SegueError as error:
        failures.append(Failure(place, "a case that can be run", error.message))
    return CaseResult(case.name, file, index, place, tuple(failures))


def run_cases(pack: Pack, *, earlier: Sequence[Pack] = (), decide: Decide = decide) -> list[CaseResult]:
    """Run every test beside the policies of a pack, in the order of the files."""
    return [
        run_case(pack, file, index, earlier=earlier, decide=decide)
        for file in sorted(pack.cases)
        for index in range(len(pack.cases[file]))
    ]


def needs_decision(expect: Expect) -> bool:
    """Return True when more than the label is expected."""
    return bool(expect.model_fields_set - set(_LABEL_KEYS))


def main(arguments: Sequence[str]) -> int:
    """Print the failures of the packs named, each after those before it; return 0, 1 failed, or 2 not loaded."""
    packs: list[Pack] = []
    failed = total = 0
    for name in arguments:
        try:
            packs.append(load_pack(Path(name) if Path(name).is_dir() else name, packs))
        except SegueError as error:
            for line in getattr(error, "faults", (error,)):
                sys.stdout.write(f"{line}\n")
            return 2
        results = run_cases(packs[-1], earlier=packs[:-1])
        for result in results:
            if not result.passed:
                failed += 1
                lines = [line for failure in result.failures for line in failure.lines]
                sys.stdout.write("\n".join((result.name, *(f"  {line}" for line in lines), "", "")))
        total += len(results)
    sys.stdout.write(f"{total - failed} of {total} cases passed\n")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
