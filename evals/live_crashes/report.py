"""What came of a run, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from segue.evals.live_crashes.trials import LiveResult

_SHOWN = 5


def as_json(found: LiveResult) -> dict[str, Any]:
    """Return a result as plain JSON; of the events that were sent only how many."""
    sent = found.sent
    return {
        "kept": found.kept,
        "plan": asdict(found.plan),
        "seconds": round(found.seconds, 1),
        "sent": {
            "events": len(sent.visits), "answered": len(sent.answered), "unanswered": found.unanswered,
            "answered_more_than_once": sum(count > 1 for count in sent.answered.values()),
            "statuses": {str(status): count for status, count in sorted(sent.statuses.items())},
            "cut": sent.cut, "gave_up": sent.gave_up[:_SHOWN], "refused": sent.refused,
        },
        "events": asdict(found.events),
        "consequences": asdict(found.consequences) | {"broken": found.consequences.broken},
        "settled_after": found.settled_after if found.settled_after < float("inf") else None,
        "defects": found.defects,
        "ended": found.ended,
    }  # fmt: skip


def lines(found: LiveResult) -> Iterator[str]:
    """Yield a result as text: what was done, what was promised, and what was found against it."""
    sent, events, made = found.sent, found.events, found.consequences
    kills, stops = _times(found.plan.kills, "kill"), _times(found.plan.stops, "immediate stop")
    yield f"{kills} of the service and {stops} of PostgreSQL in {found.seconds:.0f} s"
    yield (
        f"{len(sent.visits):,} events sent by Segment's client, {sent.cut:,} requests cut,"
        f" {sent.statuses[503]:,} told to come again; {events.accounts:,} accounts"
    )
    yield f"{made.moves:,} changes of label set off {made.consequences:,} consequences: " + ", ".join(
        f"{count:,} {status}" for status, count in sorted(made.by_status.items())
    )
    yield ""
    for promise, count in _promises(found):
        yield f"{'kept  ' if not count else 'BROKEN'}  {promise}" + (f": {count:,}" if count else "")
    yield ""
    yield f"Nothing was due {found.settled_after:.1f} s after the last event."
    yield (
        f"Told again under the same id: {made.repeated_webhooks:,} webhooks, which their receiver drops by it;"
        f" {made.repeated_alerts:,} alerts in Slack, which shows them twice."
    )
    for told in (events.miscounted, events.mislabelled, sent.gave_up):
        yield from (f"  {each}" for each in told[:_SHOWN])


def _promises(found: LiveResult) -> Iterator[tuple[str, int]]:
    sent, events, made = found.sent, found.events, found.consequences
    strange = sum(count for status, count in sent.statuses.items() if status not in (200, 503))
    yield "every event that the client took was answered in the end", found.unanswered + len(sent.gave_up)
    yield "every answer was 200 or 503", strange
    yield "no answered event is lost", events.lost
    yield "none is stored twice, and none that was never sent", events.twice + events.unsent
    yield "none is parked or taken for a bot's", events.marked
    yield "every trait over events is what a recount gives", len(events.miscounted)
    yield "every label is the one that the facts give", len(events.mislabelled)
    yield "the changes of label lead from one to the next", made.broken_chains
    yield "every play that a change sets off is there, once", made.missing + made.twice + made.uncalled_for
    yield "every consequence came to its end, every job too", made.unfinished + made.jobs_left
    yield "what is done counts once in the limits, what is not done never", made.miscounted
    yield "what is done was told", made.unheard
    yield "nothing was told under two ids, or one that is not known", made.two_ids + made.unknown_ids
    yield "nothing was told in two wordings under one id", made.two_bodies
    yield "the service's log tells of no defect", found.defects
    yield "what was due was done without help", int(found.settled_after == float("inf"))
    yield "no PostgreSQL is left behind", int(not found.ended)


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
