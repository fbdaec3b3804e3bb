from __future__ import annotations

import codecs

import pytest

from ridley.engine.errors import BadFile, BadOption, OverBudget
from ridley.engine.readers import Budget, Problem, ReadReport, read_table
from ridley.engine.readers.encoding import Facts, open_source

TEXT = "id,name\n1,Zoë\n2,naïve\n"
ROWS = [("1", "Zoë"), ("2", "naïve")]


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (TEXT.encode(), "utf-8", False),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8", True),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le", True),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be", True),
        (TEXT.encode("utf-16-le"), "utf-16-le", False),
        (TEXT.encode("utf-16-be"), "utf-16-be", False),
        (TEXT.encode("cp1252"), "cp1252", False),
    ],
)
def test_the_encoding_is_found_and_the_text_is_the_same(write, data, encoding, bom):
    table = read_table(write(data))

    assert table.frame.rows() == ROWS
    assert table.frame.columns == ["id", "name"]
    assert (table.report.encoding, table.report.bom) == (encoding, bom)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_facts_do_not_depend_on_how_the_file_is_cut_in_chunks(write, monkeypatch, size):
    monkeypatch.setattr("ridley.engine.readers.encoding._CHUNK", size)

    facts = open_source(write('a,"é"\r\n1\r2,\0\r\n')).facts
    assert facts == Facts(size=15, quotes=2, returns=3, lone_returns=1, nuls=1)


def test_a_given_encoding_is_used(write):
    table = read_table(write("id,name\n1,Łódź\n", encoding="iso8859-2"), encoding="latin2")

    assert table.frame.rows() == [("1", "Łódź")]
    assert table.report.encoding == "iso8859-2"


def test_bytes_that_are_not_valid_in_the_encoding_are_refused_with_their_place(write):
    with pytest.raises(BadFile, match="byte 0x81 at offset 5"):
        read_table(write(b"id\n1\n\x81\n"))
    with pytest.raises(BadOption, match="0xEB at offset 12, which is not valid utf-8"):
        read_table(write(TEXT.encode("cp1252")[:13] + b"\n"), encoding="utf-8")
    with pytest.raises(BadOption, match="klingon"):
        read_table(write(TEXT), encoding="klingon")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(write, delimiter):
    rows = [["code", "name", "price"], ["a", "x, y", "1"], ["b", "z", "2"]]
    lines = [delimiter.join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows]
    table = read_table(write("\n".join(lines) + "\n"))

    assert table.report.delimiter == delimiter
    assert table.frame.rows() == [("a", "x, y", "1"), ("b", "z", "2")]


def test_decimal_commas_are_not_the_delimiter(write):
    table = read_table(write("low;mid;high\n" + "".join(f"1,{n};2,{n};3,{n}\n" for n in range(50))))

    assert table.report.delimiter == ";"
    assert table.frame.row(7) == ("1,7", "2,7", "3,7")


def test_a_given_delimiter_is_used_and_a_bad_one_refused(write):
    path = write("a:b,c\n1:2,3\n")

    assert read_table(path, delimiter=":").frame.rows() == [("1", "2,3")]
    with pytest.raises(BadOption, match="wanted one character"):
        read_table(path, delimiter="::")


def test_title_rows_above_the_header_are_passed_over(write):
    table = read_table(write("Prices of March,,\n,,\ncode,name,price\na,x,1\nb,y,2\n"))

    assert table.report.header_row == 3
    assert table.frame.columns == ["code", "name", "price"]
    assert table.frame.rows() == [("a", "x", "1"), ("b", "y", "2")]


def test_the_header_row_can_be_told(write):
    path = write("code,name\na,x\nb,y\n")

    assert read_table(path, header_row=2).frame.columns == ["a", "x"]
    with pytest.raises(BadOption, match="header row 9; the file has 3 lines"):
        read_table(path, header_row=9)


def test_nothing_is_trimmed_or_retyped(write):
    table = read_table(write('id,value\n 007 ,1.50\n"",TRUE\n0x1,  \n'))

    assert table.frame.rows() == [(" 007 ", "1.50"), ("", "TRUE"), ("0x1", "  ")]
    assert table.frame.null_count().row(0) == (0, 0)


def test_quoted_cells_keep_delimiters_quotes_and_line_ends(write):
    table = read_table(write('id,text\r\n1,"a, b"\r\n2,"say ""hi"""\r\n3,"two\r\nlines"\r\n4,"one\nmore"\r\n'))

    assert table.frame["text"].to_list() == ["a, b", 'say "hi"', "two\r\nlines", "one\nmore"]
    assert table.report.problems == []


