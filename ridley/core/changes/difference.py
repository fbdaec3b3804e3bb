"""What differs between a file and a table as it stands: computed in memory, from (key, hash) of the rows alone."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ridley.core.access.scope import Scope
from ridley.core.changes.targets import Place, Target
from ridley.engine.diff.hashing import HASH_VERSION, key_text, row_hashes

CELLS = pl.Schema({"@key": pl.String, "column": pl.String, "old": pl.String, "new": pl.String})


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that differ, sorted by key. What is not a field has a name with @, which no field's name begins with.

    `added`: @key, @after (its hash) and a String column a field. `removed`: @key, @before (hash), @version and the
    fields. `changed`: @key, @before, @version, @after. `cells`: @key, column, old, new of the changed rows.
    """

    rows_before: int
    rows_after: int
    added: pl.DataFrame
    removed: pl.DataFrame
    changed: pl.DataFrame
    cells: pl.DataFrame

    @property
    def count(self) -> int:
        return self.added.height + self.removed.height + self.changed.height


def incoming_rows(frame: pl.DataFrame, place: Place) -> pl.DataFrame:
    """The file's rows under the table's field names, with @key and @hash. Without key fields a row is its own key."""
    columns = [name for name in place.columns if name in frame.columns]
    hashes = row_hashes(frame, columns)
    if place.key:
        keys = key_text(frame, list(place.key))
        return frame.select(columns).with_columns(keys.alias("@key"), hashes.alias("@hash"))
    return with_own_keys(frame.select(columns).with_columns(hashes.alias("@hash")))


def with_own_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Keys for rows that have none: the row's hash and, for equal rows, which of them it is."""
    number = pl.int_range(pl.len()).over("@hash").cast(pl.String)
    return rows.with_columns((pl.col("@hash").cast(pl.String) + "." + number).alias("@key"))


def with_fresh_keys(current: pl.DataFrame, incoming: pl.DataFrame) -> pl.DataFrame:
    """Rows that have no key, all of them new: numbered after the live rows that equal them. `current`: @key, @hash."""
    number = pl.col("@key").str.extract(r"\.(\d+)$").cast(pl.Int64)
    last = current.group_by("@hash").agg(number.max().alias("@last"))
    found = incoming.join(last, on="@hash", how="left", maintain_order="left")
    which = pl.int_range(pl.len()).over("@hash") + pl.col("@last").fill_null(-1) + 1
    key = pl.col("@hash").cast(pl.String) + "." + which.cast(pl.String)
    return found.with_columns(key.alias("@key")).select(incoming.columns)


def with_keys_of(current: pl.DataFrame, incoming: pl.DataFrame) -> pl.DataFrame:
    """Rows that have no key, under the keys of live rows that equal them, as far as those reach; the rest get new ones.

    `current` is hashed over the file's columns. Equal rows pair off in order, whatever gaps deletions left.
    """
    number = pl.col("@key").str.extract(r"\.(\d+)$").cast(pl.Int64)
    live = current.select("@key", pl.col("@before").alias("@hash"), number.alias("@number")).sort("@number", "@key")
    live = live.with_columns(pl.int_range(pl.len()).over("@hash").alias("@which"))
    counts = live.group_by("@hash").agg(pl.col("@number").max().alias("@last"), pl.len().cast(pl.Int64).alias("@live"))
    found = incoming.with_columns(pl.int_range(pl.len()).over("@hash").alias("@which")).drop("@key")
    found = found.join(live.drop("@number"), on=["@hash", "@which"], how="left", maintain_order="left")
    found = found.join(counts, on="@hash", how="left", maintain_order="left")
    fresh = pl.coalesce(pl.col("@last") + 1 + pl.col("@which") - pl.col("@live"), pl.col("@which")).cast(pl.String)
    key = pl.coalesce(pl.col("@key"), pl.col("@hash").cast(pl.String) + "." + fresh)
    return found.with_columns(key.alias("@key")).select(incoming.columns)


