"""What a word is: one opinion in Python, in bytes and in SQL."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridley.core.search.rules import kept_runs
from ridley.core.search.services import read
from ridley.core.search.words import MARKS, words_of

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")) | st.text(
    st.sampled_from(MARKS + "abAZ09äÄéß\u0130Ωक")
)


def small_words(text):
    """The words of a text as PostgreSQL has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_words(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AB-12/X", ["AB", "12", "X"]),
        ("1.5", ["1", "5"]),
        ("a.b@c.example", ["example", "a", "b", "c"]),
        ("value 7 value", ["value", "7"]),
        ("one\u00a0two\u2013three\n\tfour", ["three", "four", "one", "two"]),
        ("मारुति स्विफ्ट", ["स्विफ्ट", "मारुति"]),
        ("don't_stop", ["stop", "don", "t"]),
        (" -%_\\\"' ", []),
        ("", []),
    ],
)
def test_words_stand_between_blanks_and_marks_and_the_longest_comes_first(text, words):
    assert words_of(text) == words


@given(TEXT)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_python_and_sql_have_the_same_words(db, text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(%s)", [text])
        (small,) = cursor.fetchone()
    assert small_words(text) == " " + "".join(" " if mark in MARKS else mark for mark in small)
    assert set(words_of(small)) == {word for word in small_words(text).split(" ") if word}


def test_what_is_read_for_the_index_has_every_mark_and_every_escape_as_a_blank():
    found = read(b'7\t"k1 [""a\\nb"", ""c\\\\nd"", ""\\u0007x"", ""1.5"", ""caf\xc3\xa9\xe2\x80\x93x""]"\n8\tk2\n')
    assert found["id"].to_list() == [7, 8]
    assert [text.split() for text in found["small"].to_list()] == [
        ["k1", "a", "b", "c", "nd", "x", "1", "5", "café", "x"],
        ["k2"],
    ]


@pytest.mark.parametrize(
    ("sizes", "fresh", "kept"),
    [
        ([], 5, 0),
        ([100], 10, 1),  # a small run is put beside a large one
        ([100, 20], 10, 1),  # and one of its own size is taken along
        ([100, 21], 10, 2),
        ([100, 30, 20], 10, 0),  # which may take the next one along as well, and so on
        ([1000, 30, 20], 10, 1),
        ([100], 50, 0),
    ],
)
def test_a_run_is_taken_along_by_later_ones_that_are_half_as_large(sizes, fresh, kept):
    assert kept_runs(sizes, fresh) == kept


def test_a_record_is_indexed_anew_only_as_often_as_the_whole_has_doubled():
    sizes, written = [], 0
    for _ in range(1000):
        kept = kept_runs(sizes, 1)
        sizes = [*sizes[:kept], sum(sizes[kept:]) + 1]
        written += sizes[-1]
    assert len(sizes) <= 11
    assert written <= 1000 * 11
