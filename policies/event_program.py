"""Traits over events as one grouped SQL query, with the meaning that `event_traits` gives them.

The table of events has the columns account_id, kind, at, visitor, contact_id, name, path, url, title,
referrer, search and properties; events that do not count are left out of it. Every condition stands once,
in the innermost step; the traits are conditional aggregates over it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from segue.policies.compile import EVENT_SCHEMA
from segue.policies.event_spelling import EventSpelling
from segue.policies.event_traits import DISTINCT_COLUMNS, MOST_HALVINGS, EventTrait, Term
from segue.policies.language.dialects import Dialect
from segue.policies.language.sql import to_sql
from segue.policies.language.types import MAX_INTEGER, MAX_NUMBER, MAX_TEXT, MIN_NUMBER, Type
from segue.policies.rfm import PARTS, digits
from segue.policies.sql_names import table_name


def fold_query(traits: Iterable[EventTrait], source: str, dialect: Dialect | str, now: datetime) -> str:
    """Return the query that gives `account_id` and, in a column `trait_<key>`, the value of each trait.

    An account without an event in any window has no row: its values are `EventTrait.nothing`. `now` is
    written as a constant.

    Raises:
        InputError: there is no such dialect; `source` is not an identifier.
    """
    known = Dialect(dialect)
    instant = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
    program = FoldProgram(EventSpelling(known, instant))
    columns = [f"{program.value(trait)} AS trait_{trait.key}" for trait in traits]
    folded = program.folded(f"SELECT * FROM {table_name(source, known)}")  # noqa: S608 - a checked name
    return f"SELECT account_id, {', '.join(columns)} FROM ({folded}) AS folded"  # noqa: S608 - our own SQL


def match_sql(term: Term, dialect: Dialect) -> str:
    """Return the condition that an event takes part, over the columns of events."""
    kinds = ", ".join(f"'{kind}'" for kind in term.kinds)
    sql = f"(kind IN ({kinds}))"
    return sql if term.where is None else f"({sql} AND {to_sql(term.where, dialect)})"


@dataclass
class FoldProgram:
    """The steps of one query, written as traits are asked for; `value` first, then `folded`."""

    spelling: EventSpelling
    _matched: dict[str, str] = field(default_factory=dict)
    """SQL to its column, over the rows of events."""
    _picked: dict[str, str] = field(default_factory=dict)
    """SQL to its column, over the matched rows: the instants that `first` and `latest` take."""
    _folded: dict[str, str] = field(default_factory=dict)
    """SQL to its column: the aggregates."""
    _reach: timedelta = timedelta(0)

    def value(self, trait: EventTrait) -> str:
        """Return the value of a trait over the aggregates."""
        if trait.kind == "decay":
            return self.settled(trait, self.raw(trait))
        return self.raw(trait)

    def raw(self, trait: EventTrait) -> str:
        """Return what is kept of a trait: its value, or of a decaying score the sum before it is clamped."""
        self._reach = max(self._reach, trait.reach)
        return {
            "count": self._count, "distinct": self._distinct, "sum": self._sum, "trend": self._trend,
            "first": self._pick, "latest": self._pick, "decay": self._decay,
            "rfm": self._rfm,
        }[trait.kind](trait)  # fmt: skip

    def settled(self, trait: EventTrait, raw: str) -> str:
        """Return the score of an unclamped sum."""
        if trait.at_most is not None:
            raw = f"LEAST({raw}, {self.spelling.double(trait.at_most)})"
        return self.spelling.round6(raw)

    def oldest(self, trait: EventTrait) -> list[tuple[str, timedelta]]:
        """Return instants of the oldest events in a trait's windows, and after how long each leaves it."""
        self._reach = max(self._reach, trait.reach)
        found = [(self._aggregate("MIN", self._within(trait), self.spelling.at), trait.over)]
        if trait.kind == "trend":
            found.append(
                (self._aggregate("MIN", self._within(trait, trait.over), self.spelling.at), trait.reach)
            )
        if trait.scale is not None:
            last = self.rfm_values(trait)[0]
            cuts = map(_as_seconds, trait.scale.recency)  # one that is past already does not count
            found += [
                (f"(CASE WHEN {last} > {self.spelling.moment(cut)} THEN {last} END)", cut) for cut in cuts
            ]
        return found

    def taken_at(self, trait: EventTrait) -> str:
        """Return the instant of the event whose value `first` or `latest` takes."""
        edge, value = ("MIN" if trait.kind == "first" else "MAX"), self._picked_value(trait)
        return self._aggregate(edge, f"{self._within(trait)} AND {value} IS NOT NULL", self.spelling.at)

    def measures(self, trait: EventTrait) -> tuple[str, str]:
        """Return the two measures that a trend compares, as doubles."""
        measure = self._counted if trait.of is None else self._summed
        now, before = (self.spelling.as_double(measure(trait, back)) for back in (timedelta(0), trait.over))
        return now, before

    def rfm_values(self, trait: EventTrait) -> tuple[str, str, str]:
        """Return the last event in the window, on how many days there was one, and the sum."""
        self._reach = max(self._reach, trait.reach)
        within = self._within(trait)
        last = self._aggregate("MAX", within, self.spelling.at)
        days = f"COALESCE({self._aggregate('COUNT(DISTINCT ', within, self.spelling.day())}, 0)"
        return last, days, self._summed(trait)

    def folded(self, events: str) -> str:
        """Return the query of the aggregates over a query of events: one row an account."""
        at = self.spelling.at
        span = f"{at} > {self.spelling.moment(self._reach)} AND {at} <= {self.spelling.moment()}"
        items = _listed("*", self._matched)
        rows = f"SELECT {items} FROM ({events}) AS events WHERE {span}"  # noqa: S608 - our own SQL
        if self._picked:
            rows = f"SELECT {_listed('*', self._picked)} FROM ({rows}) AS matched"  # noqa: S608
        return f"SELECT {_listed('account_id', self._folded)} FROM ({rows}) AS counted GROUP BY account_id"  # noqa: S608

    # The pieces

    def _match(self, term: Term) -> str:
        return _named(self._matched, "match_", match_sql(term, self.spelling.dialect))

    def _any_match(self, trait: EventTrait) -> str:
        names = dict.fromkeys(self._match(term) for term in trait.terms)
        return f"({' OR '.join(names)})"

    def _within(self, trait: EventTrait, back: timedelta = timedelta(0)) -> str:
        after, until = self.spelling.moment(back + trait.over), self.spelling.moment(back)
        return f"{self._any_match(trait)} AND {self.spelling.at} > {after} AND {self.spelling.at} <= {until}"

    def _aggregate(self, call: str, condition: str, value: str) -> str:
        opened = call if "(" in call else f"{call}("
        return _named(self._folded, "fold_", f"{opened}CASE WHEN {condition} THEN {value} END)")

    def _counted(self, trait: EventTrait, back: timedelta = timedelta(0)) -> str:
        return f"COALESCE({self._aggregate('SUM', self._within(trait, back), '1')}, 0)"

    def _summed(self, trait: EventTrait, back: timedelta = timedelta(0)) -> str:
        total = self._aggregate("SUM", self._within(trait, back), self._number(trait.of or ""))
        return f"COALESCE({self.spelling.exact_as_double(total)}, {self.spelling.double(0)})"

    def _number(self, name: str) -> str:
        """A property as it is summed."""
        text = self.spelling.text_of(name)
        fits = f"ABS({self.spelling.number(text)}) <= {self.spelling.bound(MAX_NUMBER)}"
        fits = f"CASE WHEN {self.spelling.is_kind(name, 'number')} THEN {fits} END"
        return _named(self._matched, "value_", f"CASE WHEN ({fits}) THEN {self.spelling.exact(text)} END")

    def _count(self, trait: EventTrait) -> str:
        return self.spelling.base.cast(self._counted(trait), Type.INTEGER)

    def _distinct(self, trait: EventTrait) -> str:
        (column,) = self.spelling.base.equal_texts([DISTINCT_COLUMNS[trait.of or ""]])
        return f"COALESCE({self._aggregate('COUNT(DISTINCT ', self._within(trait), column)}, 0)"

    def _sum(self, trait: EventTrait) -> str:
        return self._bounded(self._summed(trait))

    def _trend(self, trait: EventTrait) -> str:
        now, before = self.measures(trait)
        ratio = self._bounded(self.spelling.round6(f"({now} / {before})"))
        return f"(CASE WHEN {before} <> {self.spelling.double(0)} THEN {ratio} END)"

    def _rfm(self, trait: EventTrait) -> str:
        """One quantile, or all three as digits: 0 without an event, NULL without cut points."""
        scale, base = trait.scale, self.spelling.base
        assert scale is not None
        if not scale.is_cut:
            return base.cast("NULL", trait.type)
        last, days, total = self.rfm_values(trait)
        recent = [f"{last} <= {self.spelling.moment(_as_seconds(cut))}" for cut in scale.recency]
        often = [f"{days} > {cut}" for cut in scale.frequency]
        much = [f"{total} > {self.spelling.double(cut)}" for cut in scale.monetary]
        parts = {
            "recency": f"({scale.quantiles} - {_held(recent)})",
            "frequency": f"(1 + {_held(often)})",
            "monetary": f"(1 + {_held(much)})",
        }
        found = parts[scale.part] if scale.part else digits({part: parts[part] for part in PARTS})
        nothing = "'000'" if scale.part is None else "0"
        return base.cast(
            f"(CASE WHEN {last} IS NULL THEN {nothing} ELSE {base.cast(f'({found})', trait.type)} END)",
            trait.type,
        )

    def _bounded(self, source: str) -> str:
        most = self.spelling.double(MAX_NUMBER)
        return f"LEAST({most}, GREATEST({self.spelling.double(-MAX_NUMBER)}, {source}))"

    def _decay(self, trait: EventTrait) -> str:
        assert trait.half_life is not None
        adds = " + ".join(
            f"(CASE WHEN {self._match(term)} THEN {self.spelling.double(term.add)} ELSE {self.spelling.double(0)} END)"
            for term in trait.terms
        )
        halvings = f"LEAST({self.spelling.age(trait.half_life)}, {self.spelling.double(MOST_HALVINGS)})"
        share = f"POWER({self.spelling.double(0.5)}, {halvings})"
        total = self._aggregate("SUM", self._within(trait), f"(({adds}) * {share})")
        return f"COALESCE({total}, {self.spelling.double(0)})"

    def _pick(self, trait: EventTrait) -> str:
        """The value at the first or latest instant that has one; of several the least or the greatest."""
        edge = "MIN" if trait.kind == "first" else "MAX"
        value = self._picked_value(trait)
        within = f"{self._within(trait)} AND {value} IS NOT NULL"
        instant = f"{edge}(CASE WHEN {within} THEN {self.spelling.at} END) OVER (PARTITION BY account_id)"
        chosen = _named(self._picked, "pick_", instant)
        shown = self.spelling.ordered(value) if trait.type in (Type.TEXT, Type.BOOLEAN) else value
        found = self._aggregate(edge, f"{within} AND {self.spelling.at} = {chosen}", shown)
        if trait.type is Type.BOOLEAN:
            return f"({found} = 'true')"
        return self.spelling.base.cast(found, trait.type) if trait.type is Type.INTEGER else found

    def _picked_value(self, trait: EventTrait) -> str:
        return _named(self._matched, "value_", self._typed(trait))

    def _typed(self, trait: EventTrait) -> str:
        """A property of the trait's type, else NULL: numbers as doubles, truth values as texts."""
        spelling, name = self.spelling, trait.of or ""
        if name in EVENT_SCHEMA:
            column = spelling.base.name(name)
            return f"CASE WHEN {spelling.length(column)} <= {MAX_TEXT} THEN {column} END"
        text = spelling.text_of(name)
        if trait.type is Type.BOOLEAN:
            return f"CASE WHEN {spelling.is_kind(name, 'boolean')} THEN {text} END"
        if trait.type is Type.TEXT:
            short = f"{spelling.length(text)} <= {MAX_TEXT}"
            return f"CASE WHEN {spelling.is_kind(name, 'string')} AND {short} THEN {text} END"
        number = f"CASE WHEN {spelling.is_kind(name, 'number')} THEN {spelling.number(text)} END"
        return f"CASE WHEN {self._fits(f'({number})', trait.type)} THEN {spelling.as_double(text)} END"

    def _fits(self, number: str, kind: Type) -> str:
        bound = self.spelling.bound
        if kind is Type.INTEGER:
            whole = f"{number} = FLOOR({number})"  # only there: some engines round down in 64 bits
            return f"(CASE WHEN ABS({number}) <= {bound(MAX_INTEGER)} THEN {whole} END)"
        sized = f"({number} = {bound(0)} OR ABS({number}) >= {bound(MIN_NUMBER)})"
        return f"(ABS({number}) <= {bound(MAX_NUMBER)} AND {sized})"


def _held(conditions: Iterable[str]) -> str:
    """Return the SQL of how many conditions hold."""
    return f"({' + '.join(f'CASE WHEN {each} THEN 1 ELSE 0 END' for each in conditions)})"


def _as_seconds(cut: int) -> timedelta:
    return timedelta(seconds=cut)


def _named(columns: dict[str, str], prefix: str, sql: str) -> str:
    """Return the column of some SQL, added when there is none yet."""
    return columns.setdefault(sql, f"{prefix}{len(columns)}")


def _listed(first: str, columns: dict[str, str]) -> str:
    return ", ".join([first, *(f"{sql} AS {name}" for sql, name in columns.items())])
