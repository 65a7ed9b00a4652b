"""What is stated of an account and of its aliases together, as PostgreSQL: the one rule for every reader.

Of a trait, what each source said last counts, whichever of the accounts it said it of; of what it said at
the same instant the account's own, then that of the lowest id. Which of several sources counts is left to
the traits' ordinary rule. A name, a domain or an owner is the account's own, and where it has none that of
the alias of the lowest id that has one.
"""

from __future__ import annotations

_JOINED = """
SELECT target, jsonb_object_agg(trait, said) AS traits FROM (
    SELECT target, about.key AS trait, jsonb_object_agg(one.key, one.value
        ORDER BY (one.value ->> 2)::bigint, own, account_id DESC) AS said
    FROM ({members}) AS member
        CROSS JOIN LATERAL jsonb_each(member.traits) AS about CROSS JOIN LATERAL jsonb_each(about.value) AS one
    GROUP BY target, about.key
) AS each GROUP BY target
"""
_ALL = """
    SELECT alias_of AS target, account_id, traits, false AS own FROM segue.accounts WHERE alias_of IS NOT NULL
    UNION ALL SELECT account_id, account_id, traits, true FROM segue.accounts
    WHERE account_id IN (SELECT alias_of FROM segue.accounts WHERE alias_of IS NOT NULL)
"""
_OF_ONE = """
    SELECT 1 AS target, account_id, traits, false AS own FROM segue.accounts WHERE alias_of = found.account_id
    UNION ALL SELECT 1, found.account_id, found.traits, true
"""

_FIELDS = ("domain", "name", "owner", "open_opportunity_owner")
_FIRST = ", ".join(
    f"(array_agg({each} ORDER BY account_id) FILTER (WHERE {each} IS NOT NULL))[1] AS {each}"
    for each in _FIELDS
)

ALIASES = f"""
LEFT JOIN LATERAL (
    SELECT array_agg(account_id ORDER BY account_id) AS ids, {_FIRST}
    FROM segue.accounts WHERE alias_of = found.account_id
) AS alias ON true
"""  # noqa: S608 - fixed names
"""Joins the aliases of the account `found` as `alias`: `alias.ids` is NULL where it has none."""
FIELDS = ", ".join(f"coalesce(found.{each}, alias.{each})" for each in _FIELDS)
"""Who the account `found` is: domain, name, owner and the owner of its open opportunity."""
_JOINED_OF_ONE = f"(SELECT traits FROM ({_JOINED.format(members=_OF_ONE)}) AS joined)"  # noqa: S608
TRAITS = f"CASE WHEN alias.ids IS NULL THEN found.traits ELSE coalesce({_JOINED_OF_ONE}, '{{}}') END"
"""What is stated of the account `found` and its aliases, as `accounts.traits` has it."""

ACCOUNTS_WITH_ALIASES = f"""(
    SELECT own.account_id, coalesce(joined.traits, own.traits) AS traits
    FROM segue.accounts AS own LEFT JOIN ({_JOINED.format(members=_ALL)}) AS joined
        ON joined.target = own.account_id
    WHERE own.alias_of IS NULL
) AS accounts"""  # noqa: S608
"""Every account that is no alias, with what is stated of it and of its aliases, as the table `accounts`."""
