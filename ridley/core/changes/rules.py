"""Pure decisions about change sets: values in, a decision out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import category, normalize

from ridley.core.access.errors import Conflict, Denied, Invalid, NotReady

READING, FAILED, EQUAL, HELD, OPEN, SCHEDULED, APPLYING, APPLIED, REJECTED, UNDONE, WITHDRAWN = (
    "reading", "failed", "equal", "held", "open", "scheduled", "applying", "applied", "rejected", "undone", "withdrawn",
)  # fmt: skip
REMOVED_SHARE = 0.05
EXAMPLES = 5


def after_apply_requested(
    state: str, *, undecided: int, accepted: int, applied: int, rest: str, at: datetime | None, now: datetime
) -> str:
    """The state that follows a request to apply. Asking twice is harmless.

    `rest` says what becomes of undecided changes: "refuse" (there must be none), "wait" or "reject". Where nothing is
    accepted there is nothing to do: the set is over, as applied if some of it was applied before.
    """
    if state in (APPLYING, APPLIED):
        return state
    if state == SCHEDULED:
        raise Conflict("This set is scheduled already. Cancel that first.", code="scheduled")
    require_open(state, "apply")
    if undecided and rest == "refuse":
        raise NotReady(f"{undecided} changes still wait for a decision.", code="undecided", undecided=undecided)
    if at is not None and at <= now:
        raise Invalid(f"at: {at.isoformat()} has passed. Leave it out to apply now.", code="moment-has-passed")
    if not accepted:
        if undecided and rest == "wait":
            raise NotReady("Nothing is accepted yet, so there is nothing to apply.", code="nothing-accepted")
        return APPLIED if applied else REJECTED
    return SCHEDULED if at is not None else APPLYING


def require_open(state: str, deed: str) -> None:
    """Raise unless decisions can be taken and applied."""
    if state == OPEN:
        return
    if state == HELD:
        raise NotReady(f"This set is held. Somebody with the right must release it before you {deed}.", code="held")
    if state == READING:
        raise NotReady("The file is still being read and compared.", code="reading")
    raise Conflict(f"This set is {state}; there is nothing to {deed}.", code="not-open", state=state)


def after_release(state: str) -> str:
    """Releasing opens a held set. Asking twice is harmless."""
    if state in (HELD, OPEN):
        return OPEN
    raise Conflict(f"This set is {state}, not held.", code="not-held", state=state)


def after_withdrawal(state: str, *, applied: int) -> str:
    """A set that nothing was applied of can be taken back, also while (or though no longer) it is being read."""
    if state == WITHDRAWN:
        return state
    if state not in (READING, HELD, OPEN, FAILED) or applied:
        raise Conflict(f"This set is {state}; it cannot be taken back.", code="not-withdrawable", state=state)
    return WITHDRAWN


def after_apply(*, undecided: int, accepted: int, applied: int) -> str:
    """The state after applying: open again while anything waits (a conflict, four eyes, the rest)."""
    if undecided or accepted:
        return OPEN
    return APPLIED if applied else REJECTED


def after_difference(*, changes: int, holds: Collection[Any]) -> str:
    if not changes:
        return EQUAL
    return HELD if holds else OPEN


def require_undoable(state: str, *, undone_already: bool, redone_by: int | None = None) -> None:
    """Only an applied set can be undone, and once; after a redo it is the redo that can."""
    if redone_by is not None:
        raise Conflict(f"This set was redone by set {redone_by}. Undo that one.", code="redone", redone_by=redone_by)
    if state != APPLIED or undone_already:
        word = "already being undone" if undone_already else state
        raise Conflict(f"This set is {word}; only an applied set can be undone.", code="not-undoable", state=state)


def require_other_eyes(*, four_eyes: bool, decided_by_others: int) -> None:
    """With four eyes, nobody applies what they decided themselves."""
    if four_eyes and not decided_by_others:
        raise Denied("Four eyes: somebody who did not decide these changes must apply them.", code="four-eyes")


def after_verdict(verdict: str, *, fate: str) -> str:
    """The fate of a change that was decided: a conflict that is decided again waits like any other."""
    return "waiting" if fate == "conflict" and verdict != "undecided" else fate


@dataclass(frozen=True, slots=True)
class Drift:
    """How a file's columns relate to the table's fields."""

    mapping: dict[str, str]  # header -> field
    unknown: list[str]  # headers without a field
    missing: list[str]  # fields without a header
    ambiguous: list[str]  # headers that could be several fields, or one that another header is or could be
    renamed: dict[str, str]  # header -> field, where the name differs

    def told(self) -> dict[str, Any]:
        return {
            "columns": self.mapping, "unknown": self.unknown, "missing": self.missing,
            "ambiguous": self.ambiguous, "renamed": self.renamed,
        }  # fmt: skip


def match_columns(
    headers: Sequence[str], fields: Sequence[str], *, titles: Mapping[str, str], remembered: Mapping[str, str]
) -> Drift:
    """Which header is which field: as remembered, else by name, else by title; first to the letter, then by the words,
    then by the letters and digits alone.

    Nothing is guessed: a header that fits no field is unknown; one that fits several, a field that another header is
    already, or a field that another header fits as well, is ambiguous. The order of the headers does not matter.
    """
    mapping: dict[str, str] = {}
    ambiguous: set[str] = set()
    for shape, known in ways(fields, titles, remembered):
        open_yet = [header for header in headers if header not in mapping and header not in ambiguous]
        fitting = {header: known[shape(header)] for header in open_yet if shape(header) in known}
        claims = Counter(field for found in fitting.values() for field in found)
        taken = set(mapping.values())
        for header, found in fitting.items():
            field = min(found)
            if len(found) == 1 and claims[field] == 1 and field not in taken:
                mapping[header] = field
            else:
                ambiguous.add(header)
    in_order = {header: mapping[header] for header in headers if header in mapping}
    return Drift(
        mapping=in_order,
        unknown=[header for header in headers if header not in mapping and header not in ambiguous],
        missing=[field for field in fields if field not in mapping.values()],
        ambiguous=[header for header in headers if header in ambiguous],
        renamed={header: field for header, field in in_order.items() if header != field},
    )


def ways(
    fields: Sequence[str], titles: Mapping[str, str], remembered: Mapping[str, str]
) -> Iterator[tuple[Callable[[str], str], dict[str, set[str]]]]:
    """The ways in which a header can be known, surest first: how it is looked at, and which fields it can be then."""
    named = {field: field for field in fields}
    for shape in (str, words, plain):
        for names in (remembered, named, titles):
            known: dict[str, set[str]] = {}
            for name, field in names.items():
                if field in named and shape(name):
                    known.setdefault(shape(name), set()).add(field)
            yield shape, known


def remembered(learned: Mapping[str, str], *, said: Mapping[str, str]) -> dict[str, str]:
    """Which header is which field as far as it is known: what a person says of a header or a field comes first."""
    return {header: field for header, field in learned.items() if field not in said.values()} | dict(said)


def words(name: str) -> str:
    """A name whatever its case, spaces, hyphens and underscores."""
    return " ".join(re.split(r"[\s_-]+", normalize("NFKC", name).casefold())).strip()


def plain(name: str) -> str:
    """A name by its letters and digits alone. Vowel signs count: they tell Indian words apart."""
    return "".join(char for char in normalize("NFKC", name).casefold() if category(char)[0] in "LMN")


def hold_reasons(
    *,
    rows_before: int,
    removed_keys: Sequence[str],
    added_keys: Sequence[str],
    groups_before: Mapping[str, int] | None = None,
    groups_removed: Mapping[str, int] | None = None,
) -> list[dict[str, Any]]:
    """Why a set waits for a release: it removes much, or a whole group, or keys that only look different came back."""
    reasons: list[dict[str, Any]] = []
    removed = len(removed_keys)
    if rows_before and removed > rows_before * REMOVED_SHARE:
        share = round(removed / rows_before, 4)
        reasons.append({
            "code": "removes-much", "removed": removed, "rows": rows_before, "share": share,
            "detail": f"It would remove {removed} of {rows_before} rows ({share:.1%}), more than {REMOVED_SHARE:.0%}.",
        })  # fmt: skip
    gone = sorted(
        value for value, count in (groups_removed or {}).items() if value and (groups_before or {}).get(value) == count
    )
    if gone:
        shown = ", ".join(gone[:EXAMPLES])
        reasons.append({
            "code": "group-gone", "values": gone[:EXAMPLES], "count": len(gone),
            "detail": f"It would remove every row of {len(gone)} group{'s' if len(gone) > 1 else ''}: {shown}.",
        })  # fmt: skip
    twins = same_key_otherwise(removed_keys, added_keys)
    if twins:
        old, new = twins[0]
        reasons.append({
            "code": "keys-coincide", "count": len(twins), "examples": twins[:EXAMPLES],
            "detail": f"{len(twins)} removed keys come back as added ones that differ only in leading zeros, spaces or"
                      f" case, like {old!r} and {new!r}. The file may have been damaged.",
        })  # fmt: skip
    return reasons


def same_key_otherwise(removed: Sequence[str], added: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a removed and an added key that are the same without leading zeros, outer spaces and case."""
    by_bare = {bare(key): key for key in added}
    return [(key, by_bare[bare(key)]) for key in removed if bare(key) in by_bare]


def bare(key: str) -> str:
    """A key, in each of its parts, without what spreadsheets lose."""
    return "|".join(part.strip().casefold().lstrip("0") for part in key.split("|"))
