"""A connection that idled: known to be dead when the server has cut it, and not asked while it lives."""

import os
import time

import psycopg
import pytest
from django.db import connection

from tests.isolation.watching import watched


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_not_asked_while_it_lives_and_known_when_the_server_has_cut_it():
    connection.ensure_connection()
    with watched() as asked:
        assert connection.is_usable()
    assert asked == []
    number = connection.connection.info.backend_pid
    with psycopg.connect(os.environ["RIDLEY_TEST_SUPERUSER"], autocommit=True) as superuser:
        assert superuser.execute("SELECT pg_terminate_backend(%s)", [number]).fetchone() == (True,)
    end = time.monotonic() + 30
    while usable := connection.is_usable():  # the farewell is on its way
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not usable
    connection.close()
    connection.ensure_connection()
    assert connection.is_usable()
    connection.close()
    assert not connection.is_usable()
