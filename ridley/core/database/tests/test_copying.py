"""COPY on Django's connection."""

import psycopg
import pytest
from django.db import connection, transaction

from ridley.core.database.copying import copy_in, copy_out

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_copied_in_is_copied_out():
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE letters (number int, letter text) ON COMMIT DROP")
        copy_in("letters", b'1,a\n2,""\n3,\\N\n4,"b,""c"\n', null="\\N")
        assert copy_out("SELECT * FROM letters ORDER BY number", []) == b'1,a\n2,""\n3,\n4,"b,""c"\n'


def test_values_are_escaped_and_a_long_answer_is_whole():
    found = copy_out("SELECT n, %s FROM generate_series(1, %s) n", ["it's \\ 100 %", 200_000])
    lines = found.decode().splitlines()
    assert (len(lines), lines[0], lines[-1]) == (200_000, "1,it's \\ 100 %", "200000,it's \\ 100 %")


def test_it_sees_what_its_own_transaction_wrote_and_begins_one_if_it_must():
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', '7', true)")
        assert copy_out("SELECT current_setting('app.tenant_id')", []) == b"7\n"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT 1 / (n - 50000) FROM generate_series(1, 100000) n", psycopg.errors.DivisionByZero),
        ("SELECT nothing", psycopg.errors.UndefinedColumn),
    ],
)
def test_an_answer_that_breaks_off_is_an_error_and_the_connection_can_be_used_on(query, error):
    with pytest.raises(error), transaction.atomic():
        copy_out(query, [])
    assert copy_out("SELECT 1", []) == b"1\n"


def test_a_reader_that_is_interrupted_leaves_no_connection_in_the_middle_of_an_answer(monkeypatch):
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("ridley.core.database.copying.read_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        copy_out("SELECT 1", [])
    monkeypatch.undo()
    connection.close()
    assert copy_out("SELECT 1", []) == b"1\n"
