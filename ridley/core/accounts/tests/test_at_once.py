"""Many at the same moment, each over a connection of its own, as web processes are."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.cache import cache
from django.db import connection

from ridley.core.accounts import guesses
from ridley.core.accounts.guesses import TooManyAttempts

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 16


def at_once(deed):
    """What each of many answered who did the same at the same time."""
    start = Barrier(MANY)

    def one(number):
        try:
            start.wait(timeout=60)
            return deed(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


def test_sixteen_guesses_at_once_are_no_more_than_ten():
    def guess(number):
        try:
            guesses.attempt("password", "asha@example.com", f"192.0.2.{number}")
        except TooManyAttempts:
            return "locked"
        return "looked at"

    answers = at_once(guess)
    assert (answers.count("looked at"), answers.count("locked")) == (10, 6)


def test_a_code_that_comes_sixteen_times_at_once_is_good_once():
    assert at_once(lambda number: cache.add("ridley.used-code:1:123456", True, timeout=90)).count(True) == 1
