"""How often what a seller types is understood: the intent, the account and the person. Printed, with floors."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from segue.agents.knowledge.embedding import nearest
from segue.agents.knowledge.local_embedder import LocalEmbedder
from segue.agents.seller_entities import NamedIn, find_named, masked
from segue.agents.seller_exemplars import EXEMPLARS, Intent
from segue.agents.seller_intents import by_words, understand
from segue.core.database import Database
from segue.policies.load import load_pack
from tests.agents.seller_utterances import ACCOUNTS, HELD_OUT, SAID
from tests.core.databases import maker, with_database

Read = tuple[str | None, str | None, str]
"""The account and the persona that were found, and the question without the account's name."""
_FLOOR_INTENT, _FLOOR_HELD_OUT, _FLOOR_ENTITY, _FLOOR_WORDS = 0.94, 0.85, 0.97, 0.7
_ALL = (*SAID, *HELD_OUT)


def _share(right: int, of: int) -> str:
    return f"{right} of {of} ({right / of:.1%})"


@pytest.fixture(scope="module")
def read(server_url: str, template: str) -> Iterator[list[Read]]:
    """What is found in each utterance over a store of its own: no other test's account is named, nor names ours."""
    pack = load_pack("saas_pipeline")

    async def every(database: Database) -> list[Read]:
        async with database.connection() as connection:
            return [_read(await find_named(connection, [pack], said.text), said.text) for said in _ALL]

    for make in maker(server_url, template):
        url = make()
        with psycopg.connect(url) as connection:
            for row in ACCOUNTS:
                connection.execute(
                    "INSERT INTO segue.accounts (account_id, domain, name) VALUES (%s, %s, %s)", row
                )  # fmt: skip
        yield with_database(url, every)


def _read(named: NamedIn, text: str) -> Read:
    found, role = named.accounts, named.role
    ids = [each.account_id for each in found.accounts]
    account = ids[0] if len(ids) == 1 and found.surely else "?" if ids else "-" if found.words else None
    return account, role[1].persona if role else None, masked(text, found.words if ids else "")


def test_accounts_and_people_are_found(read: list[Read], capsys: pytest.CaptureFixture[str]) -> None:
    both = list(zip(_ALL, read, strict=True))
    wrong = [(said.text, got[:2]) for said, got in both if got[:2] != (said.account, said.persona)]
    with capsys.disabled():
        print(f"\naccount and persona right: {_share(len(_ALL) - len(wrong), len(_ALL))}; wrong: {wrong}")  # noqa: T201
    assert len(wrong) <= (1 - _FLOOR_ENTITY) * len(_ALL), wrong
    guessed = [said.text for said, got in both if got[0] not in (said.account, None, "?", "-")]
    assert not guessed, guessed  # to ask is no harm, to take another account is


def test_intents_are_understood(read: list[Read], capsys: pytest.CaptureFixture[str]) -> None:
    async def every() -> list[Intent]:
        embedder = LocalEmbedder()
        examples = {intent.value: texts for intent, texts in EXEMPLARS.items()}

        async def ask(text: str) -> list[tuple[str, float]]:
            return await nearest(embedder, text, examples)

        found = [(await understand(got[2], ask)).intent for got in read]
        await embedder.aclose()
        return found

    got = asyncio.run(every())
    right = [said.intent is each for said, each in zip(_ALL, got, strict=True)]
    plain = sum(by_words(each[2]).intent is said.intent for said, each in zip(_ALL, read, strict=True))
    first, held_out = sum(right[: len(SAID)]), sum(right[len(SAID) :])
    of, hit = (
        Counter(each.intent for each in _ALL),
        Counter(each.intent for each, ok in zip(_ALL, right, strict=True) if ok),
    )
    with capsys.disabled():
        print(  # noqa: T201
            f"\nintent right: {_share(first, len(SAID))}, held out {_share(held_out, len(HELD_OUT))};"
            f" by words alone {_share(plain, len(_ALL))}"
        )
        print(", ".join(f"{each} {hit[each]}/{of[each]}" for each in of))  # noqa: T201
        for said, each, ok in zip(_ALL, got, right, strict=True):
            if not ok:
                print(f"  {said.text!r}: {said.intent}, taken for {each}")  # noqa: T201
    assert first >= _FLOOR_INTENT * len(SAID)
    assert held_out >= _FLOOR_HELD_OUT * len(HELD_OUT)
    assert plain >= _FLOOR_WORDS * len(_ALL)


def test_no_utterance_is_an_example() -> None:
    known = {_plain(each) for texts in EXEMPLARS.values() for each in texts}
    shared = [said.text for said in _ALL if _plain(said.text) in known]
    assert len(SAID) >= 80
    assert len(shared) <= 5, shared  # the questions of the assistant's own help stand in both


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("?", "").split())
