"""`segue erase`: who is erased, what is asked before, and the files of the private server."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from segue.core.private_server import database_url
from segue.core.schema import migrate
from segue.core.server_places import server_folder
from tests.api.conftest import Segue
from tests.service.planted import Planted, found_in_dump, found_in_files, plant_by_intake
from tests.service.running import ACCOUNT


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", store_url)
    know(store_url)
    return store_url


def know(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO segue.accounts (account_id, domain) VALUES (%s, %s)", (ACCOUNT, ACCOUNT)
        )


def test_by_their_address(segue: Segue, store: str) -> None:
    who = Planted()
    plant_by_intake(store, who)
    said = segue("erase", "--email", who.email.upper(), "--yes")
    assert said.code == 0 and "erased 2 contacts and 1 visitor: " in said.out
    assert "rows of events" in said.out and not any(text in said.out + said.err for text in who.texts)
    assert "segue erase --finish" in said.err and "backups" in said.err
    assert found_in_dump(store, who.texts) == set()
    again = segue("erase", "--email", who.email, "--yes", "--finish", "--json")
    found = json.loads(again.out)
    assert found["rows"] == {} and found["rewritten"] is True


def test_it_asks_before_and_nothing_happens_without_a_yes(segue: Segue, store: str) -> None:
    who = Planted()
    plant_by_intake(store, who)
    said = segue("erase", "--visitor", who.visitor, stdin="n\n")
    assert (
        said.code == 130 and "Erase 2 contacts, 1 visitor and 1 address of accounts acme.example?" in said.err
    )
    assert found_in_dump(store, who.texts) == set(who.texts)
    assert segue("erase", "--visitor", who.visitor, stdin="y\n").code == 0
    assert found_in_dump(store, who.texts) == set()


def test_a_further_text_goes_wherever_it_stands(segue: Segue, store: str) -> None:
    with psycopg.connect(store) as connection:
        connection.execute("UPDATE segue.accounts SET name = 'Known by Ada Nowhere-Else'")
    assert segue("erase", "--contact", "c", "--also", "ada nowhere-else", "--yes").code == 0
    assert found_in_dump(store, ("Ada Nowhere-Else",)) == set()


@pytest.mark.parametrize(
    "arguments",
    [(), ("--contact", "a", "--email", "b@c.example"), ("--also", "text"), ("--contact", " "),
     ("--contact", "a", "--also", "abc")],
    ids=str,
)  # fmt: skip
def test_who_is_meant_must_be_clear(segue: Segue, store: str, arguments: tuple[str, ...]) -> None:
    assert "expected" in segue("erase", *arguments, "--yes").error


def test_the_private_server_s_files_are_rewritten(
    segue: Segue, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SEGUE_DATA_DIR", str(data_folder))
    who = Planted()
    with database_url(None, data_folder) as url:
        migrate(url)
        know(url)
        plant_by_intake(url, who)
        with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.Error):
            connection.execute(f"SELECT '{who.email}' / 0")  # the server logs it
        files = server_folder(data_folder)
        held = found_in_files(files, who.texts)
        assert set().union(*held.values()) == set(who.texts) and "log" in held
        said = segue("erase", "--contact", who.contact, "--yes")
        assert said.code == 0 and "hold nothing that was erased" in said.err
        assert found_in_files(files, who.texts) == {}
    assert found_in_files(data_folder, who.texts) == {}, "nor once the server has ended"


def test_who_asked_in_a_chat_is_listed_until_they_are_erased_or_it_is_closed(
    segue: Segue, store: str
) -> None:
    assert "nobody is waiting" in segue("erasures").err
    with psycopg.connect(store) as connection:
        connection.execute(
            "INSERT INTO segue.erasure_requests VALUES"
            " ('6f1c7cf6-0000-4000-8000-000000000001', 'visitor', 'visitor-of-ada', '2026-11-20T10:00Z'),"
            " ('6f1c7cf6-0000-4000-8000-000000000002', NULL, NULL, '2026-11-21T10:00Z')"
        )
    listed = json.loads(segue("erasures", "--json").out)
    assert [(each["kind"], each["subject"]) for each in listed] == [
        ("visitor", "visitor-of-ada"), (None, None)]  # fmt: skip
    shown = segue("erasures")
    assert (
        "visitor visitor-of-ada" in shown.out and "nobody known" in shown.out and "segue erase" in shown.err
    )
    assert segue("erase", "--visitor", "visitor-of-ada", "--yes").code == 0
    closed = segue("erasures", "--close", "6f1c7cf6-0000-4000-8000-000000000002", "--json")
    assert (closed.code, json.loads(closed.out)) == (0, [])
    again = segue("erasures", "--close", "6f1c7cf6-0000-4000-8000-000000000002")
    assert again.code == 1 and "no request of the conversation" in again.err
