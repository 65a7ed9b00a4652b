"""Whom a seller means: accounts by domain or name, and a person by their role. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from segue.accounts.company_names import company_key
from segue.accounts.domains import read_domain
from segue.accounts.spelling import words
from segue.core.database import Connection
from segue.policies.pack import Pack
from segue.policies.personas import Role, role_of

_DOMAIN = re.compile(r"(?<![\w@.-])(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = re.compile(r"[^\s,;:!?()\"“”]+")
_MOST_WORDS = 40
_LONGEST_NAME = 6
"""Words of a company's name that are tried together."""
_MOST = 10
"""Accounts of one name that are looked at: who has more is asked for a domain."""
_FORMS = ("", *(f"{part} {form}" for part in ("", ",") for form in (
    "inc", "inc.", "corp", "corp.", "corporation", "co", "co.", "company", "ltd", "ltd.", "limited", "llc", "plc",
    "gmbh", "ag", "se", "kg", "sa", "s.a.", "sas", "sarl", "srl", "spa", "s.p.a.", "bv", "b.v.", "nv", "ab", "as",
    "oy", "aps", "pty ltd", "pte ltd", "kk", "gmbh & co. kg",
)))  # fmt: skip
"""What is put behind a name to find its account at once; rarer forms are found among the names that begin so."""
_PLAIN = words(
    """a about all am an and any are as at be been because before but by call called can changed could day did do does
    for from get give go good got had has have head help her here him his how i if in into is it its just know last
    lead like list make me mine month more most my new next no not now of on one or other our out over own passed
    pitch please proof quote ready sales sales-ready say script segment she should show so some tell than that the
    their them then there they this to today tomorrow up us use want was we week well were what when where which who
    whom whose why will with work would year yesterday you your account accounts company companies owner owned rep
    reps team deal deals monday tuesday wednesday thursday friday morning hello hi thanks thank"""
)
"""Words of questions, which alone are taken for no company: it may be named by its domain."""
_EXACTLY = """
SELECT asked.gram, found.account_id, found.domain, found.name
FROM unnest(%(grams)s::text[], %(names)s::text[]) AS asked(gram, called) CROSS JOIN LATERAL (
    SELECT account_id, domain, name FROM segue.accounts WHERE lower(name) = asked.called AND alias_of IS NULL
    LIMIT %(most)s
) AS found
"""
# each way of its own, so that each reads the index of names and stops; of many, the first that are met
_BY_NAME = """
SELECT asked.gram, found.account_id, found.domain, found.name
FROM unnest(%(grams)s::text[]) AS asked(gram) CROSS JOIN LATERAL (
    (SELECT account_id, domain, name, alias_of FROM segue.accounts
        WHERE lower(name) ~>=~ (asked.gram || ' ') AND lower(name) ~<~ (asked.gram || '!')
        ORDER BY lower(name) USING ~<~ LIMIT %(most)s)
    UNION ALL (SELECT account_id, domain, name, alias_of FROM segue.accounts
        WHERE lower(name) ~>=~ (asked.gram || ',') AND lower(name) ~<~ (asked.gram || '-')
        ORDER BY lower(name) USING ~<~ LIMIT %(most)s)
) AS found WHERE alias_of IS NULL
"""
_BY_DOMAIN = """
SELECT counted.account_id, counted.domain, counted.name FROM (
    SELECT account_id, alias_of FROM segue.accounts WHERE domain = %(domain)s
    UNION SELECT account_id, alias_of FROM segue.accounts WHERE account_id = %(text)s
) AS named JOIN segue.accounts AS counted ON counted.account_id = coalesce(named.alias_of, named.account_id)
GROUP BY counted.account_id
ORDER BY counted.duplicate_of IS NOT NULL, counted.parent_id IS NOT NULL, counted.account_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Named:
    """An account that may be meant."""

    account_id: str
    domain: str | None
    name: str | None

    @property
    def shown(self) -> str:
        """What to call it."""
        return self.name or self.domain or self.account_id


@dataclass(frozen=True, slots=True)
class Found:
    """The accounts that a text may mean, and the words by which it names them."""

    accounts: tuple[Named, ...] = ()
    words: str = ""
    """Empty where the text names none."""
    surely: bool = True
    """False where the names are only begun with what was said: one that fits is asked about, too."""


@dataclass(frozen=True, slots=True)
class NamedIn:
    """Whom a text names: accounts, and the words for a person with their role."""

    accounts: Found
    role: tuple[str, Role] | None


async def find_named(connection: Connection, packs: Sequence[Pack], text: str) -> NamedIn:
    """Return whom a text names."""
    found = await find_accounts(connection, text)
    role = find_role(packs, text, found.words if found.surely else "")
    if role is not None and not found.surely and found.words.casefold() in role[0].casefold():
        found = Found()  # "their head of marketing" means nobody whose name begins with Marketing
    return NamedIn(found, role)


async def find_accounts(connection: Connection, text: str) -> Found:
    """Return the accounts that a text names: by a domain, else by the longest words that are a company's name.

    A domain that nobody has is found with no accounts.
    """
    for match in _DOMAIN.finditer(text):
        domain = read_domain(match[0]).domain
        if domain is None:
            continue
        parameters = {"domain": domain, "text": match[0].strip(), "most": _MOST}
        cursor = await connection.execute(_BY_DOMAIN, parameters)
        return Found(tuple(Named(*row) for row in await cursor.fetchall()), match[0])
    grams = dict(_grams(text))
    if not grams:
        return Found()
    called = [(gram, gram + form) for gram in grams for form in _FORMS]
    asked = {"grams": [gram for gram, _ in called], "names": [each for _, each in called], "most": _MOST}
    rows = await (await connection.execute(_EXACTLY, asked)).fetchall()
    cursor = await connection.execute(_BY_NAME, {"grams": list(grams), "most": _MOST})
    rows += await cursor.fetchall()
    return _best([(row[0], Named(*row[1:])) for row in rows], grams)


def find_role(packs: Sequence[Pack], text: str, without: str = "") -> tuple[str, Role] | None:
    """Return the words of a text that name a role, and the role, by the personas of the packs.

    `without` are the words that name the account.
    """
    said = [each.strip("'’.`") for each in _WORD.findall(text.replace(without, " ") if without else text)]
    said = [each.removesuffix("'s").removesuffix("’s") for each in said[:_MOST_WORDS] if each != "it"]
    for size in range(min(_LONGEST_NAME, len(said)), 0, -1):
        for start in range(len(said) - size + 1):
            part = said[start : start + size]
            if any(end.lower() in _PLAIN and end != "IT" for end in (part[0], part[-1])):
                continue
            for pack in reversed(packs):
                role = role_of(pack, " ".join(part))
                if role.persona is not None:
                    return " ".join(part), role
    return None


def masked(text: str, account: str) -> str:
    """Return a question without the words that name its account, as the examples have it."""
    if not account:
        return text
    return re.sub(rf"(?:https?://)?{re.escape(account)}", "this company", text, flags=re.IGNORECASE)


def _grams(text: str) -> Iterable[tuple[str, str]]:
    """Give the words that may be a company's name, as they are compared and as they were said."""
    said = [match[0].strip("'’.").replace("’", "'") for match in _WORD.finditer(text)][:_MOST_WORDS]
    for start in range(len(said)):
        for size in range(1, min(_LONGEST_NAME, len(said) - start) + 1):
            part = said[start : start + size]
            if all(word.lower() in _PLAIN or len(word) < 2 for word in part):
                continue
            if part[0].lower() in _PLAIN and size > 1 and not part[0][:1].isupper():
                continue
            shown = " ".join(part)
            for each in dict.fromkeys((shown, shown.removesuffix("'s"))):
                if len(each) >= 2:
                    yield each.lower(), each


def _best(rows: Sequence[tuple[str, Named]], grams: dict[str, str]) -> Found:
    """Return those whose name is the longest words said, legal forms aside; else those whose name begins so."""
    exact = [(gram, each) for gram, each in rows if each.name and company_key(each.name) == company_key(gram)]
    for surely, found in ((True, exact), (False, rows)):
        if found:
            longest = max((gram for gram, _ in found), key=len)
            accounts = {each.account_id: each for gram, each in found if gram == longest}
            return Found(tuple(accounts.values()), grams[longest], surely)
    return Found()
