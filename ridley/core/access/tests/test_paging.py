"""Pages by keyset, held against a plain sorted list."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from ridley.core.access.errors import BadRequest
from ridley.core.access.paging import page, read_cursor, write_cursor
from ridley.core.tenants.models import Branch

ORDERS = [("id",), ("-id",), ("title", "id"), ("-title", "id"), ("title", "-id"), ("-title", "-version", "-id")]


def ask(order, limit, cursor=None):
    query = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
    return page(Branch.objects.all(), Request(APIRequestFactory().get("/", query)), order)


def pages(order, limit, between=lambda: None):
    """All rows, page after page; `between` happens after each page."""
    found, cursor = ask(order, limit)
    while cursor is not None:
        between()
        rows, cursor = ask(order, limit, cursor)
        assert len(rows) <= limit
        assert len(found) < 100  # a cursor that stands still would go on for ever
        found += rows
    return found


def make(world, titles):
    return Branch.objects.bulk_create(
        Branch(tenant=world.tenant, key=f"b{number}", title=title, version=number % 2 + 1)
        for number, title in enumerate(titles, start=1)
    )


def in_order(rows, order):
    """The slow twin: sort by one column after the other, the last one first."""
    for name in reversed(order):
        rows = sorted(rows, key=lambda row: getattr(row, name.lstrip("-")), reverse=name.startswith("-"))
    return rows


@settings(max_examples=40, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(titles=st.lists(st.sampled_from("AAaBÅz "), max_size=12), order=st.sampled_from(ORDERS), limit=st.integers(1, 5))
def test_the_pages_of_a_list_are_the_list(world, titles, order, limit):
    with world.pinned():
        Branch.objects.all().delete()
        made = make(world, titles)
        assert [row.pk for row in pages(order, limit)] == [row.pk for row in in_order(made, order)]


@settings(max_examples=40, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    titles=st.lists(st.sampled_from("AB"), min_size=2, max_size=10),
    order=st.sampled_from(ORDERS),
    limit=st.integers(1, 4),
    deeds=st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.integers(0, 9), st.sampled_from("AB")), max_size=6),
)
def test_rows_that_come_and_go_between_pages_shift_no_other_row(world, titles, order, limit, deeds):
    with world.pinned():
        Branch.objects.all().delete()
        made = make(world, titles)
        stayed, left = {row.pk for row in made}, iter(deeds)

        def between():
            match next(left, None):
                case ("add", number, title):
                    Branch.objects.create(tenant=world.tenant, key=f"n{len(stayed)}-{Branch.objects.count()}-{number}"
                                          f"-{Branch.objects.order_by('-id').values_list('pk', flat=True).first()}",
                                          title=title)  # fmt: skip
                case ("remove", number, _):
                    gone = made[number % len(made)].pk
                    stayed.discard(gone)
                    Branch.objects.filter(pk=gone).delete()

        found = [row.pk for row in pages(order, limit, between)]
        assert len(found) == len(set(found))
        assert [pk for pk in found if pk in stayed] == [row.pk for row in in_order(made, order) if row.pk in stayed]


def test_a_full_last_page_has_no_next(world):
    with world.pinned():
        make(world, "ABCD")
        rows, following = ask(("id",), 2)
        assert (len(rows), following is None) == (2, False)
        rows, following = ask(("id",), 2, following)
        assert ([row.title for row in rows], following) == (["C", "D"], None)


def test_a_limit_is_from_1_to_1000(world):
    with world.pinned():
        make(world, "ABC")
        assert [len(ask(("id",), limit)[0]) for limit in (1, 3, 1000)] == [1, 3, 3]
    for wrong in ("0", "1001", "-1", "x", "", "1.5", "\u0661", "9" * 5000):
        with pytest.raises(BadRequest) as refused:
            ask(("id",), wrong)
        assert refused.value.code == "bad-limit"


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_keeps_what_it_was_made_of():
    values = ["Å & ?", -3, 2**62]
    assert read_cursor(write_cursor(values), 3) == values


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!!", "é", "=", "eA", base64.b64encode(b"\xff\xfe").decode(), encoded({}), encoded("ab"), encoded([]),
     encoded([1]), encoded([1, 2, 3]), encoded(["a", None]), encoded(["a", True]), encoded(["a", 1.5]),
     encoded(["a", [1]]), encoded(["a\x00", 1]), encoded(["a", 2**63]), encoded(["a", -(2**63) - 1]),
     encoded(["a", "no number"]), encoded(["\ud800", 1]), base64.b64encode(b"[" * 5000).decode(),
     base64.b64encode(b"[1," + b"9" * 5000 + b"]").decode()],
)  # fmt: skip
def test_a_cursor_that_no_page_gave_is_refused(world, cursor):
    with world.pinned():
        make(world, "ABC")
        with pytest.raises(BadRequest) as refused:
            ask(("title", "id"), 2, cursor)
        assert refused.value.code == "bad-cursor"
        assert Branch.objects.count() == 3  # and the transaction goes on


def test_a_cursor_of_another_list_answers_400_over_http(world):
    client = world.client("admin")
    refused = client.get("branches/", {"cursor": encoded(["not an id"])})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-cursor")
