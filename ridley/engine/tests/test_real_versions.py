"""The command's counts on real files, held against the true counts that were taken with another tool."""

from __future__ import annotations

import argparse
import json

import pytest

from ridley.engine.diff.command import add_arguments, run

HOSPITALS = "hospitals_cms/Hospital_General_Information_{}.csv"
AIRPORTS = "airports/airports_{}.csv"
MEDICINES = "medicines_ema_xlsx/ema_medicines_{}.xlsx"
MARKETS = "mic/mic_{}.csv"

# The flag on EHRs got another name and another meaning; the hospital's name only another name.
RENAMED = ("--key", "Provider ID=Facility ID", "--rename", "Hospital Name=Facility Name")

# files, flags, then rows before and after, added, removed, changed rows, changed cells
SETS = [
    (HOSPITALS, "2017-04", "2018-05", ("--key", "Provider ID"), (4807, 4743, 765, 829, 3882, 28268)),
    (HOSPITALS, "2018-05", "2020-07", RENAMED, (4743, 5326, 1429, 846, 3897, 28279)),
    (AIRPORTS, "20250909", "20260205", ("--key", "icao"), (28270, 28274, 34, 30, 132, 200)),
    (AIRPORTS, "20260205", "20260315", ("--key", "icao"), (28274, 28426, 444, 292, 12191, 23009)),
    (MEDICINES, "2018-12-23", "2019-11-25", ("--key", "Product number"), (1562, 1644, 82, 0, 1562, 8645)),
    (MARKETS, "2024.10.14", "2024.11.12", ("--key", "mic"), (2701, 2713, 12, 0, 55, 120)),
    (MARKETS, "2024.11.12", "2024.12.9", ("--key", "mic"), (2713, 2718, 5, 0, 24, 44)),
]


def counts(capsys, *arguments: object) -> dict:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args([str(argument) for argument in (*arguments, "--json")])) == 1
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("files", "old", "new", "flags", "expected"), SETS)
def test_the_counts_are_the_true_ones(versions, capsys, files, old, new, flags, expected):
    found = counts(capsys, versions / files.format(old), versions / files.format(new), *flags)

    names = ("rows_before", "rows_after", "added", "removed", "changed_rows", "changed_cells")
    assert tuple(found[name] for name in names) == expected
    assert sum(found["columns"].values()) == found["changed_cells"]


def test_renamed_columns_are_named_and_the_most_changed_come_first(versions, capsys):
    old, new = versions / HOSPITALS.format("2018-05"), versions / HOSPITALS.format("2020-07")
    found = counts(capsys, old, new, *RENAMED)

    assert found["columns_added"] == ["Meets criteria for promoting interoperability of EHRs", "Location"]
    assert found["columns_removed"] == ["Meets criteria for meaningful use of EHRs"]
    assert list(found["columns"].items())[:2] == [("Emergency Services", 3897), ("Phone Number", 3897)]


def test_without_a_key_a_changed_row_is_one_removed_and_one_added(versions, capsys):
    old, new = versions / AIRPORTS.format("20250909"), versions / AIRPORTS.format("20260205")
    found = counts(capsys, old, new)

    assert (found["added"], found["removed"]) == (34 + 132, 30 + 132)
    assert found["changed_rows"] == 0


def test_the_first_sheet_of_2019_is_another_table_and_can_be_asked_for(versions, capsys):
    old, new = versions / MEDICINES.format("2018-12-23"), versions / MEDICINES.format("2019-11-25")
    found = counts(capsys, old, new, "--sheet-new", "Sheet1")

    assert found["columns_added"] == ["Column1", "year", "indication"]
    assert (found["rows_before"], found["rows_after"]) == (1562, 1644)
