"""What is computed, what is stored, what is applied and what is undone are one: held under every kind of text."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ridley.assistant.models import Row
from ridley.assistant.target import TableTarget
from ridley.core.changes import services
from ridley.core.changes.difference import difference, incoming_rows
from ridley.core.changes.models import Change, ChangeCell, ChangeSet
from ridley.core.changes.services.applying import apply_now
from ridley.core.changes.services.opening import finish_reading
from ridley.core.changes.tests.steps import TARGET, live_rows, make_table, reread, stored_and_counted
from ridley.engine.diff.hashing import record_hash, row_hashes, split_key
from ridley.engine.diff.slow import slow_diff_by_key, slow_diff_rows
from tests.world import run_jobs

NAMES = (
    "key", "hash", "record", "column", "old", "new", "id", "kind", "version", "data", "live", "a@b", "x y", 'q"u',
    "\\N", "null", "नाम", "a,b", "a'b", "%s", "$1",
)  # fmt: skip
AWKWARD = (
    "", "\\N", '"', '""', ",", "\n", "\r\n", "\r", "\\.", "a\n\\.\nb", "NULL", "null", " x ", "é", "e\u0301", "नमस्ते",
    "\u2028", "\\", "\\\\", "\\u0041", "\\u0000", "🙂", "\x01", "\x1f", "\x7f", "\ufeff", "|", "\\|", "\\0", "{}", "0",
    "00", "'", "--", "%s",
)  # fmt: skip
ANY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)
CELL = st.none() | st.sampled_from(AWKWARD) | ANY
KEY = st.sampled_from([text for text in AWKWARD if text]) | st.sampled_from("ab") | ANY.filter(bool)
LAWS = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def tables(draw, keys):
    """Field names, key fields, the table before, the file's columns and the file."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=keys + 1, max_size=keys + 4, unique=True))
    key = names[:keys]
    given = [*key, *draw(st.lists(st.sampled_from(names[keys:]), unique=True, min_size=0 if keys else 1))]

    def rows(columns):
        one = st.fixed_dictionaries({name: KEY if name in key else CELL for name in columns})
        unique = (lambda row: tuple(row[name] for name in key)) if key else None
        return draw(st.lists(one, max_size=6, unique_by=unique))

    before, after = rows(names), rows(given)
    if key and before and draw(st.booleans()):  # else keys hardly ever meet
        taken = {tuple(row[name] for name in key) for row in after}
        for row in before:
            if tuple(row[name] for name in key) not in taken:
                after.append({name: row[name] for name in given})
                for name in given[len(key) :]:
                    after[-1][name] = draw(st.just(row[name]) | CELL)
    return names, key, before, given, after


def compare(world, table, rows, columns, mode="snapshot"):
    """An open set of what these rows would change, as an upload's job makes it."""
    scope, target = world.trusted(), TableTarget()
    with world.pinned():
        place = target.place(scope, table.pk)
        frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))
        found = difference(scope, target, place, incoming_rows(frame, place), removes=mode == "snapshot")
        made = ChangeSet.objects.create(
            tenant=world.tenant, target=TARGET, target_id=table.pk, origin="upload", mode=mode, state="reading"
        )
        finish_reading(scope, made, place, found)
    return made


def apply(world, made):
    with world.pinned():
        if made.state == "open":
            services.decide(world.trusted(), change_set_id=made.pk, verdict="accepted")
            made.refresh_from_db()
            apply_now(world.trusted(), made)
    return made


def undo(world, made):
    with world.pinned():
        found, _ = services.request_undo(world.trusted(), change_set_id=made.pk)
    run_jobs()
    return reread(world, found)


def stored(world, made):
    """The changes and cells of a set as the database gives them."""
    with world.pinned():
        changes = list(Change.objects.filter(change_set=made).order_by("id"))
        cells = set(ChangeCell.objects.filter(change_set=made).values_list("change__key", "column", "old", "new"))
    return changes, cells


def full(record, names):
    return {name: record.get(name) for name in names}


def require_hashes(world, table):
    with world.pinned():
        for row in Row.objects.filter(table=table):
            assert row.hash == record_hash(row.data)


