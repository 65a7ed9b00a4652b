"""The story on a terminal: day by day what happened, what the label became and why, and what was told where."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from segue.accounts.consequences import WhyNot
from segue.api.cli.console import shown
from segue.api.cli.moved import reason_words
from segue.evals.story.model import Chapter, Tagged
from segue.evals.story.systems import DOMAIN, NAME, OWNER
from segue.policies.messages import number_words
from segue.policies.pack import Pack

_MARKS = {True: ("✓ ", "good"), False: ("✗ ", "bad"), None: ("? ", "warn")}
_MRKDWN = re.compile(r"\*(?P<bold>[^*\n]+)\*|<(?P<url>[^|>]+)\|(?P<link>[^>]+)>")

Line = tuple[str, RenderableType]
"""What a line is about (a system, mostly), and what it says."""


def introduction(missing: Sequence[str], sdk: bool) -> Text:
    """Return who the story is about, and what of it is real."""
    visits = "Segment’s own client sends the visits" if sdk else "the visits are posted"
    real = (
        f" {visits}; Slack’s, HubSpot’s and Standard Webhooks’ own carry out. Slack, HubSpot and the receiver"
        " are stand-ins on this machine. Days pass by moving every date of the store back."
    )
    found = Text.assemble(
        (NAME, "name"), (f" ({DOMAIN})", "dim"), ": 900 people, software, in the US, on Salesforce. A fit, but"
        " nobody knows whether they are looking.", (real, "dim"),
    )  # fmt: skip
    if missing:
        found.append(f"\nWithout {', '.join(missing)}: pip install 'segue[{','.join(missing)}]'", "warn")
    return found


def chapter_view(chapter: Chapter, pack: Pack) -> RenderableType:
    """Return one chapter: the day beside what happened."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=6, no_wrap=True)
    grid.add_column()
    grid.add_row(Text(f"Day {chapter.day}", "bold"), Group(*_body(chapter, pack), Text()))
    return grid


def _body(chapter: Chapter, pack: Pack) -> Iterator[RenderableType]:
    yield Text(chapter.title, "name")
    if chapter.visit is not None:
        who, paths = shown(chapter.visit.who), " and ".join(map(shown, chapter.visit.paths))
        yield Text.assemble(f"{who} looks at ", (paths, "value"), (f"  by {chapter.visit.sent_by}", "dim"))
    for move in chapter.moves:
        yield from _move(move, pack)
    lines = [*_lines(chapter, pack)]
    if lines:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, style="dim", min_width=9)
        grid.add_column()
        for head, says in lines:
            grid.add_row(head, says)
        yield grid


def _move(move: Mapping[str, Any], pack: Pack) -> Iterator[RenderableType]:
    titles = {each.name: each.model.title for each in pack.segments}
    how = {
        "event": "within the request that brought the visit",
        "time": "by itself: nobody sent, asked or imported anything",
        "import": "its first label",
    }.get(move["cause"], f"by {move['cause']}")
    before = (f"{move['from']} → ", "label") if move["from"] else ""
    yield Text.assemble(before, (move["to"], "label"), f"  {titles.get(move['to'], '')}", (f"  {how}", "dim"))
    for clause in move["because"]:
        value = clause.get("value")
        saw = (
            f"  {clause['trait']} is {_value(value)}"
            if clause.get("trait") not in (None, clause["clause"])
            else ""
        )
        mark, style = _MARKS[clause["verdict"]]
        yield Text.assemble("  ", (mark, style), clause["clause"], (saw, "dim"))


