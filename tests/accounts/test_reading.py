from __future__ import annotations

import codecs
import gzip
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segue.accounts.reading import FileFormat, Source, open_source
from segue.accounts.source_text import RejectedRow, RowFault
from segue.core.errors import InputError

Write = Callable[[str, str | bytes], Path]


def rows(source: Source) -> list[tuple[int, Sequence[object]]]:
    return [(found[0], list(found[1])) for found in source.records() if not isinstance(found, RejectedRow)]


def rejected(source: Source) -> list[tuple[int, RowFault]]:
    return [(found.row, found.fault) for found in source.records() if isinstance(found, RejectedRow)]


# --- CSV


def test_broken_rows_are_named_by_their_line_and_the_rest_goes_on(write: Write) -> None:
    lines = ["id,name,site"] + [f"{line},Acme {line},a{line}.com" for line in range(2, 31)]
    lines[4] = '5,"Acme, not closed,a5.com'
    lines[8] = "9,too few"
    lines[10] = "11,too,many,of,them"
    lines[12] = '13,"closed" and on,a13.com'
    lines[14] = '15,"two\nlines",a15.com'
    content = "\n".join(lines).encode().replace(b"Acme 20", b"Acm\xe9 20") + b"\n"
    source = open_source(write("a.csv", content))
    # from the record over two lines on, the line in the file is one ahead of the id
    assert rejected(source) == [
        (5, RowFault.UNCLOSED_QUOTE),
        (9, RowFault.WRONG_FIELD_COUNT),
        (11, RowFault.WRONG_FIELD_COUNT),
        (13, RowFault.BROKEN_QUOTE),
        (21, RowFault.INVALID_ENCODING),
    ]
    expected = [number for number in range(2, 31) if number not in (5, 9, 11, 13, 20)]
    assert [int(str(cells[0])) for _, cells in rows(source)] == expected
    assert [row for row, _ in rows(source)] == [n if n <= 15 else n + 1 for n in expected]
    assert (15, ["15", "two\nlines", "a15.com"]) in rows(source)


def test_an_unclosed_quote_that_the_next_rows_quote_closes(write: Write) -> None:
    source = open_source(write("a.csv", 'a,b\n1,"x\n2,"y"\n3,z\n'))
    assert rejected(source) == [(2, RowFault.UNCLOSED_QUOTE)]
    assert rows(source) == [(3, ["2", "y"]), (4, ["3", "z"])]


def test_an_unclosed_quote_at_the_end_costs_its_own_line(write: Write) -> None:
    body = "".join(f"{line},x\n" for line in range(3, 200))
    source = open_source(write("a.csv", f'a,b\n2,"x\n{body}'))
    assert rejected(source) == [(2, RowFault.UNCLOSED_QUOTE)]
    assert len(rows(source)) == 197


def test_an_unclosed_quote_swallows_no_row_that_makes_the_count_wrong(write: Write) -> None:
    source = open_source(write("a.csv", 'a,b,c\n2,"x,1\n3,y,2\n4,z",3,4\n5,w,6\n'))
    assert rejected(source) == [(2, RowFault.UNCLOSED_QUOTE), (4, RowFault.WRONG_FIELD_COUNT)]
    assert rows(source) == [(3, ["3", "y", "2"]), (5, ["5", "w", "6"])]


def test_a_record_over_lines_with_a_field_missing_is_one_broken_row(write: Write) -> None:
    source = open_source(write("a.csv", 'a,b,c\n1,"two\nlines"\n3,x,y\n'))
    assert rejected(source) == [(2, RowFault.WRONG_FIELD_COUNT)]
    assert rows(source) == [(4, ["3", "x", "y"])]


def test_a_line_that_is_no_text_inside_a_record_over_lines(write: Write) -> None:
    source = open_source(write("a.csv", b'a,b\n1,"two\nl\xffnes"\n4,x\n'))
    assert rejected(source) == [(2, RowFault.INVALID_ENCODING)]
    assert rows(source) == [(4, ["4", "x"])]


