"""Real successive versions of real tables, uploaded, decided, applied and undone as people do it: over HTTP.

The true counts are those of the data's README, taken with another tool; ridley/engine/tests/test_real_versions.py holds
the command line to the same.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from ridley.engine.readers import read_table
from tests.world import Client, numbers, run_jobs

CHECKOUT = Path(__file__).resolve().parents[2]
TUS = {"Tus-Resumable": "1.0.0"}
HOSPITALS = "hospitals_cms/Hospital_General_Information_{}.csv"
AIRPORTS = "airports/airports_{}.csv"
MEDICINES = "medicines_ema_xlsx/ema_medicines_{}.xlsx"
MARKETS = "mic/mic_{}.csv"
RENAMED = {"Facility ID": "Provider ID", "Facility Name": "Hospital Name"}


@pytest.fixture(scope="module")
def versions() -> Path:
    shared = Path(os.environ.get("RIDLEY_SHARED", CHECKOUT.parent / "shared"))
    folder = shared / "data" / "versions"
    if not folder.is_dir():
        pytest.fail(
            f"No real data at {folder}; wanted the folder shared beside the checkout, or its path in RIDLEY_SHARED."
        )
    return folder


class Desk:
    """Somebody of the data team at work on one table."""

    def __init__(self, client: Client, first: Path, key: str) -> None:
        self.client = client
        name = f"real-{next(numbers)}"
        fields = [{"name": column, "type": "text"} for column in read_table(first).frame.columns]
        source = self.made("assistant/sources/", {"key": name, "name": name})
        dataset = self.made(
            "assistant/datasets/", {"key": name, "name": name, "fields": fields, "key_fields": [key]}
        )  # fmt: skip
        self.table = self.made("assistant/tables/", {"source_id": source, "dataset_id": dataset})

    def post(self, path: str, body: dict | None = None, *, status: int) -> dict:
        answer = self.client.post(path, body or {}, format="json")
        assert answer.status_code == status, answer.content
        return answer.json()

    def made(self, path: str, body: dict) -> int:
        return int(self.post(path, body, status=201)["id"])

    def upload(self, path: Path) -> int:
        content = path.read_bytes()
        name = base64.b64encode(path.name.encode()).decode()
        headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
        answer = self.client.post(
            "uploads/", content, content_type="application/offset+octet-stream", headers=headers
        )  # fmt: skip
        assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(content)))
        return int(answer["Location"].rstrip("/").rpartition("/")[2])

    def compare(self, path: Path, **options: object) -> dict:
        """A file taken in: its change set, compared."""
        body = {"upload_id": self.upload(path), "options": options}
        accepted = self.post(f"assistant/tables/{self.table}/change-sets/", body, status=202)
        run_jobs()
        assert self.client.get(f"jobs/{accepted['job']['id']}/").json()["state"] == "done"
        return self.change_set(accepted["change_set"]["id"])

    def change_set(self, id: int) -> dict:
        return self.client.get(f"change-sets/{id}/").json()

    def apply(self, found: dict) -> dict:
        at = f"change-sets/{found['id']}/"
        if found["state"] == "held":
            self.post(f"{at}release/", {"comment": "Real."}, status=200)
        whole = found["added"] + found["removed"] + found["changed"]
        self.post(f"{at}decisions/", {"decision": "accepted", "expected": whole}, status=201)
        self.post(f"{at}apply/", status=202)
        run_jobs()
        done = self.change_set(found["id"])
        assert (done["state"], done["applied"], done["conflicts"]) == ("applied", whole, 0)
        return done

    def undo(self, done: dict) -> dict:
        undo = self.post(f"change-sets/{done['id']}/undo/", status=202)["change_set"]
        run_jobs()
        assert self.change_set(done["id"])["state"] == "undone"
        return self.change_set(undo["id"])

    def row_count(self) -> int:
        return int(self.client.get(f"assistant/tables/{self.table}/").json()["row_count"])


def told(found: dict) -> tuple[int, ...]:
    names = ("rows_before", "rows_after", "added", "removed", "changed", "cells")
    return tuple(found[name] for name in names)


def begun(world, path: Path, key: str) -> Desk:
    """A table that holds the first file."""
    desk = Desk(world.client("admin"), path, key)
    first = desk.compare(path)
    assert (first["state"], first["removed"], first["changed"]) == ("open", 0, 0)
    assert desk.apply(first)["applied"] == first["rows_after"] == desk.row_count()
    return desk


def goes_over(desk: Desk, path: Path, expected: tuple[int, ...], **options: object) -> dict:
    """The next file makes exactly these changes, and they can be applied, undone and applied again."""
    found = desk.compare(path, **options)
    assert told(found) == expected
    assert sum(found["columns"].values()) == found["cells"]
    done = desk.apply(found)
    assert desk.row_count() == expected[1]
    back = desk.undo(done)
    assert told(back)[2:] == (expected[3], expected[2], expected[4], expected[5])
    assert (back["applied"], desk.row_count()) == (done["applied"], expected[0])
    again = desk.compare(path, **options)
    assert told(again) == expected
    desk.apply(again)
    return found


def test_markets_change_their_status_and_are_never_removed(world, versions):
    desk = begun(world, versions / MARKETS.format("2024.10.14"), "mic")
    found = goes_over(desk, versions / MARKETS.format("2024.11.12"), (2701, 2713, 12, 0, 55, 120))
    assert found["state"] == "open"
    goes_over(desk, versions / MARKETS.format("2024.12.9"), (2713, 2718, 5, 0, 24, 44))


def test_medicines_below_title_rows_on_the_sheet_that_fits(world, versions):
    desk = begun(world, versions / MEDICINES.format("2018-12-23"), "Product number")
    found = goes_over(desk, versions / MEDICINES.format("2019-11-25"), (1562, 1644, 82, 0, 1562, 8645))
    assert found["state"] == "open"


def test_hospitals_that_went_through_a_spreadsheet_are_held_since_their_keys_coincide(world, versions):
    desk = begun(world, versions / HOSPITALS.format("2017-04"), "Provider ID")
    found = desk.compare(versions / HOSPITALS.format("2018-05"))
    assert told(found) == (4807, 4743, 765, 829, 3882, 28268)
    assert (found["state"], [hold["code"] for hold in found["holds"]]) == ("held", ["removes-much", "keys-coincide"])
    assert (found["holds"][0]["removed"], found["holds"][0]["rows"]) == (829, 4807)
    assert found["holds"][1]["count"] == 728
    answer = desk.client.post(f"change-sets/{found['id']}/apply/", {"rest": "reject"}, format="json")
    assert (answer.status_code, answer.json()["code"], desk.row_count()) == (409, "held", 4807)
    desk.undo(desk.apply(found))
    assert desk.row_count() == 4807


def test_hospitals_whose_headers_were_renamed_are_compared_under_their_old_names(world, versions):
    desk = begun(world, versions / HOSPITALS.format("2018-05"), "Provider ID")
    path = versions / HOSPITALS.format("2020-07")
    found = goes_over(desk, path, (4743, 5326, 1429, 846, 3897, 28279), columns=RENAMED)
    drift = found["report"]["drift"]
    assert drift["renamed"] == RENAMED
    assert drift["unknown"] == ["Meets criteria for promoting interoperability of EHRs", "Location"]
    assert drift["missing"] == ["Meets criteria for meaningful use of EHRs"]
    most = {column for column, cells in found["columns"].items() if cells == max(found["columns"].values())}
    assert (most, found["columns"]["Phone Number"]) == ({"Emergency Services", "Phone Number"}, 3897)
    assert desk.compare(path)["state"] == "equal"  # what was said once of its headers is remembered


@pytest.mark.slow
def test_airports_move_by_a_few_and_then_by_their_coordinates(world, versions):
    desk = begun(world, versions / AIRPORTS.format("20250909"), "icao")
    goes_over(desk, versions / AIRPORTS.format("20260205"), (28270, 28274, 34, 30, 132, 200))
    goes_over(desk, versions / AIRPORTS.format("20260315"), (28274, 28426, 444, 292, 12191, 23009))