@pytest.mark.parametrize("keys", [1, 2])
@pytest.mark.parametrize("mode", ["snapshot", "delta"])
@given(data=st.data())
@LAWS
def test_with_a_key_what_is_stored_is_the_slow_difference_and_applying_and_undoing_keep_their_laws(
    world, keys, mode, data
):
    names, key, before, given, after = data.draw(tables(keys))
    with transaction.atomic():
        table = make_table(world, names=names, key=key)
        apply(world, compare(world, table, before, names))
        was = live_rows(world, table)
        assert {tuple(split_key(k, keys)): full(row, names) for k, row in was.items()} == {
            tuple(row[name] for name in key): row for row in before
        }

        made = compare(world, table, after, given, mode)
        added, removed, cells = slow_diff_by_key(before, after, key=key, columns=given)
        removed = removed if mode == "snapshot" else set()
        changes, found = stored(world, made)
        of = {kind: {tuple(split_key(c.key, keys)): c for c in changes if c.kind == kind} for kind in
              ("added", "removed", "changed")}  # fmt: skip
        assert (set(of["added"]), set(of["removed"])) == (added, removed)
        assert {(tuple(split_key(k, keys)), column, old, new) for k, column, old, new in found} == cells
        assert set(of["changed"]) == {cell[0] for cell in cells}
        records = {tuple(row[name] for name in key): row for row in before}
        files = {tuple(row[name] for name in key): row for row in after}
        assert {k: full(c.record, names) for k, c in of["removed"].items()} == {k: records[k] for k in removed}
        assert {k: full(c.record, given) for k, c in of["added"].items()} == {k: files[k] for k in added}
        assert [c.key for c in changes] == sorted((c.key for c in changes), key=str.encode)
        stored_counts, counted = stored_and_counted(world, made)
        assert stored_counts == counted
        assert made.state == ("open" if changes else "equal")

        apply(world, made)
        kept = {} if mode == "snapshot" else records
        wanted = {**kept, **{k: {**records.get(k, {}), **row} for k, row in files.items()}}
        now = live_rows(world, table)
        assert {tuple(split_key(k, keys)): full(row, names) for k, row in now.items()} == {
            k: full(row, names) for k, row in wanted.items()
        }
        require_hashes(world, table)
        assert compare(world, table, after, given, mode).state == "equal"
        if changes:
            back = undo(world, made)
            assert live_rows(world, table) == was
            require_hashes(world, table)
            redone = undo(world, back)
            assert live_rows(world, table) == now
            require_hashes(world, table)
            for one in (made, back, redone):
                stored_counts, counted = stored_and_counted(world, one)
                assert stored_counts == counted
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_file_with_a_key_is_compared_without_reading_the_keys_of_all_rows(world, monkeypatch):
    names = ["key", "hash"]
    table = make_table(world, names=names, key=["key"])
    before = [{"key": str(number), "hash": "x"} for number in range(9)]
    apply(world, compare(world, table, before, names))

    def refuse(*given):
        raise AssertionError("the keys of all rows were read")

    monkeypatch.setattr(TableTarget, "hashes", refuse)
    after = [*before[1:], {"key": "1000", "hash": "x"}]
    after[0] = {**after[0], "hash": "y"}
    made = compare(world, table, after, names)
    assert (made.added, made.removed, made.changed, made.rows_before, made.rows_after) == (1, 1, 1, 9, 9)
    made = compare(world, table, after, names, "delta")
    assert (made.added, made.removed, made.changed, made.rows_before, made.rows_after) == (1, 0, 1, 9, 10)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": "1", "b": "2"}, {"a": "1", "b": "2", "c": "1"}, {"c": "added"}),
        ({"a": "1", "b": "2", "c": "1"}, {"a": "1", "b": "2"}, {"c": "removed"}),
        ({"a": "1", "b": "2"}, {"a": "1", "b": "1"}, {"b": "changed"}),
        ({"a": "1", "b": "1", "c": "3"}, {"a": "1", "b": "2", "c": "3"}, {"b": "changed"}),
        ({"a": "1", "b": "2", "c": "3"}, {"a": "2", "b": "4", "c": "3"}, {"a": "changed", "b": "changed"}),
    ],
)
def test_rows_that_share_a_hash_are_told_apart_by_their_keys(world, monkeypatch, before, after, expected):
    """As if by chance: here the hash does not see the key."""
    blind = lambda frame, columns: row_hashes(frame, [name for name in columns if name != "key"])  # noqa: E731
    monkeypatch.setattr("ridley.core.changes.difference.row_hashes", blind)
    names = ["key", "hash"]
    table = make_table(world, names=names, key=["key"])
    apply(world, compare(world, table, [{"key": key, "hash": value} for key, value in before.items()], names))
    made = compare(world, table, [{"key": key, "hash": value} for key, value in after.items()], names)
    changes, _ = stored(world, made)
    assert {change.key: change.kind for change in changes} == expected
    assert (made.rows_before, made.rows_after) == (len(before), len(after))


