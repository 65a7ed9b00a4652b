"""From policy text to a checked tree: sqlglot reads, a whitelist decides, types are checked here.

Only the node classes and arguments named in this module pass. Whatever else sqlglot can parse is
refused with its place.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token

from segue.policies.language.guard import PredicateError, tokens_of
from segue.policies.language.magnitude import check_magnitude
from segue.policies.language.reader import Reader
from segue.policies.language.tree import Expr
from segue.policies.language.types import Schema, Type


def parse(text: str, schema: Schema) -> Expr:
    """Return the checked tree of a predicate or expression.

    `schema` maps every trait that the text may read to its type. The tree's own type says what
    it gives: `boolean` for a predicate.

    Raises:
        PredicateError: the text is not in the language; `offset` is where the fault starts.
    """
    tokens = tokens_of(text)
    try:
        statements = sqlglot.parse(text)
    except ParseError as error:
        raise _syntax_error(error, text, tokens) from None
    except RecursionError:
        raise PredicateError("nested too deeply") from None
    root = statements[0] if len(statements) == 1 else None
    if root is None:
        raise PredicateError("a policy text is one expression")
    found = Reader(schema, tokens).read(root)
    check_magnitude(found)
    return found


def parse_predicate(text: str, schema: Schema) -> Expr:
    """Return the checked tree of a text that must give true, false or unknown.

    Raises:
        PredicateError: the text is not in the language or is not boolean.
    """
    found = parse(text, schema)
    if found.type not in (Type.BOOLEAN, Type.NULL):
        raise PredicateError(f"a predicate is true or false, this is of type {found.type}", found.at)
    return found


def _syntax_error(error: ParseError, text: str, tokens: Sequence[Token]) -> PredicateError:
    detail = error.errors[0] if error.errors else {}
    lines = text.splitlines(keepends=True)
    line, column = detail.get("line") or 1, detail.get("col") or 1
    end = sum(len(each) for each in lines[: line - 1]) + column - 1
    starts = [token.start for token in tokens if token.start <= end]
    highlight = detail.get("highlight")
    found = f" near {highlight!r}" if highlight else ""
    return PredicateError(f"not readable as a predicate{found}", max(starts, default=0))
