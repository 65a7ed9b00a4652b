"""The columns of a file -> fields of an account and traits of a pack, each with the rule that mapped it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from segue.accounts.account_fields import CURRENCY, EMAIL, IDENTITY, SUPPORT
from segue.accounts.crm_headers import (
    Crm,
    KnownHeader,
    Reads,
    custom_name,
    header_key,
    known_headers,
    recognise,
)
from segue.accounts.spelling import spelling_key
from segue.core.errors import InputError, nearest
from segue.policies.models.traits import Scope, Trait


class MappingRule(StrEnum):
    """Why a column feeds a field; in this order a field prefers its columns."""

    NAMED_BY_USER = "named_by_user"
    CRM_HEADER = "crm_header"
    TRAIT_NAME = "trait_name"
    TRAIT_TITLE = "trait_title"
    CUSTOM_FIELD = "custom_field"
    COMMON_HEADER = "common_header"


_ORDER = list(MappingRule)


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column that feeds one field. A column may feed two: "Type" is_customer and a trait titled so."""

    index: int
    column: str
    field: str
    rule: MappingRule
    reads: Reads = Reads.VALUE
    rank: int = 0


@dataclass(frozen=True, slots=True)
class UnmappedColumn:
    """A column that feeds nothing, and why."""

    column: str
    why: str


@dataclass(frozen=True, slots=True)
class HeaderMap:
    """How a file's columns are used."""

    crm: Crm | None
    mapped: tuple[MappedColumn, ...]
    unmapped: tuple[UnmappedColumn, ...]

    def columns_of(self, field: str) -> tuple[MappedColumn, ...]:
        """Return the columns that feed a field, the preferred one first."""
        found = [column for column in self.mapped if column.field == field]
        return tuple(sorted(found, key=lambda column: (_ORDER.index(column.rule), column.rank, column.index)))

    @property
    def shared(self) -> dict[str, tuple[MappedColumn, ...]]:
        """The fields that several columns feed: the first that states a value is taken."""
        fields = dict.fromkeys(column.field for column in self.mapped)
        return {field: found for field in fields if len(found := self.columns_of(field)) > 1}


def map_headers(
    columns: Sequence[str], traits: Mapping[str, Trait], named: Mapping[str, str] | None = None
) -> HeaderMap:
    """Map columns to account fields and to those traits that a file may state.

    Salesforce and HubSpot exports are recognised by their headers, whether labels or API names; other
    columns map by the name or title of a trait, or by what such things are commonly called. `named` is
    the user's word, header to field, and makes that column the field's only one; an empty field
    leaves the column out.

    Raises:
        InputError: `named` speaks of a column that the file lacks, or of a field that there is not;
            or a column that the user named feeds a trait that no file may state.
    """
    crm = recognise(list(columns))
    chosen = _named(columns, traits, named or {})
    taken = {column.field for column in chosen.values() if column is not None}
    mapped: list[MappedColumn] = []
    unmapped: list[UnmappedColumn] = []
    for index, column in enumerate(columns):
        if index in chosen:
            own = chosen[index]
            mapped += [own] if own else []
            unmapped += [] if own else [UnmappedColumn(column, "left out as asked")]
            continue
        found = [match for match in _matches(index, column, traits, crm) if match.field not in taken]
        usable = [match for match in found if _refusal(match.field, traits) is None]
        mapped += usable
        if not usable:
            why = _refusal(found[0].field, traits) if found else None
            unmapped.append(UnmappedColumn(column, why or "no field or trait of this name"))
    return HeaderMap(crm, tuple(mapped), tuple(unmapped))


def _matches(index: int, column: str, traits: Mapping[str, Trait], crm: Crm | None) -> list[MappedColumn]:
    key = header_key(column)
    if not key:
        return []
    known = known_headers(crm).get(key, []) if crm else []
    found = [_known(index, column, entry, MappingRule.CRM_HEADER) for entry in known]
    custom = custom_name(column) is not None
    for name, trait in traits.items():
        rule = MappingRule.TRAIT_NAME if spelling_key(name) == key else None
        if rule is None and trait.title is not None and spelling_key(trait.title) == key:
            rule = MappingRule.TRAIT_TITLE
        if rule is not None and all(match.field != name for match in found):
            found.append(MappedColumn(index, column, name, MappingRule.CUSTOM_FIELD if custom else rule))
    if any(_refusal(match.field, traits) is None for match in found):
        return found
    common = known_headers(None).get(key, [])
    return [*found, *(_known(index, column, entry, MappingRule.COMMON_HEADER) for entry in common)]


def _known(index: int, column: str, entry: KnownHeader, rule: MappingRule) -> MappedColumn:
    return MappedColumn(index, column, entry.field, rule, entry.reads, entry.rank)


def _refusal(field: str, traits: Mapping[str, Trait]) -> str | None:
    """Why no file may state a field, or None when one may."""
    if field in traits:
        trait = traits[field]
        if trait.is_derived:
            return f"{field} is computed by {trait.computed_by}: a file cannot state it"
        if trait.scope is not Scope.ACCOUNT:
            return f"{field} is a trait of a {trait.scope.value}: a file of accounts cannot state it"
        return None
    if field in IDENTITY or field in SUPPORT or field in (EMAIL, CURRENCY):
        return None
    return f"reads as {field}, which the pack does not declare"


def _named(
    columns: Sequence[str], traits: Mapping[str, Trait], named: Mapping[str, str]
) -> dict[int, MappedColumn | None]:
    fields = [*traits, *IDENTITY, *SUPPORT, EMAIL, CURRENCY]
    chosen: dict[int, MappedColumn | None] = {}
    for header, field in named.items():
        index = _index(columns, header)
        if not field:
            chosen[index] = None
            continue
        if field not in fields:
            raise InputError(
                f"{header}={field}: there is no trait or field {field!r}{nearest(field, fields)}"
            )
        refusal = _refusal(field, traits)
        if refusal is not None:
            raise InputError(f"{header}={field}: {refusal}")
        chosen[index] = MappedColumn(
            index, columns[index], field, MappingRule.NAMED_BY_USER, _reads(columns[index], field)
        )
    return chosen


def _index(columns: Sequence[str], header: str) -> int:
    if header in columns:
        return columns.index(header)
    found = [index for index, column in enumerate(columns) if spelling_key(column) == spelling_key(header)]
    if len(found) == 1:
        return found[0]
    raise InputError(f"the file has no column {header!r}{nearest(header, columns)}")


def _reads(column: str, field: str) -> Reads:
    """A column that the user names is read as a system's table would read it for the same field."""
    for crm in (*Crm, None):
        for entry in known_headers(crm).get(header_key(column), []):
            if entry.field == field:
                return entry.reads
    return Reads.VALUE
