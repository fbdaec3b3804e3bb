"""COPY on Django's connection."""

import os
import resource

import psycopg
import pytest
from django.db import DataError, ProgrammingError, connection, transaction

from ridley.core.database.copying import copy_in, copy_out, copy_value

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
    ("query", "error", "cause"),
    [
        ("SELECT 1 / (n - 50000) FROM generate_series(1, 100000) n", DataError, psycopg.errors.DivisionByZero),
        ("SELECT nothing", ProgrammingError, psycopg.errors.UndefinedColumn),
    ],
)
@pytest.mark.parametrize("ask", [copy_out, copy_value])
def test_an_answer_that_breaks_off_is_djangos_error_and_the_connection_can_be_used_on(ask, query, error, cause):
    with pytest.raises(error) as raised, transaction.atomic():
        ask(query, [])
    assert type(raised.value.__cause__) is cause
    assert copy_out("SELECT 1", []) == b"1\n"


def test_what_cannot_be_copied_in_is_djangos_error():
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE numbers (number int) ON COMMIT DROP")
        with pytest.raises(DataError), transaction.atomic():
            copy_in("numbers", b"one\n", null="")
    assert copy_out("SELECT 1", []) == b"1\n"


def test_a_process_with_more_than_a_thousand_open_files_reads_its_answers_too():
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], min(2048, limits[1])), limits[1]))
    connection.close()
    taken = []
    try:
        while not taken or taken[-1] < 1030:
            taken.append(os.open(os.devnull, os.O_RDONLY))
        # more than the server keeps back, then a pause, so that it must be waited for
        slow = "SELECT repeat('x', 20000), CASE n WHEN 2 THEN pg_sleep(0.3)::text END FROM generate_series(1, 2) n"
        assert len(copy_out(slow, [])) == 2 * 20_000 + len(b',\n,""\n')
    finally:
        connection.close()
        for each in taken:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_reader_that_is_interrupted_leaves_no_connection_in_the_middle_of_an_answer(monkeypatch):
    def interrupted(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("ridley.core.database.copying.read_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        copy_out("SELECT 1", [])
    monkeypatch.undo()
    connection.close()
    assert copy_out("SELECT 1", []) == b"1\n"
