"""A population by segment: sizes, how sure, and who was not suppressed and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from segue.accounts.known import Known
from segue.policies.classifier import Label, Status, classify
from segue.policies.facts import Facts, take_facts
from segue.policies.language.types import Type
from segue.policies.pack import Pack, SegmentPolicy

_EMPTY: dict[Type, Any] = {
    Type.TEXT: "", Type.INTEGER: 0, Type.NUMBER: 0.0, Type.BOOLEAN: False, Type.TEXT_LIST: (),
}  # fmt: skip
"""What a tool that knows no unknown reads an empty field as."""


@dataclass
class Population:
    """The labels of many accounts in one pack, counted."""

    pack: Pack
    counts: Counter[tuple[str, Status]] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    """Provisional labels by the traits that would settle them."""
    spared: int = 0
    """Accounts that would be suppressed if every unknown fact were read as empty, and are not."""
    spared_missing: Counter[str] = field(default_factory=Counter)

    def add(self, known: Known, now: Any) -> tuple[Label, Facts]:
        """Label one account and count it."""
        facts = take_facts(self.pack, known.values, now, believed=known.believed)
        label = classify(self.pack, facts)
        self.counts[label.segment, label.status] += 1
        self.missing.update(label.missing)
        if label.status is Status.PROVISIONAL and self._read_as_empty(facts) in suppressing(self.pack):
            self.spared += 1
            self.spared_missing.update(label.missing)
        return label, facts

    def _read_as_empty(self, facts: Facts) -> str:
        values = {
            name: _EMPTY.get(self.pack.schema[name])
            if value is None and name not in self.pack.absent
            else value
            for name, value in facts.account.items()
        }
        return self.pack.segments[self.pack.label_code(values, facts.now) >> 1].name


def suppressing(pack: Pack) -> frozenset[str]:
    """Return the segments whose treatment takes accounts out of something."""
    return frozenset(segment.name for segment in pack.segments if _suppresses(pack, segment))


def _suppresses(pack: Pack, segment: SegmentPolicy) -> bool:
    names: Iterable[str] = (
        *segment.model.on_enter,
        *(treatment.default for treatment in segment.model.surfaces.values()),
    )
    return any(name in pack.plays and pack.plays[name].model.suppresses for name in names)


def population_view(population: Population) -> RenderableType:
    """Return the table of segments, and below it what is missing and who was spared."""
    counts, pack = population.counts, population.pack
    total = sum(counts.values())
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("segment")
    table.add_column("what it is")
    for heading in ("accounts", "share", "settled", "provisional"):
        table.add_column(heading, justify="right")
    table.add_column("")
    largest = max((sum(counts[s.name, status] for status in Status) for s in pack.segments), default=1)
    for segment in pack.segments:
        size = sum(counts[segment.name, status] for status in Status)
        provisional = counts[segment.name, Status.PROVISIONAL]
        bar = "█" * round(24 * size / max(largest, 1)) or ("▏" if size else "")
        table.add_row(
            f"[label]{segment.name}[/label]", segment.model.title, f"{size:,}", f"{size / max(total, 1):.0%}",
            f"{size - provisional:,}", f"[warn]{provisional:,}[/warn]" if provisional else "[dim]0[/dim]",
            f"[cyan]{bar}[/cyan]",
        )  # fmt: skip
    return Group(table, *_notes(population))


def _notes(population: Population) -> Iterable[RenderableType]:
    provisional = sum(n for (_, status), n in population.counts.items() if status is Status.PROVISIONAL)
    if provisional:
        top = ", ".join(f"{name} ({count:,})" for name, count in population.missing.most_common(5))
        yield Text.from_markup(
            f"[warn]{provisional:,} labels are provisional.[/warn] What would settle them: {top}"
        )
    names = suppressing(population.pack)
    if not names:
        return
    taken = sum(population.counts[name, status] for name in names for status in Status)
    yield Text.from_markup(
        f"[good]Not suppressed:[/good] {population.spared:,} accounts that an empty field read as “no” would have put "
        f"into {', '.join(sorted(names))}; {taken:,} are there, each shown to belong."
    )
    if population.spared:
        why = ", ".join(f"{name} ({count:,})" for name, count in population.spared_missing.most_common(4))
        yield Text.from_markup(f"  [dim]spared because unknown:[/dim] {why}")
