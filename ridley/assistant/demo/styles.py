"""The six motor insurers' ways of writing."""

from ridley.assistant.demo.vocabulary import (
    BODIES,
    BODY_CLASSES,
    COMPANY_MAKES,
    FUEL_LETTERS,
    FUEL_MIXED,
    FUEL_WORDS,
    GEARBOX_LETTERS,
    GEARBOX_LONG,
    GEARBOX_WORDS,
    HEAVY_SHORTS,
    LEGAL_MAKES,
    LIGHT_SHORTS,
    SHORT_MAKES,
    SHORT_MODELS,
)
from ridley.assistant.demo.writing import Style


def _litres(capacity: int) -> str:
    return f"{capacity / 1000:.1f}L" if capacity else "EV"


def _with_unit(capacity: int) -> str:
    return f"{capacity} CC"


def _paise(price: int) -> str:
    return f"{price}.00"


def grouped(price: int) -> str:
    """A price with the Indian separators: 1234500 is 12,34,500."""
    head, tail = str(price)[:-3], str(price)[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])


STYLES = {
    "mahanadi": Style(
        makes=SHORT_MAKES,
        models={},
        shorts=LIGHT_SHORTS,
        fuels=FUEL_WORDS,
        gearboxes=GEARBOX_WORDS,
        bodies=BODIES,
        orders=(
            ("trim", "litres", "battery", "turbo", "gearbox", "seats", "tone", "norm", "year"),
            ("litres", "battery", "trim", "turbo", "gearbox", "tone", "seats", "norm"),
        ),
        capacity=str,
        price=str,
        drops=frozenset({"litres", "turbo"}),
        drop=0.7,
        glue=0.1,
        year=0.1,
        short=0.4,
    ),
    "kalinga": Style(
        makes=LEGAL_MAKES,
        models={},
        shorts=LIGHT_SHORTS,
        fuels=FUEL_WORDS,
        gearboxes=None,
        bodies=None,
        orders=(
            ("model", "trim", "turbo", "gearbox", "tone", "seats", "norm", "battery", "year"),
            ("model", "litres", "trim", "turbo", "gearbox", "seats", "tone", "norm", "battery"),
        ),
        capacity=_with_unit,
        price=_paise,
        drops=frozenset({"litres", "turbo"}),
        drop=0.6,
        bracket=0.2,
        year=0.15,
        upper=False,
        words={"AMT": "AGS"},
        short=0.12,
    ),
    "dhauli": Style(
        makes=COMPANY_MAKES,
        models=SHORT_MODELS,
        shorts=HEAVY_SHORTS,
        fuels=FUEL_LETTERS,
        gearboxes=GEARBOX_LETTERS,
        bodies=None,
        orders=(("trim", "gearbox", "tone", "seats", "norm", "litres", "turbo", "battery"),),
        capacity=str,
        price=str,
        drops=frozenset({"litres", "turbo", "tone"}),
        drop=0.6,
        short=0.45,
        squeeze=0.15,
        width=30,
    ),
    "chandrabhaga": Style(
        makes=SHORT_MAKES,
        models=SHORT_MODELS,
        shorts=LIGHT_SHORTS,
        fuels=FUEL_MIXED,
        gearboxes=GEARBOX_LONG,
        bodies=BODY_CLASSES,
        orders=(
            ("trim", "gearbox", "battery", "turbo", "tone", "seats", "year", "norm"),
            ("battery", "trim", "turbo", "tone", "gearbox", "seats", "norm", "year"),
        ),
        capacity=_litres,
        price=str,
        drops=frozenset({"turbo", "norm"}),
        drop=0.5,
        year=0.3,
        upper=False,
        short=0.15,
    ),
    "barabati": Style(
        makes=COMPANY_MAKES,
        models={},
        shorts=LIGHT_SHORTS,
        fuels=FUEL_LETTERS,
        gearboxes=GEARBOX_WORDS,
        bodies=BODIES,
        orders=(
            ("model", "trim", "fuel", "litres", "turbo", "gearbox", "tone", "seats", "norm", "battery"),
            ("model", "fuel", "trim", "turbo", "gearbox", "tone", "seats", "norm", "battery"),
        ),
        capacity=str,
        price=str,
        drops=frozenset({"litres", "turbo"}),
        drop=0.7,
        short=0.15,
        glue=0.2,
        bracket=0.2,
    ),
    "rushikulya": Style(
        makes=SHORT_MAKES,
        models=SHORT_MODELS,
        shorts=HEAVY_SHORTS,
        fuels=FUEL_WORDS,
        gearboxes=None,
        bodies=BODY_CLASSES,
        orders=(
            ("trim", "capacity", "turbo", "gearbox", "tone", "seats", "norm", "battery", "year"),
            ("trim", "turbo", "gearbox", "seats", "norm", "tone", "battery"),
        ),
        capacity=_with_unit,
        price=str,
        drops=frozenset({"litres", "turbo"}),
        drop=1.0,
        short=0.28,
        squeeze=0.1,
        year=0.15,
        bracket=0.2,
    ),
}
