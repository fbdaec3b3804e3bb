"""What changes can be made to: a product registers a target, and the whole path from file to undo is there for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import polars as pl

from ridley.core.access.scope import Scope
from ridley.engine.diff.hashing import HASH_VERSION

# The deeds on change sets. The permission is `{product}.{deed}`: each product decides who may.
VIEW, UPLOAD, DECIDE, EDIT, APPLY, UNDO, RELEASE = "view", "upload", "decide", "edit", "apply", "undo", "release"


@dataclass(frozen=True, slots=True)
class Place:
    """One table that changes are made to, as it stands when it is looked at.

    `columns` are its fields in order; `key` those that identify a row (none: rows are a multiset). `titles` maps a
    field's other names to it, `profile` what was learned from earlier files. `revision` moves with every applied set.
    """

    id: int
    name: str
    limit_value: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    revision: int
    row_count: int
    feed: str = "snapshot"
    four_eyes: bool = False
    hash_version: int = HASH_VERSION
    grouping: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)


class Target(Protocol):
    """What a product tells about its tables. All calls are made within the tenant's pinned transaction."""

    name: str
    product: str
    limit_kind: str

    def place(self, scope: Scope, id: int, *, lock: bool = False) -> Place:
        """The table. Raises NotFound. With `lock`, nobody else applies to it until the transaction ends."""

    def hashes(self, place: Place) -> pl.DataFrame:
        """The live rows as (@key: String, @hash: Int64)."""

    def content_hashes(self, place: Place) -> pl.Series:
        """The hashes of the live rows, Int64, in any order."""

    def records_of_hashes(self, place: Place, hashes: Sequence[int]) -> pl.DataFrame:
        """The live rows that have one of these hashes, as `records`."""

    def records(self, place: Place, keys: Sequence[str] | None = None, *, live: bool = True) -> pl.DataFrame:
        """Live rows, all or those of `keys`, as (@key, @hash, @version, a String column per field; null if absent).

        With `live` false, those that were removed, as they were last.
        """

    def write(
        self, place: Place, change_set_id: int, *, by: UUID | None, decided_by_others_than: UUID | None = None
    ) -> None:
        """Write a set's accepted, waiting changes to the rows in the name of `by`, with history, by a few statements.

        Leaves a temporary table taken(change_id, conflict, idle, version): every change looked at, whether its row had
        moved since or is as wanted already (in both cases nothing is written for it), and the row's version before.
        A row has moved if it is not at the change's `before_version`, or is there although that is null.
        """

    def learn(self, scope: Scope, place: Place, profile: Mapping[str, Any]) -> None:
        """Remember how this table's files look."""


_targets: dict[str, Target] = {}


def register(target: Target) -> None:
    _targets[target.name] = target


def target_named(name: str) -> Target:
    return _targets[name]


def all_targets() -> list[Target]:
    return list(_targets.values())


def permission(target: Target, deed: str) -> str:
    return f"{target.product}.{deed}"


class AnyTarget:
    """What a view of change sets asks for: the deed on at least one target. The service asks for the very one."""

    def __init__(self, deed: str) -> None:
        self.deed = deed

    def __call__(self, scope: Scope) -> bool:
        return any(scope.can(permission(target, self.deed)) for target in _targets.values())

    def __repr__(self) -> str:
        return f"any target's {self.deed}"
