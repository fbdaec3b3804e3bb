"""`ridley diff OLD NEW`: the difference of two files, for people, programs and spreadsheets.

Exit status as diff's own: 0 equal, 1 different, 2 trouble.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TextIO

from ..errors import BadFile, BadKey, BadOption, EngineError
from ..readers.budget import Budget
from ..readers.report import UNREADABLE_ROWS, Problem, TextTable
from . import render

if TYPE_CHECKING:
    from .result import Diff

# The user's own files on the user's own machine: only what cannot be meant is refused.
BUDGET = Budget(
    bytes=50_000_000_000,
    unpacked_bytes=20_000_000_000,
    rows=200_000_000,
    columns=20_000,
    cells=2_000_000_000,
    seconds=3_600.0,
)
_SHOWN = 10

DESCRIPTION = """\
Compare two tables (CSV or XLSX) row by row and cell by cell. Cells compare as text; nothing is trimmed.
Columns that only one file has are named, and their cells are not compared. Without --key the files are compared as
multisets of whole rows. Exit status: 0 equal, 1 different, 2 trouble (an unreadable file, uneven rows, a doubled
key)."""

EPILOG = """\
--csv prints one line per change, for programs: values stay as they are, and a spreadsheet may run those that begin
with =. The header is kind, the key's columns, column, old, new: kind is changed (one line per cell), added or
removed (one line per row, the last three fields empty). Without --key: kind, then all compared columns.

  ridley diff march.csv april.csv --key code
  ridley diff 2018.csv 2020.csv --key "Provider ID=Facility ID" --rename "Hospital Name=Facility Name"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments on its parser."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("old", metavar="OLD", help="the file before")
    parser.add_argument("new", metavar="NEW", help="the file after")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="COL",
        help="a column of the key; OLD_NAME=NEW_NAME if it was renamed",
    )
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="COL", help="a column (NEW's name) not to compare"
    )
    parser.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="OLD's column of that name is compared with NEW's",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON object of counts")
    output.add_argument("--csv", action="store_true", help="print one line per change")
    for side in ("old", "new"):
        parser.add_argument(f"--sheet-{side}", metavar="NAME", help=f"the sheet of {side.upper()} (XLSX)")
        parser.add_argument(
            f"--header-row-{side}", type=int, metavar="N", help=f"the row of {side.upper()} with the names"
        )
        parser.add_argument(f"--encoding-{side}", metavar="NAME", help=f"the encoding of {side.upper()} (CSV)")


def run(args: argparse.Namespace) -> int:
    """Compare the two files and print the result; returns the exit status."""
    try:
        diff = _compare(args)
    except EngineError as error:
        _complain(error.message)
        return 2
    try:
        _print(diff, args, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has seen enough; without this, flushing at exit would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if diff.is_empty else 1


def _compare(args: argparse.Namespace) -> Diff:
    from .keyed import diff_by_key
    from .rows import diff_rows

    with _step(f"Reading {args.old}"):
        old = _read(args, "old")
    with _step(f"Reading {args.new}"):
        new = _read(args, "new")
    key, renames = _names(args, old.frame.columns, new.frame.columns)
    before = old.frame.rename(renames)
    with _step("Comparing"):
        if not key:
            return diff_rows(before, new.frame, ignore=args.ignore)
        try:
            return diff_by_key(before, new.frame, key=key, ignore=args.ignore)
        except BadKey as error:
            raise _with_file_rows(error, args, key, TextTable(before, old.report), new) from None


def _read(args: argparse.Namespace, side: str) -> TextTable:
    from ..readers.table import read_table

    name = getattr(args, side)
    table = read_table(
        name,
        name=name,
        sheet=getattr(args, f"sheet_{side}"),
        header_row=getattr(args, f"header_row_{side}"),
        encoding=getattr(args, f"encoding_{side}"),
        budget=BUDGET,
    )
    report = table.report
    if report.unreadable_rows:
        named = [problem for problem in report.problems if problem.type in UNREADABLE_ROWS]
        raise BadFile(_listed(f"{name}: {report.unreadable_rows} rows cannot be read:", named, report.unreadable_rows))
    for note in render.notes(name, report):
        _complain(note)
    return table


def _names(args: argparse.Namespace, old: Sequence[str], new: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The key by NEW's names, and OLD's columns to rename."""
    key, renames = [], {}
    for text in args.key:
        pair = (text, text) if text in old and text in new else _pair(text, old, new)
        key.append(pair[1] if pair else text)
        if pair and pair[0] != pair[1]:
            renames[pair[0]] = pair[1]
    for text in args.rename:
        pair = _pair(text, old, new)
        if pair is None:
            raise BadOption(f"Got --rename {text!r}; wanted OLD=NEW with a column of {args.old} and one of {args.new}.")
        renames[pair[0]] = pair[1]
    for was, name in renames.items():
        if name in old and name not in renames:
            raise BadOption(f"{args.old} has both {was!r} and {name!r}; the first cannot be renamed to the second.")
    return key, renames


def _pair(text: str, old: Sequence[str], new: Sequence[str]) -> tuple[str, str] | None:
    """The two names in "OLD=NEW", whichever "=" parts them: a column's name may have one too."""
    for at, letter in enumerate(text):
        if letter == "=" and text[:at] in old and text[at + 1 :] in new:
            return text[:at], text[at + 1 :]
    return None


def _with_file_rows(
    error: BadKey, args: argparse.Namespace, key: list[str], old: TextTable, new: TextTable
) -> EngineError:
    """The same trouble, told with file names and the files' row numbers."""
    from ..readers.keys import check_keys
    from ..readers.report import DUPLICATE_KEY

    for name, table in ((args.old, old), (args.new, new)):
        missing = [column for column in key if column not in table.frame.columns]
        if missing:
            return BadKey(f"{name} has no column {missing[0]!r}; it has {', '.join(table.report.columns)}.")
        doubled = [problem for problem in check_keys(table.frame, key, table.report) if problem.type == DUPLICATE_KEY]
        if doubled:
            return BadKey(
                _listed(f"{name}: {len(doubled)} rows repeat the key of an earlier row:", doubled, len(doubled))
            )
    return error


def _listed(title: str, problems: Sequence[Problem], count: int) -> str:
    lines = [title]
    for problem in problems[:_SHOWN]:
        cells = f" {problem.value}" if isinstance(problem.value, list) and problem.field is None else ""
        lines.append(f"  {problem.message}{cells}")
    if count > len(problems[:_SHOWN]):
        lines.append(f"  and {count - len(problems[:_SHOWN]):,} more")
    return "\n".join(lines)


def _print(diff: Diff, args: argparse.Namespace, out: TextIO) -> None:
    if args.json:
        render.as_json(diff, out)
    elif args.csv:
        render.as_csv(diff, out)
    else:
        render.as_text(diff, args.old, args.new, out)


def _complain(message: str) -> None:
    sys.stderr.write(f"ridley diff: {message}\n")


def _step(text: str) -> AbstractContextManager[None]:
    return _shown(text) if sys.stderr.isatty() else nullcontext()


@contextmanager
def _shown(text: str) -> Iterator[None]:
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield
