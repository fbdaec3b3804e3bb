from __future__ import annotations

import datetime
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ridley.engine.errors import BadFile, BadOption, OverBudget
from ridley.engine.readers import Budget, Problem, read_table

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def save(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook with these sheets, written by openpyxl."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def with_sheet(path: Path, xml: str, extra: dict[str, bytes] | None = None) -> Path:
    """The smallest workbook, with this XML as its only sheet."""
    save(path, One=[["a"]])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = xml.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (members | (extra or {})).items():
            archive.writestr(name, data)
    return path


def test_each_type_of_cell_has_its_text(tmp_path):
    header = ["whole", "decimal", "large", "day", "moment", "time", "duration", "yes", "text", "none"]
    row = [
        32.0,
        0.1,
        4599418678,
        datetime.date(2019, 11, 13),
        datetime.datetime(2019, 11, 13, 23, 0, 5),
        datetime.time(14, 40),
        datetime.timedelta(hours=26, minutes=3),
        True,
        " 007 ",
        None,
    ]
    table = read_table(save(tmp_path / "t.xlsx", One=[header, row, ["x", *[None] * 9]]))

    assert table.frame.row(0) == (
        "32",
        "0.1",
        "4599418678",
        "2019-11-13",
        "2019-11-13T23:00:05",
        "14:40:00",
        "26:03:00",
        "true",
        " 007 ",
        "",
    )
    assert table.frame.null_count().sum_horizontal().item() == 0
    assert (table.report.format, table.report.encoding, table.report.delimiter) == ("xlsx", None, None)


def test_the_fullest_visible_sheet_is_read_and_all_are_named(tmp_path):
    path = save(
        tmp_path / "t.xlsx",
        Notes=[["note"], ["x"]],
        Data=[["id", "name"], ["1", "a"], ["2", "b"]],
        Large=[["id", "name"], *[["1", "a"]] * 9],
    )
    book = openpyxl.load_workbook(path)
    book["Large"].sheet_state = "hidden"
    book.save(path)

    table = read_table(path)
    assert (table.report.sheet, table.report.sheets) == ("Data", ["Notes", "Data", "Large"])
    assert read_table(path, sheet="Notes").frame.rows() == [("x",)]
    assert read_table(path, sheet="Large").frame.height == 9
    with pytest.raises(BadOption, match="Got the sheet 'Date'"):
        read_table(path, sheet="Date")


def test_title_rows_and_blank_rows_keep_the_sheet_s_row_numbers(tmp_path):
    rows = [["Output of March"], [], ["id", "name", "price"], ["1", "a", 2], [], ["2", "b", 3]]
    table = read_table(save(tmp_path / "t.xlsx", One=rows))

    assert table.report.header_row == 3
    assert table.frame.rows() == [("1", "a", "2"), ("2", "b", "3")]
    assert (table.report.blank_rows, table.report.file_row(1)) == (1, 6)


def test_a_table_that_starts_below_and_to_the_right_is_found(tmp_path):
    rows = [[], [], [None, None, "id", "name"], [None, None, "1", "a"]]
    table = read_table(save(tmp_path / "t.xlsx", One=rows))

    assert (table.frame.columns, table.frame.rows(), table.report.header_row) == (["id", "name"], [("1", "a")], 3)
    assert read_table(tmp_path / "t.xlsx", header_row=3).frame.rows() == [("1", "a")]
    with pytest.raises(BadOption, match="header row 1, which is blank"):
        read_table(tmp_path / "t.xlsx", header_row=1)


def test_text_beyond_the_header_is_a_long_row(tmp_path):
    rows = [["id", "name"], ["1", "a"], ["2", "b", None, "aside"], ["3"]]
    table = read_table(save(tmp_path / "t.xlsx", One=rows))

    assert table.frame.rows() == [("1", "a"), ("3", "")]
    assert table.report.problems == [
        Problem("long-row", 3, None, "Row 3 has text to the right of the header's 2 columns.", ["2", "b", "", "aside"])
    ]


def test_an_error_in_a_cell_is_named(tmp_path):
    rows = "".join(
        (
            '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c>',
            '<c r="B1" t="inlineStr"><is><t>x</t></is></c></row>',
            '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>',
            '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><v>5</v></c></row>',
        )
    )
    table = read_table(with_sheet(tmp_path / "t.xlsx", SHEET.format(rows)))

    assert table.frame.rows() == [("1", ""), ("2", "5")]
    assert [(problem.type, problem.row, problem.field) for problem in table.report.problems] == [("error-cell", 2, "x")]
    assert "#DIV/0!" in table.report.problems[0].message


@pytest.mark.parametrize(
    "cell",
    [
        '<row r="1"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c t='n' r='xfd1048576'><v>1</v></c></row>",
        '<row r="1"><c r="&#88;FD1048576"><v>1</v></c></row>',
        "<row>" + "<c><v>1</v></c>" * 1_001 + "</row>",
    ],
)
def test_a_far_cell_is_refused_before_the_workbook_is_opened(tmp_path, monkeypatch, cell):
    path = with_sheet(tmp_path / "t.xlsx", SHEET.format(cell))
    assert path.stat().st_size < 6_000
    monkeypatch.setattr("python_calamine.CalamineWorkbook", None)

    with pytest.raises(OverBudget, match="at most"):
        read_table(path)


def test_a_sheet_s_own_word_on_its_size_counts_for_nothing(tmp_path):
    xml = SHEET.format('<row r="1"><c r="A1"><v>7</v></c></row><row r="2"><c r="A2"><v>8</v></c></row>')
    lying = xml.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')

    assert read_table(with_sheet(tmp_path / "t.xlsx", lying)).frame.rows() == [("8",)]


def test_a_workbook_that_unpacks_too_large_is_refused(tmp_path):
    path = with_sheet(tmp_path / "t.xlsx", SHEET.format(""), {"xl/media/image1.png": bytes(30_000_000)})
    assert path.stat().st_size < 60_000

    with pytest.raises(OverBudget, match="unpacked bytes; at most 20,000,000"):
        read_table(path, budget=Budget(unpacked_bytes=20_000_000))


@pytest.mark.parametrize(("budget", "resource"), [(Budget(rows=3), "rows"), (Budget(columns=1), "columns")])
def test_rows_and_columns_are_held_to_the_budget(tmp_path, budget, resource):
    path = save(tmp_path / "t.xlsx", One=[["id", "name"]] * 4)

    with pytest.raises(OverBudget) as refusal:
        read_table(path, budget=budget)
    assert refusal.value.details["resource"] == resource


def test_a_document_type_is_refused(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + SHEET.format('<row r="1"><c r="A1"><v>&a;</v></c></row>')

    with pytest.raises(BadFile, match="declares a document type"):
        read_table(with_sheet(tmp_path / "t.xlsx", bomb))


def test_a_damaged_or_foreign_archive_is_refused(tmp_path, write):
    whole = save(tmp_path / "t.xlsx", One=[["a"], ["b"]]).read_bytes()
    with pytest.raises(BadFile, match="damaged"):
        read_table(write(whole[: len(whole) // 2], "half.xlsx"))
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(BadFile, match="without a workbook"):
        read_table(tmp_path / "other.zip")


def test_two_members_of_one_name_are_refused(tmp_path):
    path = save(tmp_path / "t.xlsx", One=[["a"], ["b"]])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/SHEET1.xml", SHEET.format(""))

    with pytest.raises(BadFile, match="two members of the same name"):
        read_table(path)
