"""Claims are read with care: whoever runs the provider chose every character."""

import pytest

from ridley.core.access.errors import Denied
from ridley.core.people import claims as said


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("  A \n B\t", "A B"), ("a\0b", "a b"), (7, "7"), (True, ""), (None, ""), (["a"], ""), ({}, ""),
        ("x" * 300, "x" * 200),
    ],
)  # fmt: skip
def test_a_claim_is_read_as_one_line(value, read):
    assert said.text({"c": value}, "c") == read


def test_several_values_are_read_from_a_list_or_from_one():
    assert said.texts({"c": ["a", 1, None, ["x"], " b "]}, "c") == ["a", "1", "b"]
    assert said.texts({"c": "a"}, "c") == ["a"]
    assert said.texts({}, "c") == []


@pytest.mark.parametrize(
    "email",
    [None, "", "a", "a@", "@b.c", "a b@c.de", "a@b@c.de", "a\0@c.de", ["a@c.de"], "\u212aim@c.de", "ü@c.de", "a@ü.de"],
)
def test_what_is_no_plain_address_is_refused(email):
    with pytest.raises(Denied) as refusal:
        said.verified_email({"email": email, "email_verified": True})
    assert refusal.value.code == "email-missing"


@pytest.mark.parametrize("verified", [None, False, "true", 1, "false"])
def test_only_true_is_verified(verified):
    with pytest.raises(Denied) as refusal:
        said.verified_email({"email": "a@b.de", "email_verified": verified})
    assert refusal.value.code == "email-not-verified"
    assert said.verified_email({"email": "A.B+c@D.de", "email_verified": True}) == ("a.b+c@d.de", "d.de")


def test_names_are_taken_as_told_or_from_the_whole_name():
    assert said.names({"given_name": "A", "family_name": "B", "name": "X Y"}) == ("A", "B")
    assert said.names({"name": "Asha Rani Das"}) == ("Asha", "Rani Das")
    assert said.names({}) == ("", "")


def test_roles_come_from_the_values_that_the_rules_name_each_once():
    rules = {"a": {"role": "admin"}, "b": {"role": "admin"}, "c": {"role": "member", "limits": {"source": ["x"]}}}
    assert said.roles({"g": ["b", "a", "z"]}, "g", rules) == [said.Role("admin", {})]
    assert said.roles({"g": "c"}, "g", rules) == [said.Role("member", {"source": ["x"]})]
    assert said.roles({"g": ["a"]}, "", rules) == []
    assert said.roles({}, "g", rules) == []


@pytest.mark.parametrize(
    ("value", "key"),
    [("Sunrise Stays", "sunrise-stays"), ("  É. & Co. ", "e-co"), ("--", ""), ("ଓଡ଼ିଶା", ""), ("a" * 100, "a" * 62)],
)
def test_a_key_is_made_of_what_a_key_may_hold(value, key):
    assert said.key_of(value) == key
