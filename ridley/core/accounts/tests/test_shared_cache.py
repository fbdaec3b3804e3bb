"""The cache that all processes share, held to what Django's say of theirs."""

import pytest
from django.core.cache import cache

from ridley.core.accounts.models import CacheEntry

pytestmark = pytest.mark.django_db


def expire(key):
    CacheEntry.objects.filter(key=cache.make_key(key)).update(expires_at="2020-01-01T00:00:00Z")


def test_what_is_set_is_there_until_it_expires_or_is_deleted():
    assert cache.get("a", "nothing") == "nothing"
    cache.set("a", [1.5, "x"], 60)
    assert cache.get("a") == [1.5, "x"]
    cache.set("a", {"y": None}, None)
    assert cache.get("a") == {"y": None}
    expire("a")
    assert cache.get("a") is None
    cache.set("a", 1)
    assert (cache.delete("a"), cache.delete("a"), cache.get("a")) == (True, False, None)
    cache.set("a", 1, 0)
    assert cache.get("a") is None


def test_adding_takes_only_what_is_not_there_or_has_expired():
    assert (cache.add("a", 1, 60), cache.add("a", 2, 60), cache.get("a")) == (True, False, 1)
    expire("a")
    assert (cache.add("a", 3, 60), cache.get("a")) == (True, 3)


def test_touching_prolongs_what_is_there():
    assert cache.touch("a", 60) is False
    cache.set("a", 1, 1)
    before = CacheEntry.objects.get().expires_at
    assert cache.touch("a", 600) is True
    assert CacheEntry.objects.get().expires_at > before


def test_counting_and_clearing():
    cache.set("a", 1)
    assert cache.incr("a") == 2
    cache.clear()
    assert CacheEntry.objects.count() == 0


def test_what_has_expired_goes_with_later_writes():
    for number in range(30):
        cache.set(number, number)
    CacheEntry.objects.update(expires_at="2020-01-01T00:00:00Z")
    cache.set("x", 1)
    assert CacheEntry.objects.count() == 11
    cache.set("y", 1)
    assert CacheEntry.objects.count() == 2


def test_nothing_but_plain_values_is_kept():
    with pytest.raises(TypeError):
        cache.set("a", object())
