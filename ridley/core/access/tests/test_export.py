"""Lists as CSV and NDJSON."""

import csv
import datetime
import io
import json
from decimal import Decimal

import pytest

from ridley.core.access.export import cell, csv_lines
from ridley.core.tenants.models import Branch


def body(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+91 98765 43210",
        "-cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "-",
        "--1",
        "-1+2",
        "+A1",
        "=1",
        " =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        '"=1"',
        "'=1",
        "''=1",
        "'-1",
        "' \"+A1",
        "\u2018=1",
        "\uff1d1",
        "\uff0bA1",
        "\uff0dA1",
        "\uff20A1",
        "\ufe63A1",
        "-1\n",
        "-1-1",
        "+1(",
        "-1|calc",
        " \t1",
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_gets_a_mark(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "+1.5",
        "-1,234.50",
        "-1.234,50",
        "-1e-9",
        "+5%",
        "-.5",
        " -1 ",
        "1=1",
        "a@b.c",
        "",
        "'",
        "'a",
        "−1",
        "a\n=1",
    ],
)
def test_other_cells_survive_as_they_are(text):
    assert cell(text) == text


def test_values_that_are_no_text_are_written_as_json_writes_them():
    values = [None, True, -3, 1.5, Decimal("-2.5"), datetime.date(2026, 11, 22), ["=1", "b"], {"a": None}]
    assert [cell(value) for value in values] == [
        "", "true", "-3", "1.5", "-2.5", "2026-11-22", '["=1", "b"]', '{"a": null}',
    ]  # fmt: skip


def test_what_csv_must_quote_comes_back_when_it_is_read():
    row = {"name": 'say "hi", then\nleave', "title": "Å; ब"}
    text = b"".join(csv_lines(iter([row]), ["title", "name"])).decode()
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == [row]


def test_a_cell_with_anybody_s_delimiter_is_quoted_so_that_no_cut_makes_a_formula():
    cells = ["a;=1", "b|=1", "c\t=1", "d,=1", "plain", ""]
    text = b"".join(csv_lines(iter([dict(enumerate(cells))]), list(range(6)))).decode()
    assert text == '0,1,2,3,4,5\r\n"a;=1","b|=1","c\t=1","d,=1",plain,\r\n'


def test_names_of_columns_are_marked_too():
    assert b"".join(csv_lines(iter([]), ["=x", "y"])) == b"'=x,y\r\n"


def test_long_exports_come_in_pieces_and_lose_nothing():
    rows = [{"id": number, "text": "x" * 50} for number in range(5000)]
    pieces = list(csv_lines(iter(rows), ["id", "text"]))
    assert len(pieces) > 2
    read = list(csv.DictReader(io.StringIO(b"".join(pieces).decode(), newline="")))
    assert [int(row["id"]) for row in read] == list(range(5000))


def test_a_list_without_rows_still_has_its_header(world):
    admin = world.client("admin")
    assert body(admin.get("branches/?format=csv")) == (
        "id,key,title,parent_id,version,created_at,updated_at,archived_at\r\n"
    )
    assert body(admin.get("branches/?format=ndjson")) == ""


def test_an_export_holds_what_the_list_holds_with_its_filters_in_its_order(world):
    admin = world.client("admin")
    top = admin.post("branches/", {"key": "top", "title": "=Top"}).json()["id"]
    for key in ("b", "a"):
        admin.post("branches/", {"key": key, "title": key, "parent_id": top})
    listed = admin.get(f"branches/?parent={top}").json()["items"]
    response = admin.get(f"branches/?parent={top}&format=ndjson")
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Content-Disposition"] == 'attachment; filename="branches.ndjson"'
    assert [json.loads(line) for line in body(response).splitlines()] == listed
    assert [item["key"] for item in listed] == ["b", "a"]
    response = admin.get("branches/?format=csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert [row["title"] for row in csv.DictReader(io.StringIO(body(response)))] == ["'=Top", "b", "a"]


def test_an_export_opens_its_own_scope_and_leaves_no_pin(world, other):
    world.client("admin").post("branches/", {"key": "ours", "title": "Ours"})
    other.client("admin").post("branches/", {"key": "theirs", "title": "Theirs"})
    response = world.client("member").get("branches/?format=csv")
    assert Branch.objects.count() == 0
    assert [row["key"] for row in csv.DictReader(io.StringIO(body(response)))] == ["ours"]
    assert Branch.objects.count() == 0


def test_another_format_is_refused(world):
    refused = world.client("admin").get("branches/?format=xlsx")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-format")
    assert refused["Content-Type"] == "application/problem+json"
