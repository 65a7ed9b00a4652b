"""A population by segment: sizes, how sure, and who was not suppressed and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from segue.accounts.known import Known
from segue.core.counted import counted
from segue.policies.classifier import Label, Status, classify
from segue.policies.facts import Facts, take_facts
from segue.policies.language.types import Type
from segue.policies.pack import Pack, SegmentPolicy

_EMPTY: dict[Type, Any] = {
    Type.TEXT: "", Type.INTEGER: 0, Type.NUMBER: 0.0, Type.BOOLEAN: False, Type.TEXT_LIST: (),
}  # fmt: skip
"""What a tool that knows no unknown reads an empty field as."""

_BAR = 14
_ROOM_FOR_BARS = 96
"""Columns of a terminal from which on bars leave room for the titles."""


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

    def to_json(self) -> dict[str, Any]:
        """Return the counts as plain JSON."""
        counts = {
            segment.name: {status.value: self.counts[segment.name, status] for status in Status}
            for segment in self.pack.segments
        }
        spared = {"accounts": self.spared, "unknown": dict(self.spared_missing.most_common())}
        return {"segments": counts, "missing": dict(self.missing.most_common()), "not_suppressed": spared}

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
    return Group(_Segments(population), *_notes(population))


@dataclass(frozen=True, slots=True)
class _Segments:
    """The table of segments: one line each, with a bar and a title as far as there is room."""

    population: Population

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        bar = _BAR if options.max_width >= _ROOM_FOR_BARS else 0
        bare = Measurement.get(console, options, self._table(bar, 0)).maximum
        yield self._table(bar, max(options.max_width - bare - 2, 0))

    def _table(self, bar: int, title: int) -> Table:
        """Return the table with bars and titles of these widths; 0 leaves them out."""
        counts, pack = self.population.counts, self.population.pack
        sizes = {each.name: sum(counts[each.name, status] for status in Status) for each in pack.segments}
        total, largest = max(sum(sizes.values()), 1), max(*sizes.values(), 1)
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("segment", no_wrap=True)
        for heading in ("accounts", "share", "settled", "provisional"):
            table.add_column(heading, justify="right", no_wrap=True)
        if bar:
            table.add_column("", width=bar)
        if title:
            table.add_column("what it is", width=title, no_wrap=True, overflow="ellipsis")
        for segment in pack.segments:
            size, provisional = sizes[segment.name], counts[segment.name, Status.PROVISIONAL]
            blocks = "█" * round(bar * size / largest) or ("▏" if size else "")
            table.add_row(
                Text(segment.name, "label"), f"{size:,}", f"{size / total:.0%}", f"{size - provisional:,}",
                Text(f"{provisional:,}", "warn" if provisional else "dim"),
                *([Text(blocks, "cyan")] if bar else []),
                *([Text(segment.model.title, "dim")] if title else []),
            )  # fmt: skip
        return table


def _notes(population: Population) -> Iterable[RenderableType]:
    provisional = sum(n for (_, status), n in population.counts.items() if status is Status.PROVISIONAL)
    if provisional:
        labels = counted(provisional, "label is", "labels are")
        most = _most_common(population.missing, 5)
        yield Text.assemble((f"{labels} provisional.", "warn"), f" What would settle most of them: {most}")
    names = suppressing(population.pack)
    if not names:
        return
    taken = sum(population.counts[name, status] for name in names for status in Status)
    yield Text.assemble(
        ("Not suppressed: ", "good"),
        f"{counted(population.spared, 'account')} that an empty field read as “no” would have put into "
        f"{' or '.join(sorted(names))}; {taken:,} {'is' if taken == 1 else 'are'} there, each shown to belong.",
    )
    if population.spared:
        yield Text.assemble(("Spared because unknown: ", "dim"), _most_common(population.spared_missing, 5))


def _most_common(missing: Counter[str], most: int) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in missing.most_common(most))
