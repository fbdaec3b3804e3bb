"""The files of the six motor insurers: headers, order of columns, delimiter, encoding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ridley.assistant.demo.files import csv_bytes, xlsx_bytes
from ridley.assistant.demo.insurers import MONTHS, Record, feed


@dataclass(frozen=True, slots=True)
class Layout:
    """How an insurer lays out its file. `columns` maps header to field, in the order of the first month.

    An empty `delimiter` is an Excel file with `title` above the header. `second_order` is the order of the fields in
    the second month where it differs: columns move, and a reader that goes by position fails.
    """

    name: str
    columns: Mapping[str, str]
    delimiter: str = ""
    encoding: str = "utf-8"
    title: str = ""
    second_order: tuple[str, ...] = ()


LAYOUTS = {
    "mahanadi": Layout(
        "Mahanadi_Vehicle_Master_{month}.csv",
        {
            "Vehicle Code": "code", "Make": "make", "Model": "model", "Variant": "variant", "Fuel Type": "fuel",
            "Transmission": "transmission", "CC": "cubic_capacity", "Seating Capacity": "seats", "Body": "body_type",
            "Ex-Showroom Price": "price",
        },
        delimiter=",", encoding="utf-8-sig",
    ),
    "kalinga": Layout(
        "KMA-vehicles-{month}.csv",
        {
            "Veh_ID": "code", "Manufacturer": "make", "Model Name": "model", "Model Description": "variant",
            "Fuel": "fuel", "Cubic Capacity": "cubic_capacity", "Seats": "seats", "Price (Rs.)": "price",
        },
        delimiter=";", encoding="cp1252",
        second_order=("code", "fuel", "make", "model", "variant", "seats", "cubic_capacity", "price"),
    ),
    "dhauli": Layout(
        "DUI MMV {month}.txt",
        {
            "MMV_CODE": "code", "MAKE_CD": "make", "MDL": "model", "SUB_MDL": "variant", "FUEL_CD": "fuel",
            "TRANS": "transmission", "CC": "cubic_capacity", "SC": "seats", "ESP": "price",
        },
        delimiter="\t",
    ),
    "chandrabhaga": Layout(
        "Chandrabhaga vehicle list {month}.xlsx",
        {
            "Code": "code", "Vehicle Class": "body_type", "Company": "make", "Vehicle Model": "model",
            "Version": "variant", "Fuel Used": "fuel", "Gear Box": "transmission", "Engine (L)": "cubic_capacity",
            "Seating": "seats", "Showroom Price": "price",
        },
        title="Chandrabhaga General Insurance: vehicles accepted for cover, {month}",
    ),
    "barabati": Layout(
        "barabati_delta_{month}.csv",
        {
            "vehicle_code": "code", "mfr": "make", "model": "model", "vehicle_desc": "variant", "fuel_type": "fuel",
            "gear_type": "transmission", "engine_cc": "cubic_capacity", "no_of_seats": "seats",
            "body_style": "body_type", "list_price": "price",
        },
        delimiter=",",
    ),
    "rushikulya": Layout(
        "RGI_MASTER_{month}.psv",
        {
            "Rate Code": "code", "Brand": "make", "Family": "model", "Description": "variant", "Fuel Desc": "fuel",
            "Engine Capacity": "cubic_capacity", "Carrying Capacity": "seats", "Segment": "body_type", "Value": "price",
        },
        delimiter="|",
    ),
}  # fmt: skip


def file_name(insurer: str, month: str) -> str:
    return LAYOUTS[insurer].name.format(month=month)


def file_bytes(seed: int, insurer: str, month: str) -> bytes:
    """The file that the insurer sends for the month."""
    layout, position = LAYOUTS[insurer], MONTHS.index(month)
    headers = {name: header for header, name in layout.columns.items()}
    fields = layout.second_order if position and layout.second_order else tuple(layout.columns.values())
    records = feed(seed, insurer).months[position]
    rows = [[headers[name] for name in fields], *(_cells(record, fields) for record in records)]
    if layout.delimiter:
        return csv_bytes(rows, delimiter=layout.delimiter, encoding=layout.encoding)
    page: list[list[str | int | None]] = [[layout.title.format(month=month)], [None], list(rows[0])]
    page += [[_typed(name, text) for name, text in zip(fields, row, strict=True)] for row in rows[1:]]
    return xlsx_bytes(page, sheet="Vehicles")


def _cells(record: Record, fields: Sequence[str]) -> list[str]:
    return [record.code if name == "code" else record.cells[name] for name in fields]


def _typed(name: str, text: str) -> str | int:
    """A cell of an Excel sheet: prices and seats are numbers there, codes stay text with their leading zeros."""
    return int(text) if name in ("price", "seats") else text
