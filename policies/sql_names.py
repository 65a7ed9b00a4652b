"""Tables and columns that a caller names, written safely into SQL."""

from __future__ import annotations

import re

from segue.core.errors import InputError
from segue.policies.language.dialects import Dialect
from segue.policies.language.guard import is_plain_name

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_BACKTICKS = (Dialect.SPARK, Dialect.DATABRICKS, Dialect.BIGQUERY)


def column_name(name: str, dialect: Dialect) -> str:
    """Return a column as it is written; one that is a reserved word somewhere is quoted.

    Raises:
        InputError: it is not an identifier.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise InputError(f"{name!r} is no column: expected letters, digits and underscores")
    return _written(name, dialect)


def table_name(source: str, dialect: Dialect) -> str:
    """Return a table as it is written: up to four names between dots, in BigQuery with a project's dashes.

    Raises:
        InputError: it is not that.
    """
    first, *others = source.split(".")
    project = dialect is Dialect.BIGQUERY and others and _PROJECT.fullmatch(first)
    named = [_IDENTIFIER.fullmatch(part) for part in others]
    if len(others) > 3 or not all(named) or not (project or _IDENTIFIER.fullmatch(first)):
        raise InputError(f"{source!r} is no table: expected a name such as accounts or crm.accounts")
    return ".".join(_written(part, dialect) for part in (first, *others))


def _written(name: str, dialect: Dialect) -> str:
    mark = "`" if dialect in _BACKTICKS else '"'
    return name if is_plain_name(name.lower()) else f"{mark}{name}{mark}"
