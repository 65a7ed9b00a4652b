"""What is wrong with what the user gave: one line that names it, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.conftest import Segue

MINI = ("a.example", "-p", "mini")
CSV = "Account Name,Website,Size\nAcme,acme.example,12\n"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ("decde", 2, "no such command 'decde'; did you mean 'decide', 'audience'? (see segue --help)"),
        ("decide a.example", 2, "missing option '--pack' / '-p' (see segue decide --help)"),
        (
            "decide a.example -p mini -s wbe",
            2,
            "invalid value for '--surface' / '-s': 'wbe' is not one of 'web'",
        ),
        ("decide a.example -p mini --now soon", 2, "expected an instant such as 2026-11-23T15:00"),
        ("check mini --today tomorrow", 2, "expected a day such as 2026-11-23, found 'tomorrow'"),
        ("decide a.example -p saas_pipelin", 1, "did you mean 'saas_pipeline'"),
        (
            "decide a.example -p mini -s email",
            1,
            "mini does not decide for email: expected one of chat, web, ads",
        ),
        ("decide a.example -p mini -f siz=3", 1, "--fact: unknown trait 'siz'; did you mean 'size'?"),
        ("decide a.example -p mini -f size", 1, "--fact 'size': expected trait=value"),
        ("decide a.example -p mini -f size=many", 1, "size: expected a whole number"),
        ("decide a.example -p mini -f size=1.5", 1, "size: expected a whole number"),
        ("decide a.example -p mini -f intent=nan", 1, "intent: expected a finite number"),
        ("decide a.example -p mini -f is_customer=maybe", 1, "is_customer: expected true or false"),
        (
            "decide a.example -p mini -f region=EUU",
            1,
            "region: 'EUU' is not among its values; did you mean 'EU'?",
        ),
        (
            "decide a.example -p mini -f fits=true",
            1,
            "'fits' is derived: state the facts that it follows from",
        ),
        (
            "decide a.example -p mini -f persona=ciso",
            1,
            "'persona' is a trait of the contact: state it with --contact",
        ),
        (
            "decide a.example -p mini -c path=/",
            1,
            "'path' is a trait of the request: state it with --context",
        ),
        ("decide a.example -p mini -x size=3", 1, "'size' is a trait of the account: state it with --fact"),
        (
            "decide a.example -p mini --facts none.json",
            1,
            "none.json: cannot be read: No such file or directory",
        ),
        ("decide gmail.com -p mini", 1, "'gmail.com' names no account: it is a mail service's domain"),
        ("decide acme..example -p mini", 1, "'acme..example' names no account: it is no domain"),
        ("explain nobody@ -p mini", 1, "'nobody@' names no account: it is no domain"),
        ("import none.csv -p mini", 1, "none.csv: there is no such file"),
        ("import mini -p mini", 1, "mini: is a folder, expected a file"),
        ("import a.csv -p mini --source gossip", 1, "'gossip' is not among the sources of mini: crm, web"),
        ("import a.csv -p mini -m size", 1, "--map 'size': expected HEADER=TRAIT"),
        ("import a.csv -p mini -m Nope=size", 1, "the file has no column 'Nope'"),
        ("import a.csv -p mini -m Size=siez", 1, "there is no trait or field 'siez'"),
        (
            "import a.csv -p mini --rate EURUSD=x",
            1,
            "--rate 'EURUSD=x': expected two currencies and a number",
        ),
        ("import a.csv -p mini --rate EUR=1", 1, "such as EURUSD=1.08"),
        ("import a.csv -p mini --encoding klingon", 1, "unknown encoding 'klingon'"),
        ("import a.csv -p mini --format xml", 2, "'xml' is not one of 'csv', 'jsonl', 'parquet'"),
        ("label none.csv -p mini -o x.csv", 1, "none.csv: there is no such file"),
        ("label a.csv -p mini -p mini -o x.csv", 1, "label with one pack at a time: found 2 after --pack"),
        ("label a.csv -p mini -o x.txt", 1, "x.txt: cannot tell the format by the name"),
        ("label a.csv -p mini -o no/x.csv", 1, "no: there is no such folder to write to"),
        ("sql mini --dialect duckbd", 1, "did you mean 'duckdb'"),
        ("sql mini --dialect duckdb --table a;b", 1, "'a;b' is no table"),
        ("check nowhere", 1, "no pack 'nowhere': neither a folder nor one that ships"),
        ("eval nowhere", 1, "no pack 'nowhere'"),
        ("eval mini --junit report.txt", 1, "report.txt: expected a name that ends in .xml"),
        ("eval mini --html no/report.html", 1, "no: there is no such folder to write to"),
        ("eval mini --least 2", 2, "invalid value for '--least'"),
        ("init nowhere", 1, "no pack 'nowhere'"),
        ("init mini", 1, "mini: is there already, and is not an empty folder"),
        ("init mini mini/inner", 1, "mini/inner: lies inside the pack that is copied"),
        ("schemas a.csv", 1, "a.csv: File exists"),
        ("schemas mini --check", 1, "mini: out of date: pack.json"),
    ],
)
def test_one_line_names_what_is_wrong(
    segue: Segue, pack: Path, tmp_path: Path, arguments: str, code: int, says: str
) -> None:
    (tmp_path / "a.csv").write_text(CSV, "utf-8")
    found = segue(*arguments.split())
    assert says in found.error and found.code == code and not found.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'{"size": "300"}', "standard input: size: expected a whole number"),
        (b'{"intent": NaN}', "standard input: intent: expected a finite number"),
        (b'{"region": "Mars"}', "standard input: region: 'Mars' is not among its values"),
        (b'{"persona": "ciso"}', "standard input: 'persona' is a trait of the contact"),
        (b'{"size": ', "standard input:1:10: not readable as JSON: expecting value"),
        (b"[1]", "standard input: expected a JSON object of facts, found a list"),
        (b"\xff", "standard input: cannot be read: not UTF-8"),
        (b"", "standard input:1:1: not readable as JSON"),
        (b"[" * 100_000, "standard input: not readable as JSON"),
        (b'{"size": ' + b"9" * 5_000 + b"}", "standard input: not readable as JSON"),
    ],
)
def test_facts_that_cannot_be_read_name_their_file(segue: Segue, pack: Path, text: bytes, says: str) -> None:
    assert says in segue("decide", *MINI, "--facts", "-", stdin=text).error


def test_facts_of_a_file_are_spelled_as_the_pack_spells_them(segue: Segue, pack: Path) -> None:
    facts = '\ufeff{"region": "europe", "size": 500, "intent": 80}'
    found = segue("decide", *MINI, "--facts", "-", "--json", "-f", "intent=90", stdin=facts)
    considered = {each["play"]: each for each in json.loads(found.out)["considered"]}
    assert considered["mail"]["reason"] == "no_consent", "region is EU"
    assert [each["from"] for each in json.loads(found.out)["flip"] if each["trait"] == "intent"] == [90.0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "a.csv: the file is empty"),
        (b"Account Name,Website\n", "a.csv: has a header and no rows"),
        (b"a,b\n1,2\n", "no column names the account"),
        (b"\x00\x01\x02\xfe" * 2_000, "a.csv: "),
        (b"PK\x03\x04" + b"\0" * 60, "is a workbook or an archive: save the sheet as CSV"),
        (b"PAR1" + b"\0" * 60, "is not readable as Parquet"),
        (b"Account Name,Website\nM\xfcller,m.example\n", "every row is broken; the first: is not text"),
        (b"Account Name,Website\nPost,gmail.com\n", "no row makes an account"),
    ],
)
def test_a_file_that_makes_no_account_leaves_what_was_imported(
    segue: Segue, pack: Path, tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "good.csv").write_text(CSV, "utf-8")
    assert segue("import", "good.csv", "-p", "mini").code == 0
    kept = (tmp_path / "data/accounts/mini.parquet").read_bytes()
    (tmp_path / "a.csv").write_bytes(content)
    assert says in segue("import", "a.csv", "-p", "mini").error
    assert (tmp_path / "data/accounts/mini.parquet").read_bytes() == kept
    left = sorted(path.name for path in (tmp_path / "data/accounts").iterdir())
    assert left == ["mini.parquet", "mini.problems.jsonl"]


def test_what_a_file_says_cannot_steer_the_terminal(segue: Segue, pack: Path, tmp_path: Path) -> None:
    evil = "Account Name,Website,Odd\x1b[31m,Size\n[bold]Evil[/bold]\x1b]0;x\x07,evil.example,1,\x1b[5mlots\n"
    (tmp_path / "a.csv").write_text(evil, "utf-8")
    imported = segue("import", "a.csv", "-p", "mini")
    explained = segue("explain", "evil.example", "-p", "mini")
    refused = segue("import", "\x1b[31m.csv\n\n", "-p", "mini")
    for text in (imported.out, explained.out, refused.error):
        assert "\x1b" not in text and "\x07" not in text
    assert "[bold]Evil[/bold]\\x1b]0;x\\x07" in explained.out
    (tmp_path / "[").mkdir()
    (tmp_path / "[/a].csv").write_text("domain,size\nacme.example,3\n", "utf-8")
    for command in (("import", "[/a].csv"), ("label", "[/a].csv", "-o", "[/l].csv")):
        assert segue(*command, "-p", "mini").code == 0
    long = segue("sql", "mini", "--dialect", "x" * 5_000)
    assert len(long.error) < 900 and long.error.endswith("…")


def test_a_defect_is_one_line_too_and_says_where(
    segue: Segue, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> None:
        raise KeyError("nobody thought of this")

    monkeypatch.setattr("segue.policies.load.load_pack", defect)
    found = segue("sql", "mini", "--dialect", "duckdb")
    assert found.code == 70 and len(found.err.splitlines()) == 1
    assert "a defect of Segue, please report it: KeyError: 'nobody thought of this'" in found.err
    assert "test_errors.py:" in found.err
