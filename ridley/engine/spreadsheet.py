"""Text that a spreadsheet would run as a formula: marked before it is written to a file, and unmarked when it is read.

The mark is one apostrophe at the front. `unmarked(marked(text)) == text` for every text: a text that looks as if it
were marked is marked too, since apostrophes at the front are looked through.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

MARK = "'"
# What a spreadsheet, or a person who cleans a file, may take off before it looks for a formula.
_LEAD = re.compile(r"[\s'\"`\u00ad\u2018-\u201f\u200b-\u200f\u2060\ufeff]*")
_BREAKS = frozenset("\t\r\n")
_SIGNS = frozenset("=+-@")
_NUMBER = re.compile(r" *[+-]?(?:\d[\d.,]*|\.\d+)(?:[eE][+-]?\d+)?%? *")


def runs(text: str) -> bool:
    """Whether a spreadsheet could take this text for a formula.

    It begins, after quotes and blanks, with = + - @ (full-width and other forms too), or there is a tab or line end
    among these blanks. A signed number is none: -1,234.50 stays what it is.
    """
    lead = _LEAD.match(text)
    assert lead is not None  # it matches nothing too
    if not _BREAKS.isdisjoint(lead[0]):
        return True
    first = unicodedata.normalize("NFKC", text[lead.end() : lead.end() + 1])[:1]
    return first in _SIGNS and bool(first) and _NUMBER.fullmatch(text) is None


def marked(text: str) -> str:
    """The text as a spreadsheet may open it."""
    return MARK + text if runs(text) else text


def unmarked(text: str) -> str:
    """What `marked` was given. A text that it did not mark stays as it is."""
    return text[1:] if text.startswith(MARK) and runs(text[1:]) else text


def unmark(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """A frame of text with names and cells unmarked, and in how many cells of which column a mark was taken off."""
    import polars as pl

    names = [unmarked(name) for name in frame.columns]
    if len(set(names)) == len(names):
        frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
    counts = {}
    for name in frame.columns:
        column = frame.get_column(name)
        candidates = column.filter(column.str.starts_with(MARK)).unique()
        changed = {text: after for text in candidates if (after := unmarked(text)) != text}
        if changed:
            counts[name] = int(column.is_in(list(changed)).sum())
            frame = frame.with_columns(pl.col(name).replace(changed))
    return frame, counts