def test_a_field_without_measure_is_a_broken_row(write: Write) -> None:
    source = open_source(write("a.csv", "a,b\n1," + "x" * 140_000 + "\n3,y\n"))
    assert rejected(source) == [(2, RowFault.TOO_LONG)]
    assert rows(source) == [(3, ["3", "y"])]


def test_a_line_without_measure_is_not_held(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.accounts.source_text.MAX_LINE", 1_000)
    for name, content in (
        ("a.csv", "a,b\n1," + "x" * 5_000 + "\n3,y\n"),
        ("a.jsonl", '{"a":1}\n{"a":"' + "x" * 5_000 + '"}\n{"a":3}\n'),
    ):
        source = open_source(write(name, content))
        assert rejected(source) == [(2, RowFault.TOO_LONG)]
        assert [row for row, _ in rows(source)] in ([3], [1, 3])


def test_blank_lines_and_empty_records_are_passed_over(write: Write) -> None:
    source = open_source(write("a.csv", "\n\na,b\n1,2\n\n,\n3,4\n"))
    assert (source.columns, source.header_line) == (("a", "b"), 3)
    assert rows(source) == [(4, ["1", "2"]), (7, ["3", "4"])]
    assert rejected(source) == []


def test_the_footer_of_a_salesforce_report_is_rejected_by_line(write: Write) -> None:
    source = open_source(
        write("a.csv", '"Account Name","Website"\n"Acme","acme.com"\n\n\n"Accounts"\n"Copyright (c) 2025"\n')
    )
    assert rows(source) == [(2, ["Acme", "acme.com"])]
    assert rejected(source) == [(5, RowFault.WRONG_FIELD_COUNT), (6, RowFault.WRONG_FIELD_COUNT)]


@pytest.mark.parametrize(
    ("content", "delimiter", "columns"),
    [
        ("name,site\nA,1\n", ",", ("name", "site")), ("name;revenue\nA;1,5\nB;2,5\n", ";", ("name", "revenue")),
        ("name\tsite\nA\t1\n", "\t", ("name", "site")), ("name|site\nA|1\n", "|", ("name", "site")), ("domain\nacme.com\n", ",", ("domain",)),
        ("sep=;\nname;site\nA;1\n", ";", ("name", "site")), ('"name, full";site\n"A, B";1\n', ";", ("name, full", "site")),
        ("name,tech;stack\nA,x;y\nB,x;y;z\n", ",", ("name", "tech;stack")), ("a,b\n", ",", ("a", "b")),
        ('name,site\n"A, Inc",1\n"B, broken,2\n"C",3\n', ",", ("name", "site")),
        (" name , site\nA,1\n", ",", ("name", "site")),
    ],
)  # fmt: skip
def test_the_delimiter_is_found(write: Write, content: str, delimiter: str, columns: tuple[str, ...]) -> None:
    source = open_source(write("a.csv", content))
    assert (source.delimiter, source.columns) == (delimiter, columns)


def test_the_delimiter_may_be_named(write: Write) -> None:
    source = open_source(write("a.csv", "a^b,c\n1^2\n"), delimiter="^")
    assert source.columns == ("a", "b,c")
    with pytest.raises(InputError, match="one character"):
        open_source(write("b.csv", "a,b\n1,2\n"), delimiter="::")


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-8"),
    ],
)
def test_byte_order_marks(write: Write, mark: bytes, encoding: str) -> None:
    source = open_source(write("a.csv", mark + "näme,site\nMüller,é\n".encode(encoding)))
    assert source.columns == ("näme", "site")
    assert rows(source) == [(2, ["Müller", "é"])]


