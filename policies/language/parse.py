"""From policy text to a checked tree: sqlglot reads, a whitelist decides, types are checked here.

Only the node classes and arguments named in this module pass. Whatever else sqlglot can parse is
refused with its place.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence

import sqlglot
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token

from segue.policies.language.guard import PredicateError, tokens_of
from segue.policies.language.magnitude import check_magnitude
from segue.policies.language.reader import Reader
from segue.policies.language.tree import Expr
from segue.policies.language.types import Schema, Type

_ROOM = threading.Lock()


def parse(text: str, schema: Schema) -> Expr:
    """Return the checked tree of a predicate or expression.

    `schema` maps every trait that the text may read to its type. The tree's own type says what
    it gives: `boolean` for a predicate.

    Raises:
        PredicateError: the text is not in the language; `offset` is where the fault starts.
    """
    tokens = tokens_of(text)
    try:
        return _read(text, tokens, schema)
    except RecursionError:
        return _with_room(lambda: _read(text, tokens, schema))


def _read(text: str, tokens: Sequence[Token], schema: Schema) -> Expr:
    try:
        statements = sqlglot.parse(text)
    except ParseError as error:
        raise _syntax_error(error, text, tokens) from None
    root = statements[0] if len(statements) == 1 else None
    if root is None:
        raise PredicateError("a policy text is one expression")
    found = Reader(schema, tokens).read(root)
    check_magnitude(found)
    return found


def _with_room(work: Callable[[], Expr]) -> Expr:
    """Run on a fresh stack with room to spare: the parser takes some forty frames a level of nesting.

    The guard has bounded the nesting, so the room needed is bounded too. One at a time, since the
    interpreter's limit is one for all threads.
    """
    outcome: list[Expr | BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # handed to the caller's thread
            outcome.append(error)

    with _ROOM:
        limit, size = sys.getrecursionlimit(), threading.stack_size(64 * 1024 * 1024)
        sys.setrecursionlimit(max(limit, 20_000))
        try:
            worker = threading.Thread(target=run, name="segue-parse")
            worker.start()
            worker.join()
        finally:
            sys.setrecursionlimit(limit)
            threading.stack_size(size)
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


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
