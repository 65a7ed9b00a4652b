"""Texts that must not stay anywhere in the store: how they are found in every table there is, and replaced."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from psycopg import sql

from segue.core.database import Connection
from segue.core.errors import ConflictError

SCHEMAS = ("segue", "segue_jobs")
"""Where Segue keeps rows; a schema that is not there holds none."""
_KEPT = ("policy_revisions", "erasure_key", "erasures", "keys")
"""Tables that hold nothing of people: a policy file is named by the hash of its text."""
_BEFORE = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
"""A place where a text may begin: after no letter and no digit, but for those that end an escape."""
_TYPES = {
    "text": sql.SQL("text"), "character varying": sql.SQL("varchar"), "json": sql.SQL("json"),
    "jsonb": sql.SQL("jsonb"), "text[]": sql.SQL("text[]"),
}  # fmt: skip
_PLAIN = (_TYPES["text"], _TYPES["character varying"])
_COLUMNS = """
SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0
    AND NOT a.attisdropped AND a.attgenerated = '' AND c.relname <> ALL(%s)
    AND format_type(a.atttypid, NULL) = ANY(%s)
ORDER BY 1, 2, a.attnum
"""
_KEY_COLUMNS = """
SELECT DISTINCT a.attname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE n.nspname = ANY(%s) AND i.indisunique AND format_type(a.atttypid, NULL) IN ('text', 'character varying')
"""
_NEW = sql.SQL("{name} = regexp_replace({name}::text, %(pattern)s, %(by)s, 'gi')::{kind}")
# what told two keys apart may be the very text that goes: each value gets an end of its own, the same wherever it
# stands, from which nobody finds it again without the salt, which is kept nowhere
_NEW_KEY = sql.SQL(
    "{name} = regexp_replace({name}::text, %(pattern)s,"
    " %(by)s || ':' || left(md5({name} || %(salt)s), 12), 'gi')::{kind}"
)


@dataclass(frozen=True, slots=True)
class Needles:
    """Texts to look for, in every way in which the store may spell them."""

    texts: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.texts)

    @property
    def spellings(self) -> list[str]:
        """Each as it is, as JSON writes it and as an address does."""
        found = set()
        for text in self.texts:
            escaped = json.dumps(text, ensure_ascii=False)[1:-1]
            found |= {text, escaped, json.dumps(text)[1:-1], quote(text, safe=""), quote(text)}
        return sorted(found, key=lambda each: (-len(each), each))

    @property
    def pattern(self) -> str:
        """A regular expression of PostgreSQL's and of Python's, for a match without regard to case.

        A text counts where it stands by itself: `ada@acme.example` is not found in `nevada@acme.example`.
        """
        if not self.texts:
            return r"(?!)"
        return rf"{_BEFORE}(?:{'|'.join(re.escape(each) for each in self.spellings)})(?![A-Za-z0-9])"


async def replace_texts(connection: Connection, needles: Needles, replacement: str) -> dict[str, int]:
    """Put a replacement, of letters, digits and colons, where one of the texts stands; return rows by table.

    In the columns of keys it gets an end of its own for each value, so that rows stay apart.

    Raises:
        ConflictError: one is still there afterwards; the transaction must not be committed.
    """
    if not needles:
        return {}
    changed: dict[str, int] = {}
    columns = await text_columns(connection)
    keys = {row[0] for row in await (await connection.execute(_KEY_COLUMNS, (list(SCHEMAS),))).fetchall()}
    asked = {"pattern": needles.pattern, "by": replacement, "salt": secrets.token_hex(16)}
    for (schema, table), found in _by_table(columns).items():
        held = sql.SQL("{name}::text ~* %(pattern)s")
        cursor = await connection.execute(
            sql.SQL("UPDATE {} SET {} WHERE {}").format(
                sql.Identifier(schema, table),
                sql.SQL(", ").join(
                    (_NEW_KEY if name in keys and kind in _PLAIN else _NEW).format(
                        name=sql.Identifier(name), kind=kind
                    )
                    for name, kind in found
                ),
                sql.SQL(" OR ").join(held.format(name=sql.Identifier(name)) for name, _ in found),
            ),
            asked,
        )
        if cursor.rowcount:
            changed[f"{schema}.{table}"] = cursor.rowcount
    if changed:
        left = await _places_of(connection, needles, columns)
        if left:
            raise ConflictError(f"nothing is erased: a text that must go is still in {', '.join(left)}")
    return changed


async def text_columns(connection: Connection) -> Sequence[tuple[str, str, str, str]]:
    """Return every column that holds text, as (schema, table, column, type)."""
    return await (await connection.execute(_COLUMNS, (list(SCHEMAS), list(_KEPT), list(_TYPES)))).fetchall()


def _by_table(
    columns: Sequence[tuple[str, str, str, str]],
) -> dict[tuple[str, str], list[tuple[str, sql.SQL]]]:
    found: dict[tuple[str, str], list[tuple[str, sql.SQL]]] = {}
    for schema, table, column, kind in columns:
        # the query lets these types through and no others
        found.setdefault((schema, table), []).append((column, _TYPES[kind]))
    return found


async def _places_of(
    connection: Connection, needles: Needles, columns: Sequence[tuple[str, str, str, str]]
) -> list[str]:
    found = []
    for schema, table, column, _ in columns:
        cursor = await connection.execute(
            sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {}::text ~* %s)").format(
                sql.Identifier(schema, table), sql.Identifier(column)
            ),
            (needles.pattern,),
        )
        if await cursor.fetchone() == (True,):
            found.append(f"{schema}.{table}.{column}")
    return found
