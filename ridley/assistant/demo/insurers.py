"""What six motor insurers send in two months, made from the catalogue, with the truth of which record is which."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from ridley.assistant.demo.catalogue import Variant, catalogue
from ridley.assistant.demo.chance import Chance
from ridley.assistant.demo.styles import STYLES, grouped
from ridley.assistant.demo.writing import Style, remaining, written

MONTHS = ("2026-09", "2026-10")
SEED = 2026


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rows an insurer sends, how its codes look, and what it changes in the second month.

    `gone_make` leaves with all its rows; `reformatted` is the field that is written another way from then on.
    """

    with_mate: int
    without_mate: int
    code: str
    added: int
    removed: int
    repriced: int
    renamed: int
    reformatted: str = ""
    reformat: Callable[[str], str] = str
    gone_make: str = ""
    deltas: bool = False

    @property
    def first_rows(self) -> int:
        return self.with_mate + self.without_mate


@dataclass(frozen=True, slots=True)
class Record:
    """One row of an insurer: its code, its cells by field, and the master's code for the same vehicle or None."""

    code: str
    cells: Mapping[str, str]
    mate: str | None
    variant: Variant = field(repr=False)


@dataclass(frozen=True, slots=True)
class Feed:
    """The two files of one insurer, and the codes that each kind of change of the second month touched."""

    months: tuple[tuple[Record, ...], tuple[Record, ...]]
    touched: Mapping[str, frozenset[str]]


PLANS = {
    "mahanadi": Plan(1880, 320, "MGI{:06d}", added=12, removed=8, repriced=25, renamed=6),
    "kalinga": Plan(
        1360, 240, "{:07d}", added=45, removed=30, repriced=140, renamed=40,
        reformatted="cubic_capacity", reformat=lambda text: text.removesuffix(" CC"),
    ),
    "dhauli": Plan(
        1150, 250, "DU-{:05d}-X", added=40, removed=25, repriced=90, renamed=30,
        reformatted="price", reformat=lambda text: grouped(int(text)),
    ),
    "chandrabhaga": Plan(
        960, 190, "{:06d}", added=30, removed=20, repriced=80, renamed=25,
        reformatted="fuel", reformat={"Petrol": "PETROL (MS)", "Diesel": "DIESEL (HSD)", "Petrol+CNG": "CNG (FITTED)",
                                      "Petrol/Hybrid": "HYBRID", "Battery": "ELECTRIC (EV)"}.__getitem__,
    ),
    "barabati": Plan(
        780, 170, "BB{:05d}", added=60, removed=0, repriced=70, renamed=30,
        reformatted="cubic_capacity", reformat=lambda text: f"{text}cc", deltas=True,
    ),
    "rushikulya": Plan(
        630, 130, "RKG/{:05d}", added=25, removed=40, repriced=50, renamed=20,
        reformatted="seats", reformat=lambda text: f"{int(text) - 1}+1", gone_make="Ford",
    ),
}  # fmt: skip


@cache
def feed(seed: int, insurer: str) -> Feed:
    """The two months of one insurer. Codes are unique, and no two rows of a month are alike but for code and price."""
    plan, style, chance = PLANS[insurer], STYLES[insurer], Chance(seed, insurer)
    records = _records(seed, plan, style, chance)
    first, fresh = sorted(records[: plan.first_rows], key=lambda record: record.code), records[plan.first_rows :]
    return _second_month(first, fresh, plan, style, chance)


def truth(seed: int = SEED) -> dict[str, dict[str, dict[str, str | None]]]:
    """By insurer and month, for every code in that month's file, the code of its mate in the master or None."""
    return {
        insurer: {
            month: {record.code: record.mate for record in records}
            for month, records in zip(MONTHS, feed(seed, insurer).months, strict=True)
        }
        for insurer in PLANS
    }


def _records(seed: int, plan: Plan, style: Style, chance: Chance) -> list[Record]:
    """The rows of the first month, then those that the second adds, each part with its share of rows without a mate."""
    everything = catalogue(seed)
    fresh_without = plan.added * plan.without_mate // plan.first_rows
    mates = chance.shuffled(everything.master)
    strangers = chance.shuffled(everything.unlisted)
    left = Counter(remaining(variant, style) for variant in everything.everything())
    seen: set[tuple[str, ...]] = set()
    records: list[Record] = []
    number = 100
    for source, count in (
        (mates, plan.with_mate), (strangers, plan.without_mate),
        (mates, plan.added - fresh_without), (strangers, fresh_without),
    ):  # fmt: skip
        wanted = len(records) + count
        while len(records) < wanted:
            variant = source.pop()
            if len(records) >= plan.first_rows and variant.make == plan.gone_make:
                continue
            cells = written(variant, style, chance, may_drop=left[remaining(variant, style)] == 1)
            alike = tuple(text.lower() for name, text in cells.items() if name != "price")
            if alike in seen:
                continue
            seen.add(alike)
            number += 1 + int(chance.between(0, 7))
            records.append(Record(plan.code.format(number), cells, variant.code or None, variant))
    return _recoded(records, plan, chance)


def _recoded(records: list[Record], plan: Plan, chance: Chance) -> list[Record]:
    """The same records, with the codes of the first month in an order that does not tell who has a mate."""
    codes = [record.code for record in records]
    codes[: plan.first_rows] = chance.shuffled(codes[: plan.first_rows])
    return [replace(record, code=code) for record, code in zip(records, codes, strict=True)]


def _second_month(first: list[Record], fresh: list[Record], plan: Plan, style: Style, chance: Chance) -> Feed:
    gone = {record.code for record in first if record.variant.make == plan.gone_make}
    makes = Counter(record.cells["make"] for record in first)
    removable = [record.code for record in first if record.code not in gone and makes[record.cells["make"]] > 40]
    removed = gone | set(chance.sample(removable, plan.removed))
    stay = [record.code for record in first if record.code not in removed]
    repriced = set(chance.sample(stay, plan.repriced))
    renamed = set(chance.sample([code for code in stay if code not in repriced], plan.renamed))
    second = []
    for record in first:
        if record.code in removed:
            continue
        if record.code in repriced:
            record = _with(record, price=_new_price(record, style, chance))
        if record.code in renamed:
            record = _with(record, variant=_new_name(record, style, chance))
        if not plan.deltas or record.code in repriced | renamed:
            second.append(record)
    second = [_reformatted(record, plan) for record in second + fresh]
    touched = {"added": {record.code for record in fresh}, "removed": removed, "repriced": repriced, "renamed": renamed}
    return Feed((tuple(first), tuple(second)), {kind: frozenset(codes) for kind, codes in touched.items()})


def _with(record: Record, **cells: str) -> Record:
    return replace(record, cells={**record.cells, **cells})


def _reformatted(record: Record, plan: Plan) -> Record:
    if not plan.reformatted:
        return record
    return _with(record, **{plan.reformatted: plan.reformat(record.cells[plan.reformatted])})


def _new_price(record: Record, style: Style, chance: Chance) -> str:
    """A price 1 to 6 % higher, in whole hundreds."""
    return style.price(int(float(record.cells["price"]) * chance.between(1.01, 1.06) / 100) * 100 + 100)


def _new_name(record: Record, style: Style, chance: Chance) -> str:
    """The variant as another typist would write it, nothing dropped; with a model year if it would stay the same."""
    for _ in range(8):
        name = written(record.variant, style, chance, may_drop=False)["variant"]
        if name != record.cells["variant"]:
            return name
    return f"{record.cells['variant']} MY26"