def test_another_encoding_is_named_and_never_guessed(write: Write) -> None:
    path = write("a.csv", "name\nMüller\nMeier\n".encode("windows-1252"))
    assert rejected(open_source(path)) == [(2, RowFault.INVALID_ENCODING)]
    assert rows(open_source(path, encoding="windows-1252")) == [(2, ["Müller"]), (3, ["Meier"])]
    for unknown in ("no-such-codec", "base64"):
        with pytest.raises(InputError, match="unknown encoding"):
            open_source(path, encoding=unknown)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(write: Write, end: str) -> None:
    source = open_source(write("a.csv", end.join(["a,b", "1,2", '"x', 'y",4', "5,6", ""])))
    assert [row for row, _ in rows(source)] == [2, 3, 5]
    assert rows(source)[-1] == (5, ["5", "6"])


def test_gzip(write: Write) -> None:
    source = open_source(write("a.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)))
    assert rows(source) == [(2, ["1", "2"])]
    cut = write("b.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 100_000, mtime=0)[:-40])
    with pytest.raises(InputError, match=re.escape("b.csv.gz")):
        rows(open_source(cut))


def test_reading_twice_gives_the_same(write: Write) -> None:
    source = open_source(write("a.csv", 'a,b\n1,2\n3\n4,"x\n5,6\n'))
    assert list(source.records()) == list(source.records())
    assert [batch.rows for batch in source.batches()] == [[2, 5]]


_FIELD = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]), max_size=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(_FIELD, _FIELD, st.just("x")), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_what_a_writer_writes_is_read(
    tmp_path: Path, table: list[tuple[str, str, str]], delimiter: str
) -> None:
    import csv

    path = tmp_path / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(
            [("first", "second", "third"), *table]
        )
    source = open_source(path)
    assert [tuple(cells) for _, cells in rows(source)] == table
    assert rejected(source) == []
    text = path.read_text(encoding="utf-8").split("\n")
    starts = [row for row, _ in rows(source)]
    assert starts == sorted(set(starts)) and all(2 <= start <= len(text) for start in starts)


# --- JSON lines


def test_json_lines_with_broken_ones(write: Write) -> None:
    content = (
        b'{"id": 1, "name": "A"}\n{"id": 2, "name": "B", "tags": ["x"]}\n\n{"id": 3,\n[1]\n"x"\n{"id": 7, "id": 8}\n'
        b'{"name": "\xff"}\n{"id": NaN}\n{"owner": {"name": "Jo", "mail": {"work": "j@a.com"}}}\n'
        + b'{"a":' * 50_000
        + b"\n"
    )
    source = open_source(write("a.jsonl", content))
    assert source.columns == ("id", "name", "tags", "owner.name", "owner.mail.work")
    assert rejected(source) == [
        (4, RowFault.INVALID_JSON), (5, RowFault.NOT_AN_OBJECT), (6, RowFault.NOT_AN_OBJECT), (7, RowFault.REPEATED_KEY),
        (8, RowFault.INVALID_ENCODING), (11, RowFault.INVALID_JSON),
    ]  # fmt: skip
    found = rows(source)
    assert [row for row, _ in found] == [1, 2, 9, 10]
    assert found[1] == (2, [2, "B", ["x"], None, None])
    assert found[3] == (10, [None, None, None, "Jo", "j@a.com"])


def test_numbers_without_measure_break_their_line_only(write: Write) -> None:
    source = open_source(write("a.jsonl", '{"a": ' + "9" * 5_000 + '}\n{"a": 1e999}\n{"a": 1}\n'))
    assert rejected(source) == [(1, RowFault.INVALID_JSON)]
    assert [cells[0] for _, cells in rows(source)] == [float("inf"), 1]


def test_an_array_of_objects_is_one_clear_error(write: Write) -> None:
    with pytest.raises(InputError, match=r"a\.json:1: is one JSON array: expected JSON lines"):
        open_source(write("a.json", '[{"a": 1}]'))


def test_keys_that_are_data_are_refused(write: Write) -> None:
    content = "".join(json.dumps({f"k{line}": 1}) + "\n" for line in range(2_100))
    with pytest.raises(InputError, match=r"a\.jsonl:2001: more than 2000 different keys"):
        open_source(write("a.jsonl", content))


def test_no_object_at_all(write: Write) -> None:
    with pytest.raises(InputError, match="no line holds a JSON object"):
        open_source(write("a.jsonl", "1\n2\n"))


# --- Parquet


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a[1]*.parquet"
    duckdb.execute(
        "COPY (SELECT range AS id, 'A' || range AS name, ['x', 'y'] AS tags, 1.5::DOUBLE AS n, DATE '2025-04-03' AS d,"
        " TIMESTAMP '2025-04-03 10:00' AS t, true AS b, NULL::VARCHAR AS nothing FROM range(10000))"
        f" TO '{tmp_path / 'plain.parquet'}'"
    )
    (tmp_path / "plain.parquet").rename(path)
    source = open_source(path)
    assert source.format is FileFormat.PARQUET
    assert source.columns == ("id", "name", "tags", "n", "d", "t", "b", "nothing")
    found = rows(source)
    assert [row for row, _ in found] == list(range(1, 10_001))
    assert [cells[0] for _, cells in found] == list(range(10_000))
    assert found[41][1][:4] == [41, "A41", ["x", "y"], 1.5]


def test_a_damaged_parquet_file(tmp_path: Path, write: Write) -> None:
    duckdb.execute(f"COPY (SELECT range AS id FROM range(50000)) TO '{tmp_path / 'good.parquet'}'")
    good = (tmp_path / "good.parquet").read_bytes()
    with pytest.raises(InputError, match=r"cut\.parquet: is not readable as Parquet"):
        open_source(write("cut.parquet", good[:-100]))
    damaged = bytearray(good)
    damaged[100:5_000] = b"\xff" * 4_900
    with pytest.raises(InputError, match=r"damaged\.parquet: is not readable as Parquet"):
        rows(open_source(write("damaged.parquet", bytes(damaged))))


# --- what is no file of accounts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"), ("a.csv", b"\xef\xbb\xbf \r\n\n", "the file is empty"), ("a.jsonl", b"\n\n", "the file is empty"),
        ("a.parquet", b"", "the file is empty"), ("a.parquet", b"a,b\n1,2\n", "is not Parquet, though it is named so"),
        ("a.csv", b"PAR1nothing", "is not readable as Parquet"), ("a.csv", b"PK\x03\x04rest", "is a workbook or an archive"),
        ("a.xls", b"\xd0\xcf\x11\xe0rest", "is an old Excel workbook"), ("a.xls", b"<html><table>", "is HTML or XML"),
        ("a.csv", b"%PDF-1.4", "is a PDF"), ("a.dat", b"a,b\n1,2\n", "cannot tell the format by the name"), ("a", b"a,b\n", "cannot tell the format"),
        ("a.csv", bytes(range(32)) * 100, "is not text in UTF-8"), ("a.csv", b'"a,b\n1,2\n', "the header is broken: a quote opens"),
        ("a.csv", b"n\xffme,b\n1,2\n", "the header is broken: is not text"), ("a.csv", b"\n,\n,,\n", "the first row names no columns"),
        ("a.parquet.gz", gzip.compress(b"PAR1", mtime=0), "is gzip-compressed"), ("a.csv.gz", b"\x1f\x8brest", "cannot be read"),
    ],
)  # fmt: skip
def test_one_clear_error(write: Write, name: str, content: bytes, message: str) -> None:
    path = write(name, content)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        open_source(path)
    assert caught.value.place is not None and caught.value.place.file == str(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        open_source(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        open_source(tmp_path)


def test_the_format_may_be_named(write: Write) -> None:
    path = write("export.dat", "a,b\n1,2\n")
    assert rows(open_source(path, format=FileFormat.CSV)) == [(2, ["1", "2"])]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.jsonl", "a.parquet"]))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found: list[Any] = []
    try:
        found = list(open_source(path).records())
    except InputError as error:
        assert error.place is not None
    assert all(isinstance(one, tuple | RejectedRow) for one in found)