@pytest.mark.django_db
def test_a_key_that_begins_with_a_byte_order_mark_is_read_back_whole(world):
    """A reader that met it at the beginning of what it reads would take it for a mark of the encoding."""
    table, rows = (
        make_table(world, names=["key", "hash", "record"], key=["key", "hash"]),
        [{"key": "\ufeff", "hash": "x"}],
    )
    assert apply(world, compare(world, table, rows, ["key", "hash"])).applied == 1
    assert compare(world, table, rows, ["key", "hash"]).state == "equal"
    assert compare(world, table, rows, ["key", "hash"], "delta").state == "equal"


@given(data=st.data())
@LAWS
def test_without_a_key_rows_are_a_multiset_whatever_columns_the_file_has(world, data):
    names, _, before, given, after = data.draw(tables(0))
    before, after = before + before[:2], after + after[:1] + [{n: row[n] for n in given} for row in before[:1]]
    with transaction.atomic():
        table = make_table(world, names=names, key=())
        apply(world, compare(world, table, before, names))
        was = live_rows(world, table)
        assert multiset(was.values(), names) == multiset(before, names)

        made = compare(world, table, after, given)
        added, removed = slow_diff_rows(before, after, columns=given)
        changes, _ = stored(world, made)
        assert {c.kind for c in changes} <= {"added", "removed"}
        assert multiset([c.record for c in changes if c.kind == "added"], given) == added
        assert multiset([c.record for c in changes if c.kind == "removed"], given) == removed
        apply(world, made)
        now = live_rows(world, table)
        assert multiset(now.values(), given) == multiset(after, given)
        require_hashes(world, table)
        assert compare(world, table, after, given).state == "equal"
        if changes:
            undo(world, undo(world, made))
            assert live_rows(world, table) == now
        transaction.set_rollback(True)


def multiset(rows, columns):
    return Counter(tuple(row.get(name) for name in columns) for row in rows)


@given(rows=st.lists(st.sampled_from("aab"), min_size=2, max_size=6), gone=st.integers(0, 5))
@example(rows=["a", "a"], gone=0)
@LAWS
def test_a_keyless_row_that_was_deleted_by_hand_leaves_a_table_that_equals_its_file(world, rows, gone):
    """Deleting the first of two equal rows leaves the second one's number, which is no difference."""
    assume(gone < len(rows))
    with transaction.atomic():
        table = make_table(world, names=["letter"], key=())
        apply(world, compare(world, table, [{"letter": letter} for letter in rows], ["letter"]))
        key = sorted(live_rows(world, table))[gone]
        letter = live_rows(world, table)[key]["letter"]
        with world.pinned():
            edit = {"kind": "delete", "key": key}
            services.open_edits(world.trusted(), target=TARGET, target_id=table.pk, edits=[edit], apply=True)
        left = list(rows)
        left.remove(letter)
        assert compare(world, table, [{"letter": one} for one in left], ["letter"]).state == "equal"
        whole = apply(world, compare(world, table, [{"letter": one} for one in rows], ["letter"]))
        assert (whole.added, whole.removed, whole.conflicts) == (1, 0, 0)
        assert multiset(live_rows(world, table).values(), ["letter"]) == multiset(
            [{"letter": x} for x in rows], ["letter"]
        )
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_file_of_awkward_text_comes_back_from_the_database_as_it_was_sent(world):
    """Through the reader, COPY in and COPY out: many rows, so that a reader in pieces cuts within quotes."""
    from ridley.core.changes.tests.steps import applied, as_csv, opened

    texts = [text for text in AWKWARD if "\r" not in text and text != "\ufeff"] * 100
    rows = [(f"k{number}", text, texts[-number]) for number, text in enumerate(texts)]
    table = make_table(world)
    assert applied(world, table, as_csv(rows)).applied == len(rows)
    kept = {key: (row.get("model"), row.get("price")) for key, row in live_rows(world, table).items()}
    assert {key: tuple(cell or None for cell in cells) for key, cells in kept.items()} == {
        code: (model or None, price or None) for code, model, price in rows
    }
    turned = [(code, price, model) for code, model, price in rows]
    made = opened(world, table, as_csv(turned))
    differing = {code for code, model, price in rows if model != price}
    changes, cells = stored(world, made)
    assert {change.key for change in changes} == differing
    assert made.cells == len(cells) == 2 * len(differing)
    assert opened(world, table, as_csv(rows)).state == "equal"
