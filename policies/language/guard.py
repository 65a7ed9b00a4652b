"""The first gate for policy text: its length, its tokens and its nesting, before any parser runs.

What is refused here never reaches the parser: comments, several statements, parameters, and text
that is nested too deeply to walk.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

from segue.core.errors import SegueError, nearest
from segue.policies.language.reserved import RESERVED

MAX_LENGTH = 4_000
MAX_NESTING = 50


class PredicateError(SegueError):
    """A policy text is not a predicate or expression that the language allows.

    `offset` is where the fault starts in the text, in characters from 0.
    """

    code = "invalid_predicate"
    status = 422

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.message} (at character {self.offset + 1})"


FUNCTIONS = frozenset({"lower", "upper", "abs", "coalesce", "nullif", "array_contains", "now"})
"""The functions there are."""

_ALLOWED = frozenset({
    TokenType.VAR, TokenType.STRING, TokenType.NUMBER, TokenType.L_PAREN, TokenType.R_PAREN,
    TokenType.COMMA, TokenType.DOT, TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE,
    TokenType.GT, TokenType.GTE, TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH,
    TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.IN, TokenType.BETWEEN, TokenType.LIKE,
    TokenType.ILIKE, TokenType.ESCAPE, TokenType.IS, TokenType.NULL, TokenType.TRUE, TokenType.FALSE,
    TokenType.CASE, TokenType.WHEN, TokenType.THEN, TokenType.ELSE, TokenType.END, TokenType.INTERVAL,
    TokenType.DISTINCT, TokenType.FROM, TokenType.TIMESTAMP, TokenType.DATE,
})  # fmt: skip
_NAMED = {
    TokenType.SEMICOLON: "several statements are not allowed: a policy text is one expression",
    TokenType.SELECT: "a subquery is not allowed",
    TokenType.EXISTS: "a subquery is not allowed",
    TokenType.WITH: "a subquery is not allowed",
    TokenType.ALIAS: "an alias is not allowed",
    TokenType.PLACEHOLDER: "a parameter is not allowed",
    TokenType.PARAMETER: "a parameter is not allowed",
    TokenType.IDENTIFIER: "a quoted name is not allowed: traits are lower case and need no quotes",
    TokenType.DCOLON: "a cast is not allowed",
}


def tokens_of(text: str) -> Sequence[Token]:
    """Return the tokens of a policy text.

    Raises:
        PredicateError: the text is empty, longer than 4,000 characters, nested over 50 levels,
            cannot be split into tokens, or holds a comment or a token that no predicate has.
    """
    if len(text) > MAX_LENGTH:
        raise PredicateError(
            f"the text has {len(text)} characters, at most {MAX_LENGTH} are allowed", MAX_LENGTH
        )
    _check_characters(text)
    try:
        tokens = Tokenizer().tokenize(text)
    except TokenError as error:
        raise PredicateError(f"not readable as SQL: {_reason(error)}", len(text.rstrip()) - 1) from None
    if not tokens:
        comment = text.strip()
        raise PredicateError("a comment is not allowed" if comment else "the text is empty")
    for token in tokens:
        if token.comments:
            raise PredicateError("a comment is not allowed", _comment_offset(text, tokens))
        if token.token_type is TokenType.VAR and _calls(text, token) and token.text.lower() not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            raise PredicateError(
                f"the function {token.text} is not among {known}{nearest(token.text.lower(), FUNCTIONS)}",
                token.start,
            )
        if token.token_type not in _ALLOWED:
            reason = _NAMED.get(token.token_type, f"{token.text!r} is not allowed in a predicate")
            raise PredicateError(reason, token.start)
    _check_nesting(tokens)
    return tokens


def _calls(text: str, token: Token) -> bool:
    return text[token.end + 1 :].lstrip()[:1] == "("


def is_plain_name(name: str) -> bool:
    """Return True when a trait may carry the name: the parser reads it as a name, not as a keyword."""
    try:
        tokens = Tokenizer().tokenize(name)
    except TokenError:
        return False
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) is not None
    return plain and len(tokens) == 1 and tokens[0].token_type is TokenType.VAR and name not in RESERVED


def _check_characters(text: str) -> None:
    for offset, character in enumerate(text):
        if character in "\t\n\r":
            continue
        if unicodedata.category(character) in ("Cc", "Cs", "Cf", "Zl", "Zp"):
            raise PredicateError(f"the character U+{ord(character):04X} is not allowed", offset)


def _comment_offset(text: str, tokens: Sequence[Token]) -> int:
    """Find where the first comment starts: the first text between tokens that is not space."""
    cursor = 0
    for token in [*tokens, None]:
        end = token.start if token else len(text)
        gap = text[cursor:end]
        if gap.strip():
            return cursor + len(gap) - len(gap.lstrip())
        cursor = token.end + 1 if token else end
    return 0


def _check_nesting(tokens: Sequence[Token]) -> None:
    """Count open parentheses, open CASEs and prefix operators in a row.

    The parser is recursive: this bound keeps it, and everything that walks its tree, well
    within the interpreter's stack.
    """
    depth = prefixes = 0
    for token in tokens:
        kind = token.token_type
        prefixes = prefixes + 1 if kind in (TokenType.NOT, TokenType.DASH) else 0
        if kind in (TokenType.L_PAREN, TokenType.CASE):
            depth += 1
        elif kind in (TokenType.R_PAREN, TokenType.END):
            depth -= 1
        if depth + prefixes > MAX_NESTING:
            raise PredicateError(f"nested over {MAX_NESTING} levels", token.start)


def _reason(error: Exception) -> str:
    return str(error).split(" from ")[0].split("\n")[0][:120]
