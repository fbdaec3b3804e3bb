"""How insurers write a vehicle: their words for makes, fuels and gearboxes, their short forms, order and units."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ridley.assistant.demo.catalogue import Variant
from ridley.assistant.demo.chance import Chance

# Each insurer has its own idea of a price (another city, another day, less wear): it must not give the vehicle away.
OWN_PRICE = (0.88, 1.06)
VOWELS = re.compile(r"(?<=\w)[AEIOU](?=\w)")


@dataclass(frozen=True, slots=True)
class Style:
    """One insurer's way of writing.

    `orders` are the orders of words that its typists use in the variant column; each lists all kinds of Variant.words
    (litres may be missing: the capacity says as much) and may add model, fuel, capacity and year. `drops` are kinds
    that may be left out where the rest still names one vehicle only.
    """

    makes: Mapping[str, str]
    models: Mapping[str, str]
    shorts: Mapping[str, str]
    orders: tuple[tuple[str, ...], ...]
    fuels: Mapping[str, str]
    gearboxes: Mapping[str, str] | None
    bodies: Mapping[str, str] | None
    capacity: Callable[[int], str]
    price: Callable[[int], str]
    seats: Callable[[int], str] = str
    drops: frozenset[str] = frozenset()
    drop: float = 0.0
    short: float = 1.0
    squeeze: float = 0.0
    glue: float = 0.0
    year: float = 0.0
    bracket: float = 0.0
    width: int = 60
    upper: bool = True
    words: Mapping[str, str] = field(default_factory=dict)


def written(variant: Variant, style: Style, chance: Chance, *, may_drop: bool) -> dict[str, str]:
    """The variant as one typist of the insurer writes it, by field; the code is the caller's."""
    row = {
        "make": _cased(style.makes.get(variant.make, variant.make), style),
        "model": _model(variant, style, chance),
        "variant": _name(variant, style, chance, may_drop=may_drop),
        "fuel": style.fuels[variant.fuel],
        "cubic_capacity": style.capacity(variant.cubic_capacity),
        "seats": style.seats(variant.seats),
        "price": style.price(int(variant.price * chance.between(*OWN_PRICE) / 100) * 100),
    }
    if style.gearboxes is not None:
        row["transmission"] = style.gearboxes[variant.transmission]
    if style.bodies is not None:
        row["body_type"] = style.bodies.get(variant.body_type, _cased(variant.body_type, style))
    return row


def remaining(variant: Variant, style: Style) -> tuple[object, ...]:
    """What is left to tell the variant from its siblings when everything that the style may drop is dropped."""
    words = tuple(text for kind, text in variant.words if kind not in style.drops)
    columns = [variant.fuel, style.capacity(variant.cubic_capacity), variant.seats]
    if style.gearboxes is not None:
        columns.append(style.gearboxes[variant.transmission])
    return variant.make, variant.model, words, *columns


def _model(variant: Variant, style: Style, chance: Chance) -> str:
    model = style.models.get(variant.model, variant.model)
    if chance.happens(style.glue):
        model = re.sub(r"[\s-]", "", model)
    return _squeezed(_cased(model, style), style, chance)


def _name(variant: Variant, style: Style, chance: Chance, *, may_drop: bool) -> str:
    """The text of the variant column, in one of the style's orders and at most as wide as its column."""
    order = chance.pick(style.orders)
    leaves_out = style.drops if may_drop and chance.happens(style.drop) else frozenset()
    parts = {kind: text for kind, text in variant.words if kind not in leaves_out}
    parts["model"] = style.models.get(variant.model, variant.model)
    parts["fuel"] = style.fuels[variant.fuel]
    parts["capacity"] = style.capacity(variant.cubic_capacity) if variant.cubic_capacity else ""
    if chance.happens(style.year):
        parts["year"] = chance.pick(("2022", "2023", "2024", "MY23", "MY24", "NEW"))
    brackets = chance.happens(style.bracket)
    texts = [_part(kind, parts[kind], style, chance, brackets=brackets) for kind in order if parts.get(kind)]
    name = _cased(" ".join(texts), style)
    return name if len(name) <= style.width else name[: style.width].rstrip()


def _part(kind: str, text: str, style: Style, chance: Chance, *, brackets: bool) -> str:
    text = style.words.get(text, text)
    if chance.happens(style.short):
        for long, brief in style.shorts.items():
            text = text.replace(long, brief)
    if kind in ("trim", "model"):
        text = _squeezed(text, style, chance)
    return f"({text})" if brackets and kind in ("gearbox", "norm", "fuel") else text


def _squeezed(text: str, style: Style, chance: Chance) -> str:
    """The long words without their inner vowels, as in systems with narrow columns: SWIFT becomes SWFT."""
    if not chance.happens(style.squeeze):
        return text
    return " ".join(VOWELS.sub("", word.upper()) if len(word) > 4 else word for word in text.split(" "))


def _cased(text: str, style: Style) -> str:
    return text.upper() if style.upper else text