def test_short_and_long_rows_are_named_and_left_out(write):
    table = read_table(write("a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n10,11,12\n"))

    assert table.frame.rows() == [("1", "2", "3"), ("10", "11", "12")]
    assert table.report.problems == [
        Problem("short-row", 3, None, "Row 3 has 2 cells; the header has 3.", ["4", "5"]),
        Problem("long-row", 4, None, "Row 4 has 4 cells; the header has 3.", ["6", "7", "8", "9"]),
    ]
    assert (table.report.unreadable_rows, table.report.blank_rows) == (2, 1)
    assert table.report.skipped == [[3, 5]]
    assert [table.report.file_row(index) for index in (0, 1)] == [2, 6]


def test_broken_quotes_are_named_and_left_out(write):
    table = read_table(write('a,b\n"x"y,1\nz,2\n"open,3\nw,4\n'))

    assert table.frame.rows() == [("z", "2")]
    assert [(problem.type, problem.row) for problem in table.report.problems] == [("stray-quote", 2), ("open-quote", 4)]
    assert table.report.unreadable_rows == 2


def test_only_the_first_hundred_of_a_kind_are_kept_and_all_are_counted(write):
    table = read_table(write("a,b\n1,2\n" + "short\n" * 250 + "3,4\n", "t.csv"), delimiter=",", header_row=1)

    assert len(table.report.problems) == 100
    assert table.report.problem_counts == {"short-row": 250}
    assert table.report.skipped == [[3, 252]]
    assert table.report.file_row(1) == 253


def test_blank_rows_are_skipped_and_counted(write):
    table = read_table(write("a,b\n1,2\n,\n3,4\n\n\n"))

    assert table.frame.rows() == [("1", "2"), ("3", "4")]
    assert table.report.blank_rows == 3
    assert table.report.skipped == [[3, 3], [5, 6]]


def test_empty_and_repeated_names_are_named_and_made_distinct(write):
    table = read_table(write("a,,a,b\n1,2,3,4\n"))

    assert table.frame.columns == ["a", "column 2", "a (column 3)", "b"]
    assert [(problem.type, problem.field, problem.value) for problem in table.report.problems] == [
        ("empty-header", "column 2", ""),
        ("duplicate-header", "a (column 3)", "a"),
    ]
    assert table.report.unreadable_rows == 0


def test_a_made_up_name_never_takes_a_real_one(write):
    assert read_table(write("column 2,,x\n1,2,3\n")).frame.columns == ["column 2", "column 2_", "x"]


def test_a_nul_character_is_named_and_kept(write):
    table = read_table(write(b"a,b\n1,x\0y\n"))

    assert table.frame.rows() == [("1", "x\0y")]
    assert [(problem.type, problem.row, problem.field) for problem in table.report.problems] == [("nul", 2, "b")]


def test_a_lone_carriage_return_ends_a_line(write):
    assert read_table(write("a,b\r1,2\r3,4\r")).frame.rows() == [("1", "2"), ("3", "4")]


def test_a_header_alone_is_a_table_without_rows(write):
    for text in ("a,b", "a,b\n", "a,b\r\n\r\n"):
        table = read_table(write(text))
        assert (table.frame.columns, table.frame.height) == (["a", "b"], 0)


def test_a_file_without_text_is_refused(write):
    with pytest.raises(BadFile, match="is empty"):
        read_table(write(b""))
    with pytest.raises(BadFile, match="no text in any cell"):
        read_table(write(",,\n,,\n"))
    with pytest.raises(BadFile, match="cannot be opened"):
        read_table("no such file.csv")


@pytest.mark.parametrize(
    ("start", "what"),
    [(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file"), (b"%PDF-1.7", "a PDF"), (b"\x1f\x8b\x08", "a gzip")],
)
def test_a_file_of_another_kind_is_refused_by_its_content(write, start, what):
    with pytest.raises(BadFile, match=what):
        read_table(write(start + b"1,2\n"))


@pytest.mark.parametrize(
    ("budget", "resource"),
    [
        (Budget(bytes=10), "bytes"),
        (Budget(rows=2), "rows"),
        (Budget(columns=1), "columns"),
        (Budget(cells=5), "cells"),
    ],
)
def test_each_budget_stops_the_reader(write, budget, resource):
    for text in ("a,b\n1,2\n3,4\n5,6\n", "a,b\n1,2\n3,4\n5,6\nshort\n"):
        with pytest.raises(OverBudget) as refusal:
            read_table(write(text), budget=budget)
        assert refusal.value.details["resource"] == resource


def test_a_report_survives_json(write):
    report = read_table(write("a,,c\n1,2\n1,2,3\n")).report

    assert ReadReport.from_dict(report.to_dict()) == report
    assert len(report.problems) == 2
