"""The Indian motor catalogue of the demo: the broker's own master, and the variants that only insurers know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from ridley.assistant.demo.cars import CARS
from ridley.assistant.demo.chance import Chance
from ridley.assistant.demo.commercial import COMMERCIAL
from ridley.assistant.demo.two_wheelers import TWO_WHEELERS

FIELDS = (
    "code", "make", "model", "variant", "fuel", "transmission", "cubic_capacity", "seats", "body_type", "price",
)  # fmt: skip
FUELS = {"P": "Petrol", "D": "Diesel", "C": "CNG", "H": "Hybrid", "E": "Electric"}
GEARBOXES = {"MT": "Manual", "AT": "Automatic", "AMT": "AMT", "CVT": "CVT", "DCT": "DCT", "iMT": "iMT"}
ENGINE = re.compile(r"([PDCHE])([\d.]+)(T?)")
FUEL_PRICE = {"P": 0, "D": 110_000, "C": 90_000, "H": 250_000, "E": 450_000}
COMBINATIONS = 0.86  # how many of the possible trims, engines, gearboxes and norms exist
TWO_TONE_BODIES = ("Hatchback", "Sedan", "SUV", "MUV")
TWO_WHEELED = ("Motorcycle", "Scooter", "Moped")
UNLISTED_MODELS = 0.05
UNLISTED_VARIANTS = 0.16


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant of a vehicle. `words` are the parts of its name with their kinds, in the order of the master."""

    code: str
    make: str
    model: str
    words: tuple[tuple[str, str], ...]
    fuel: str
    transmission: str
    cubic_capacity: int
    seats: int
    body_type: str
    price: int

    @property
    def name(self) -> str:
        """The variant as the master writes it: `ZXi Plus 1.2 AMT BS IV`."""
        return " ".join(text for _, text in self.words)

    def row(self) -> tuple[str, ...]:
        """The variant as a row of the master, in the order of FIELDS."""
        return (
            self.code, self.make, self.model, self.name, self.fuel, self.transmission,
            str(self.cubic_capacity), str(self.seats), self.body_type, str(self.price),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`master` is what the broker sells by; `unlisted` are variants that it has no record of."""

    master: tuple[Variant, ...]
    unlisted: tuple[Variant, ...]

    def everything(self) -> tuple[Variant, ...]:
        return self.master + self.unlisted


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source text: a model and what it comes in."""

    make: str
    level: float
    model: str
    body: str
    seats: list[int]
    engines: list[str]
    trims: list[str]
    norms: list[str]


@cache
def catalogue(seed: int) -> Catalogue:
    """The whole catalogue for a seed. No two variants share make, model, name, fuel and transmission."""
    chance = Chance(seed, "catalogue")
    master: list[Variant] = []
    unlisted: list[Variant] = []
    seen: set[tuple[str, ...]] = set()
    for line in _lines(CARS + TWO_WHEELERS + COMMERCIAL):
        model_is_unlisted = chance.happens(UNLISTED_MODELS)
        for variant in _variants(line, chance):
            alike = tuple(text.lower() for text in variant.row()[1:6])
            if alike in seen:
                continue
            seen.add(alike)
            is_unlisted = model_is_unlisted or chance.happens(UNLISTED_VARIANTS)
            (unlisted if is_unlisted else master).append(variant)
    return Catalogue(
        tuple(replace(variant, code=f"KV{number:05d}") for number, variant in enumerate(master, 10001)),
        tuple(unlisted),
    )


def _lines(text: str) -> Iterator[Line]:
    make, level = "", 0.0
    for raw in text.strip().splitlines():
        if not raw:
            continue
        if raw.startswith("["):
            make, level = raw.strip("[]").rsplit(" ", 1)[0], float(raw.strip("[]").rsplit(" ", 1)[1])
            continue
        model, body, seats, engines, trims, norms = (part.strip() for part in raw.split("|"))
        yield Line(
            make, level, model, body, [int(count) for count in seats.split("/")],
            [engine.strip() for engine in engines.split(";")], trims.split(), norms.split(),
        )  # fmt: skip


def _variants(line: Line, chance: Chance) -> Iterator[Variant]:
    """The variants of one model: not every trim comes with every engine, gearbox and norm."""
    for engine in line.engines:
        code, *gearboxes = engine.split()
        for norm in line.norms:
            for seats in line.seats:
                for rank, trim in enumerate(line.trims):
                    for gearbox in gearboxes:
                        base_trim_is_manual = gearbox != gearboxes[0] and rank == 0 and len(line.trims) > 2
                        if base_trim_is_manual or not chance.happens(COMBINATIONS):
                            continue
                        yield from _toned(_variant(line, code, gearbox, norm, seats, rank, trim), line, rank, chance)


def _toned(variant: Variant, line: Line, rank: int, chance: Chance) -> Iterator[Variant]:
    """The variant, and for some of the better trims of cars the same in two colours."""
    yield variant
    is_better_trim = len(line.trims) > 2 and rank >= len(line.trims) - 2 and line.body in TWO_TONE_BODIES
    if is_better_trim and "Dual Tone" not in variant.name and chance.happens(0.3):
        norm_last = [word for word in variant.words if word[0] == "norm"]
        others = [word for word in variant.words if word[0] != "norm"]
        yield replace(variant, words=(*others, ("tone", "Dual Tone"), *norm_last), price=variant.price + 15_000)


def _variant(line: Line, code: str, gearbox: str, norm: str, seats: int, rank: int, trim: str) -> Variant:
    match = ENGINE.fullmatch(code)
    if match is None:
        raise ValueError(f"An engine must look like P1197 or D1498T; {line.model} has {code!r}.")
    fuel, size, turbo = match.groups()
    words = [("trim", trim.replace("_", " "))]
    if fuel == "E":
        words.append(("battery", f"{size} kWh"))
    elif line.body not in TWO_WHEELED:
        words.append(("litres", f"{int(size) / 1000:.1f}"))
    elif len(line.engines) > 1:
        words.append(("litres", f"{size} cc"))
    words += [("turbo", "Turbo")] if turbo else []
    words += [("gearbox", gearbox)] if gearbox != "MT" and seats > 2 else []
    words += [("seats", f"{seats} Seater")] if len(line.seats) > 1 else []
    words += [("norm", "BS IV")] if norm == "4" and fuel != "E" else []
    capacity = 0 if fuel == "E" else int(size)
    return Variant(
        code="", make=line.make, model=line.model, words=tuple(words), fuel=FUELS[fuel],
        transmission=GEARBOXES[gearbox], cubic_capacity=capacity, seats=seats, body_type=line.body,
        price=_price(line, fuel, capacity, rank, gearbox, norm),
    )  # fmt: skip


def _price(line: Line, fuel: str, capacity: int, rank: int, gearbox: str, norm: str) -> int:
    """A made-up price in rupees that grows with engine, trim and gearbox; whole hundreds."""
    if line.body in TWO_WHEELED:
        base = 48_000 + 380 * capacity + 4_500 * rank + (70_000 if fuel == "E" else 0)
    else:
        base = 180_000 + 330 * capacity + 62_000 * rank + FUEL_PRICE[fuel]
        base += 0 if gearbox == "MT" else 65_000
    return int(base * line.level * (0.9 if norm == "4" else 1.0) / 100) * 100
