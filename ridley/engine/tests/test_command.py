from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys

import pytest

from ridley.engine.diff.command import add_arguments, run

OLD = "id,name,price\n1,Anna,10\n2,Ben,20\n3,Cem,30\n"
NEW = "id,name,price\n1,Anna,11\n3,Çem,31\n4,Dia,40\n"


def parse(*arguments: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ridley diff")
    add_arguments(parser)
    return parser.parse_args([str(argument) for argument in arguments])


@pytest.fixture
def files(write):
    return write(OLD, "old.csv"), write(NEW, "new.csv")


def test_json_is_one_object_with_the_counts(files, capsys):
    assert run(parse(*files, "--key", "id", "--json")) == 1
    assert json.loads(capsys.readouterr().out) == {
        "rows_before": 3,
        "rows_after": 3,
        "added": 1,
        "removed": 1,
        "changed_rows": 2,
        "changed_cells": 3,
        "columns": {"price": 2, "name": 1},
        "columns_added": [],
        "columns_removed": [],
    }


def test_the_summary_tells_counts_columns_and_examples(files, capsys):
    assert run(parse(*files, "--key", "id")) == 1
    old, new = files
    assert capsys.readouterr().out.splitlines() == [
        f"{old}: 3 rows",
        f"{new}: 3 rows",
        "1 added, 1 removed, 2 changed (3 cells)",
        "",
        "Most changed columns",
        "  price: 2 cells",
        '    1: "10" -> "11"',
        '    3: "30" -> "31"',
        "  name: 1 cells",
        '    3: "Cem" -> "Çem"',
        "",
        "Added",
        "  4",
        "",
        "Removed",
        "  2",
    ]


def test_csv_has_a_line_per_changed_cell_and_per_added_or_removed_row(files, capsys):
    assert run(parse(*files, "--key", "id", "--csv")) == 1
    assert capsys.readouterr().out.splitlines() == [
        "kind,id,column,old,new",
        "changed,1,price,10,11",
        "changed,3,name,Cem,Çem",
        "changed,3,price,30,31",
        "added,4,,,",
        "removed,2,,,",
    ]


def test_without_a_key_rows_are_compared_whole(write, capsys):
    old, new = write("a,b\n1,2\n1,2\n3,4\n", "old.csv"), write("b,a\n2,1\n5,6\n", "new.csv")

    assert run(parse(old, new, "--csv")) == 1
    assert capsys.readouterr().out.splitlines() == ["kind,a,b", "added,6,5", "removed,1,2", "removed,3,4"]
    assert run(parse(old, new)) == 1
    assert "1 added, 2 removed\n" in capsys.readouterr().out


def test_equal_files_exit_with_0_whatever_the_order(write, capsys):
    old, new = write(OLD, "old.csv"), write("price;id;name\n30;3;Cem\n10;1;Anna\n20;2;Ben\n", "new.csv")

    for key in (["--key", "id"], []):
        assert run(parse(old, new, *key)) == 0
        assert "No difference." in capsys.readouterr().out
    assert run(parse(old, new, "--json")) == 0
    assert json.loads(capsys.readouterr().out)["changed_cells"] == 0


def test_ignored_columns_do_not_count(files, capsys):
    assert run(parse(*files, "--key", "id", "--ignore", "price", "--json")) == 1
    assert json.loads(capsys.readouterr().out)["columns"] == {"name": 1}
    assert run(parse(*files, "--key", "id", "--ignore", "cost")) == 2


def test_a_key_of_several_columns(write, capsys):
    old, new = write("a,b,c\n1,1,x\n1,2,x\n", "old.csv"), write("a,b,c\n1,2,y\n1,1,x\n", "new.csv")

    assert run(parse(old, new, "--key", "a", "--key", "b", "--csv")) == 1
    assert capsys.readouterr().out.splitlines() == ["kind,a,b,column,old,new", "changed,1,2,c,x,y"]


def test_renamed_columns_can_be_paired(write, capsys):
    old = write("Provider ID,Hospital=Name,x\n1,A,1\n", "old.csv")
    new = write("Facility ID,Facility Name,x\n1,B,1\n", "new.csv")
    key = ("--key", "Provider ID=Facility ID")

    assert run(parse(old, new, *key, "--rename", "Hospital=Name=Facility Name", "--json")) == 1
    assert json.loads(capsys.readouterr().out)["columns"] == {"Facility Name": 1}
    assert run(parse(old, new, *key, "--json")) == 1
    unpaired = json.loads(capsys.readouterr().out)
    assert (unpaired["columns_added"], unpaired["columns_removed"]) == (["Facility Name"], ["Hospital=Name"])
    assert run(parse(old, new, *key, "--rename", "nothing=x")) == 2
    assert "wanted OLD=NEW" in capsys.readouterr().err
    assert run(parse(old, new, *key, "--rename", "Hospital=Name=x")) == 2
    assert "has both 'Hospital=Name' and 'x'" in capsys.readouterr().err


def test_uneven_rows_are_trouble_and_named(write, capsys):
    old, new = write(OLD, "old.csv"), write("id,name,price\n1,Anna\n2,Ben,20,5\n", "new.csv")

    assert run(parse(old, new, "--key", "id", "--json")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "new.csv: 2 rows cannot be read:" in err
    assert "  Row 2 has 2 cells; the header has 3. ['1', 'Anna']" in err
    assert "  Row 3 has 4 cells; the header has 3. ['2', 'Ben', '20', '5']" in err


def test_doubled_keys_are_trouble_and_named_by_the_file_s_rows(write, capsys):
    old, new = write(OLD, "old.csv"), write("id,name,price\n\n1,Anna,1\n\n1,Ann,1\n", "new.csv")

    assert run(parse(old, new, "--key", "id")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "new.csv: 1 rows repeat the key of an earlier row:" in err
    assert "  Row 5 has the same id as row 3: '1'." in err


def test_an_absent_key_and_an_absent_file_are_trouble(files, capsys):
    assert run(parse(*files, "--key", "code")) == 2
    assert "old.csv has no column 'code'; it has id, name, price" in capsys.readouterr().err
    assert run(parse("nowhere.csv", files[1], "--key", "id")) == 2
    assert "nowhere.csv cannot be opened" in capsys.readouterr().err


def test_what_the_reader_found_odd_is_told_on_stderr(write, capsys):
    old = write("Prices of March,,\nid,name,name\n1,a,b\n", "old.csv")

    assert run(parse(old, old, "--key", "id")) == 0
    err = capsys.readouterr().err
    assert "the names of the columns are in row 2." in err
    assert "Column 3 is called 'name' like an earlier column" in err


def test_a_header_row_and_an_encoding_can_be_told(write, capsys):
    old = write("id,name\n1,Łódź\n", "old.csv", "iso8859-2")
    new = write("note,x\nid,name\n1,Łódź\n", "new.csv")

    assert run(parse(old, new, "--key", "id", "--encoding-old", "latin2", "--header-row-new", "2")) == 0
    assert "No difference." in capsys.readouterr().out


def test_control_characters_in_cells_do_not_reach_the_terminal(write, capsys):
    old, new = write("id,x\n1,a\n", "old.csv"), write("id,x\n1,\x1b[2Jb\n", "new.csv")

    assert run(parse(old, new, "--key", "id")) == 1
    assert '"a" -> "\\x1b[2Jb"' in capsys.readouterr().out


def test_progress_is_shown_only_on_a_terminal(files, monkeypatch, capsys):
    assert run(parse(*files, "--key", "id")) == 1
    assert capsys.readouterr().err == ""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run(parse(*files, "--key", "id")) == 1
    assert "Comparing" in terminal.getvalue()


def test_the_engine_starts_without_polars_and_never_loads_django():
    script = (
        "import sys, ridley.engine, ridley.engine.diff.command, ridley.engine.readers, ridley.engine.diff;"
        "print(sorted({'polars', 'django', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
