"""Names that some engine reads as a keyword."""

from __future__ import annotations

_WORDS = """
all alter analyse analyze and anti any array as asc asof assert_rows_modified asymmetric at authorization
between both by case cast check collate collation column concurrently connect constraint contains create
cross cube current current_catalog current_date current_role current_schema current_time current_timestamp
current_user date day default deferrable define delete desc describe distinct do drop else end enum escape
except exclude exists extract false fetch filter first following for foreign freeze from full function glob
grant group grouping groups hash having hour if ignore ilike in increment index initially inner insert
intersect interval into is isnull join lambda last lateral leading left like limit localtime localtimestamp
lookup map merge minus minute month natural new no not notnull now null nulls of off offset old on only or
order outer over overlaps partition percent pivot pivot_longer pivot_wider placing positional preceding
primary proto qualify range recursive references regexp respect returning revoke right rlike rollup row rows
sample second select semi session_user set show similar some start struct summarize symmetric sysdate
system_user table tablesample then time timestamp to top trailing treat trigger true truncate try_cast
unbounded union unique unknown unnest unpack unpivot update user using values variadic verbose view week
when whenever where window with within year
"""

RESERVED = frozenset(_WORDS.split())
"""No trait may carry one of these: DuckDB, PostgreSQL, Spark, Snowflake and BigQuery together."""