def _lines(chapter: Chapter, pack: Pack) -> Iterator[Line]:
    done = [each for each in chapter.carried_out if each["status"] == "done"]
    if chapter.tags:
        yield "HubSpot", _tags(chapter.tags)
    for each in done:
        if each["detail"].get("connector") == "route":
            yield "Route", _route(each["detail"], pack)
    for alert in chapter.alerts:
        yield "Slack", _alert(alert)
    for hook in chapter.webhooks:
        yield "Webhook", _webhook(hook)
    for row in chapter.audiences:
        sign, style = ("+", "good") if row.action == "add" else ("−", "bad")
        yield (
            "Audience",
            Text.assemble(row.audience, "  ", (f"{sign} {row.domain}", style), ("  delta file", "dim")),
        )
    for each in chapter.carried_out:
        if each["status"] != "done" and each["reason"] != WhyNot.NEVER_IN_EFFECT:
            why = each["detail"].get("clause") or reason_words(each["reason"] or each["status"])
            yield "Not done", Text.assemble(_titled(each["play"], pack), (f"  {shown(why)}", "warn"))
    idle = [each for each in done if each["detail"].get("left") is False or _changed_nothing(each["detail"])]
    if idle:
        yield "No change", Text(", ".join(each["play"] for each in idle), "dim")
    if chapter.planned:
        yield "Waits", _planned(chapter)


def _tags(tags: Sequence[Tagged]) -> Text:
    """Return every value that the field had, one after the other."""
    values = [tags[0].before, *(each.after for each in tags)]
    parts = [Text(each, "label") if each else Text("empty", "dim") for each in values]
    return Text(f"{tags[0].field} of {NAME}: ") + Text(" → ").join(parts)


def _route(detail: Mapping[str, Any], pack: Pack) -> Text:
    reps = {
        each.rep: each.name or each.rep
        for pod in (pack.routing.pods if pack.routing else [])
        for each in pod.reps
    }
    passed = [
        f"{reps.get(each['name'], each['name'])} {each['reason'].replace('_', ' ')}"
        for each in detail["passed"]
    ]
    others = (
        f"  of the pod {detail['pod']}; {', '.join(passed)}" if passed else f"  of the pod {detail['pod']}"
    )
    return Text.assemble(f"to {reps.get(detail['rep'], detail['rep'])}", (others, "dim"))


def _alert(alert: Mapping[str, Any]) -> RenderableType:
    parts: list[RenderableType] = []
    for block in alert["blocks"]:
        if block["type"] == "section":
            parts.append(mrkdwn(block["text"]["text"]))
        else:
            words = mrkdwn(" ".join(each["text"] for each in block["elements"]))
            words.stylize("dim")
            parts.append(words)
    return Panel(Group(*parts), box=ROUNDED, title=f"to {OWNER}, {alert['channel']} in Slack",
                 title_align="left", border_style="dim", padding=(0, 1))  # fmt: skip


def _webhook(hook: Mapping[str, Any]) -> Text:
    play = hook["play"]
    said = f"  “{shown(play['message'])}”" if play["message"] else ""
    moment = f"  on {'leaving' if hook['moment'] == 'exit' else 'entering'} {hook['segment']}"
    return Text.assemble(
        shown(play["title"]), (moment, "dim"), ("  signature verified", "good"), (said, "dim")
    )


def _planned(chapter: Chapter) -> Text:
    """Return what will be carried out unless the label changes before."""
    by_moment: dict[tuple[str, str], list[str]] = {}
    for each in chapter.planned:
        by_moment.setdefault((each["moment"], each["segment"]), []).append(each["play"])
    says = [
        f"{'if it stays in' if moment == 'enter' else 'if it stays out of'} {segment}: {', '.join(plays)}"
        for (moment, segment), plays in by_moment.items()
    ]
    return Text("\n".join(says), "dim")


def _changed_nothing(detail: Mapping[str, Any]) -> bool:
    return "record" in detail and detail["before"] == detail["after"]


def _titled(play: str, pack: Pack) -> str:
    return pack.plays[play].model.title if play in pack.plays else play


def _value(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number_words(value) if isinstance(value, float) else shown(str(value))


def mrkdwn(text: str) -> Text:
    """Return a text of Slack as a terminal shows it: what is between stars in bold, links by their words."""
    found, cursor = Text(), 0
    for match in _MRKDWN.finditer(text):
        found.append(shown_slack(text[cursor : match.start()]))
        if match["bold"]:
            found.append(shown_slack(match["bold"]), "bold")
        else:
            found.append(shown_slack(match["link"]), "underline")
        cursor = match.end()
    return found.append(shown_slack(text[cursor:]))


def shown_slack(text: str) -> str:
    """Return text from a message without its escapes, its lines kept."""
    return "\n".join(shown(html.unescape(line)) for line in text.split("\n"))
