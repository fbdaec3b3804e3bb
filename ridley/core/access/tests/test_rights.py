"""Roles, reach and what grants add up to: pure decisions."""

import pytest

from ridley.core.access import roles
from ridley.core.access.door import trusted_scope
from ridley.core.access.errors import Denied
from ridley.core.access.permissions import ALL, MEMBER
from ridley.core.access.reach import EVERYTHING, Reach
from ridley.core.access.roles import (
    ReachKind,
    all_permissions,
    granted,
    permissions_of,
    register_reach,
    register_roles,
    role_names,
)
from ridley.core.access.scope import Scope

READ, WRITE = "shop.read", "shop.write"


@pytest.fixture(autouse=True)
def shop(monkeypatch):
    """A product with three roles, of which one is also core's."""
    monkeypatch.setattr(roles, "_roles", {"member": MEMBER, "admin": ALL})
    monkeypatch.setattr(roles, "_kinds", {"branch": roles._kinds["branch"]})
    register_reach(ReachKind("source", "shop", "", lambda scope, values: ()))
    register_roles({"shop.clerk": {READ}, "shop.boss": [READ, WRITE], "admin": {READ, WRITE}})


def grant(role, **limits):
    return {"role": role, "limits": limits}


def scope(*grants, products=("shop",)):
    return Scope(1, None, granted(grants, products))


def test_a_reach_without_limits_covers_everything():
    assert EVERYTHING.values("source") is None
    assert EVERYTHING.covers("source", "acme")
    assert EVERYTHING.covers("source", None)


def test_a_limited_reach_covers_its_values_alone():
    reach = Reach.of({"source": ["acme", 7]})
    assert reach.values("source") == frozenset({"acme", "7"})
    assert [reach.covers("source", value) for value in ("acme", "7", "other", None)] == [True, True, False, False]
    assert reach.covers("zip", "751001")


def test_an_empty_limit_covers_nothing():
    assert not Reach.of({"source": []}).covers("source", "acme")


def test_two_reaches_reach_as_far_as_either():
    one, two = Reach.of({"source": ["a"], "zip": ["1"]}), Reach.of({"source": ["b"]})
    assert one | two == two | one == Reach.of({"source": ["a", "b"]})
    assert one | EVERYTHING == EVERYTHING


def test_a_role_has_what_all_products_gave_it_and_an_unknown_one_nothing():
    assert permissions_of("admin") == ALL | {READ, WRITE}
    assert permissions_of("shop.clerk") == {READ}
    assert permissions_of("nobody") == frozenset()
    assert role_names() == ["admin", "member", "shop.boss", "shop.clerk"]
    assert all_permissions() == ALL | {READ, WRITE}


def test_without_grants_nothing_is_granted():
    assert granted([], ["shop"]) == {}
    assert granted([grant("nobody")], ["shop"]) == {}


def test_a_product_that_is_switched_off_grants_nothing_and_core_is_always_on():
    assert granted([grant("shop.boss")], []) == {}
    assert set(granted([grant("admin")], [])) == ALL
    assert set(granted([grant("admin")], ["shop"])) == ALL | {READ, WRITE}


def test_limits_narrow_a_products_permissions_and_not_cores():
    found = granted([grant("admin", source=["acme"])], ["shop"])
    assert found[READ] == Reach.of({"source": ["acme"]})
    assert found["core.tenant_view"] == EVERYTHING


def test_two_grants_of_a_permission_widen_each_other():
    narrow, also, wide = grant("shop.clerk", source=["a"]), grant("shop.boss", source=["b"]), grant("shop.clerk")
    assert granted([narrow, also], ["shop"]) == {
        READ: Reach.of({"source": ["a", "b"]}), WRITE: Reach.of({"source": ["b"]}),
    }  # fmt: skip
    assert granted([narrow, wide], ["shop"]) == granted([wide, narrow], ["shop"]) == {READ: EVERYTHING}


def test_a_scope_requires_what_is_granted():
    clerk = scope(grant("shop.clerk"))
    clerk.require(READ)
    assert (clerk.can(READ), clerk.can(WRITE)) == (True, False)
    with pytest.raises(Denied, match=r"^This needs the permission shop\.write\.$") as refused:
        clerk.require(WRITE)
    assert refused.value.extra == {"permission": WRITE}
    with pytest.raises(Denied):
        clerk.reach(WRITE)


def test_a_scope_requires_a_value_within_reach():
    clerk = scope(grant("shop.clerk", source=["acme"]))
    clerk.require_within(READ, "source", "acme")
    assert clerk.reach(READ) == Reach.of({"source": ["acme"]})
    for outside in ("other", None):
        with pytest.raises(Denied, match="does not extend to this source"):
            clerk.require_within(READ, "source", outside)
    with pytest.raises(Denied, match="This needs the permission"):
        clerk.require_within(WRITE, "source", "acme")


def test_a_trusted_scope_may_do_everything_everywhere():
    job = trusted_scope(1)
    assert job.can(WRITE)
    assert job.reach(WRITE) == EVERYTHING
    job.require_within(WRITE, "source", None)


@pytest.mark.parametrize(
    ("grants", "products", "sees_all"),
    [
        ([grant("shop.clerk")], ("shop",), True),
        ([grant("shop.clerk"), grant("member")], ("shop",), True),
        ([grant("shop.clerk", source=["acme"])], ("shop",), False),
        ([grant("shop.clerk", source=[])], ("shop",), False),
        ([grant("shop.boss", source=["acme"]), grant("shop.clerk")], ("shop",), False),
        ([grant("member")], ("shop",), False),
        ([grant("admin")], (), False),
        ([grant("admin", source=["acme"])], (), False),
        ([], ("shop",), False),
    ],
)
def test_shared_lists_are_whole_for_who_has_a_product_and_no_limit_anywhere(grants, products, sees_all):
    assert scope(*grants, products=products).sees_all is sees_all


def test_a_trusted_scope_sees_all():
    assert trusted_scope(1).sees_all