def difference(scope: Scope, target: Target, place: Place, incoming: pl.DataFrame, *, removes: bool) -> Difference:
    """Compare a file with the live rows. `removes`: what the file lacks is removed.

    A field that the file lacks keeps its values and is not compared.
    """
    complete = all(name in incoming.columns for name in place.columns)
    comparable = complete and place.hash_version == HASH_VERSION
    if place.key and comparable:
        found = difference_by_hashes(target, place, incoming, removes=removes)
        if found is not None:
            return found
    current = target.hashes(place).rename({"@hash": "@before"})
    if not comparable and current.height:
        current = rehashed(target, place, incoming)
    if not place.key:
        incoming = with_keys_of(current, incoming)
    joined = incoming.select("@key", "@hash").join(current, on="@key", how="full", coalesce=True)
    added_keys = joined.filter(pl.col("@before").is_null()).select("@key")
    removed_keys = joined.filter(pl.col("@hash").is_null()).select("@key") if removes else joined.clear().select("@key")
    both = pl.col("@before").is_not_null() & pl.col("@hash").is_not_null()
    changed_keys = joined.filter(both & (pl.col("@before") != pl.col("@hash"))).select("@key")
    added = incoming.join(added_keys, on="@key", how="semi").sort("@key")
    if not complete:
        added = with_absent_fields(target, place, added)
    after = incoming.join(changed_keys, on="@key", how="semi")
    changed, cells = cell_changes(place, target.records(place, after["@key"].to_list()), after)
    return Difference(
        rows_before=current.height,
        rows_after=(incoming if removes else joined).height,
        added=added.rename({"@hash": "@after"}),
        removed=as_removed(target.records(place, removed_keys["@key"].to_list())),
        changed=changed,
        cells=cells,
    )


def difference_by_hashes(target: Target, place: Place, incoming: pl.DataFrame, *, removes: bool) -> Difference | None:
    """What `difference` finds, from the hashes alone, without the keys of all rows: for half of its time.

    A row's hash covers its key, so a row that has its hash on the other side is unchanged. Should two rows of one side
    share a hash, or the table move meanwhile, then the numbers do not add up: None, and the keys must be compared.
    (A row added with the very hash of one removed would pass as that one: of 1M rows for 1M others 1 in 20M by chance.)
    """
    hashes = target.content_hashes(place)
    after = incoming.filter(~incoming["@hash"].is_in(hashes.implode()))
    before = hashes.to_frame("@hash").filter(~hashes.is_in(incoming["@hash"].implode()))
    if incoming.height - after.height != hashes.len() - before.height:
        return None
    known = target.records(place, after["@key"].to_list() if hashes.len() else [])  # a first load meets none
    gone = before.join(known.select("@hash"), on="@hash", how="anti")
    removed = target.records_of_hashes(place, gone["@hash"].to_list() if removes else [])
    if known.height + gone.height != before.height or (removes and removed.height != gone.height):
        return None
    if incoming["@key"].is_in(removed["@key"].implode()).any():
        return None
    changed, cells = cell_changes(place, known, after.join(known, on="@key", how="semi"))
    return Difference(
        rows_before=hashes.len(),
        rows_after=incoming.height + (0 if removes else gone.height),
        added=after.join(known, on="@key", how="anti").sort("@key").rename({"@hash": "@after"}),
        removed=as_removed(removed),
        changed=changed,
        cells=cells,
    )


def with_absent_fields(target: Target, place: Place, added: pl.DataFrame) -> pl.DataFrame:
    """Rows that come back keep what they had in the fields that the file lacks."""
    absent = [name for name in place.columns if name not in added.columns]
    gone = target.records(place, added["@key"].to_list(), live=False).select("@key", *absent)
    whole = added.join(gone, on="@key", how="left", maintain_order="left")
    return whole.with_columns(row_hashes(whole, list(place.columns)).alias("@hash"))


def rehashed(target: Target, place: Place, incoming: pl.DataFrame) -> pl.DataFrame:
    """The live rows hashed over the file's columns only, since the file lacks some of the table's."""
    columns = [name for name in place.columns if name in incoming.columns]
    records = target.records(place)
    before = row_hashes(records, columns)
    return records.select("@key", before.alias("@before"))


def as_removed(records: pl.DataFrame) -> pl.DataFrame:
    return records.sort("@key").rename({"@hash": "@before"})


def cell_changes(place: Place, before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The changed rows with their hashes before and after, and every cell that differs.

    `before`: the records of those rows as they are. Rows that were removed or made equal since their hashes were read
    are left out.
    """
    before = before.sort("@key")
    columns = [name for name in place.columns if name in after.columns]
    new = after.join(before, on="@key", how="semi").select("@key", *columns).sort("@key")
    merged = before.select(place.columns).with_columns(new.get_column(name) for name in columns)
    changed = before.select(
        "@key",
        pl.col("@hash").alias("@before"),
        "@version",
        row_hashes(merged, list(place.columns)).alias("@after"),
    )
    found = [
        pl.DataFrame({"@key": before["@key"], "old": before[name], "new": new[name]})
        .filter(pl.col("old").ne_missing(pl.col("new")))
        .select("@key", pl.lit(name).alias("column"), "old", "new")
        for name in columns
    ]
    cells = pl.concat(found) if found else pl.DataFrame(schema=CELLS)
    return changed.filter(pl.col("@before") != pl.col("@after")), cells.cast(CELLS).sort("@key", "column")
