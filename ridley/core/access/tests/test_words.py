"""What is wrong with a value is told in plain words: what was got and what was wanted."""

import pytest
from rest_framework import serializers
from rest_framework.test import APIClient

from ridley.core.access.fields import Input
from ridley.core.access.words import MISSING, field_at, in_words, shown, value_at


class Inner(Input):
    key = serializers.CharField(max_length=5)


class Outer(Input):
    number = serializers.IntegerField(min_value=1, max_value=9)
    share = serializers.FloatField()
    exact = serializers.BooleanField()
    at = serializers.DateTimeField()
    day = serializers.DateField()
    who = serializers.UUIDField()
    word = serializers.ChoiceField(choices=["red", "green"])
    text = serializers.CharField(max_length=5)
    mail = serializers.EmailField()
    home = serializers.URLField()
    slug = serializers.SlugField()
    names = serializers.ListField(child=serializers.CharField())
    limits = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    rows = Inner(many=True)
    password = serializers.CharField(max_length=3)
    hidden = serializers.IntegerField(write_only=True)


def told(field, value):
    """What is said of one value of one field, by its path."""
    serializer = Outer(data={field: value} if value is not MISSING else {}, partial=value is not MISSING)
    assert not serializer.is_valid()
    from ridley.core.access.problems import field_errors

    found = [one for one in field_errors(drf_details(serializer)) if one["field"].split(".")[0] == field]
    names = found[0]["field"].split(".")
    data = {field: value}
    got = value_at(data, names) if value is not MISSING else MISSING
    return in_words(field_at(Outer(), names), found[0]["code"], found[0]["message"], got)


def drf_details(serializer):
    try:
        serializer.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        return error.get_full_details()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", "x", 'Got "x", wanted a whole number.'),
        ("number", None, "Got null, wanted a whole number."),
        ("number", 12, "Got 12, wanted at most 9."),
        ("number", 0, "Got 0, wanted at least 1."),
        ("number", MISSING, "This is missing; wanted a whole number."),
        ("share", [], "Got [], wanted a number."),
        ("exact", "perhaps", 'Got "perhaps", wanted true or false.'),
        ("at", "yesterday", 'Got "yesterday", wanted a moment like 2026-11-22T12:00:00Z.'),
        ("day", "22.11.", 'Got "22.11.", wanted a day like 2026-11-22.'),
        ("who", "me", 'Got "me", wanted an id like 6f1c0f0e-0000-4000-8000-000000000000.'),
        ("word", "blue", 'Got "blue", wanted one of red, green.'),
        ("word", None, "Got null, wanted one of red, green."),
        ("word", MISSING, "This is missing; wanted one of red, green."),
        ("text", {"a": 1}, 'Got {"a": 1}, wanted text.'),
        ("text", "", "Got nothing, wanted text."),
        ("text", "abcdef", "Got 6 characters, wanted at most 5."),
        ("mail", "asha", 'Got "asha", wanted an e-mail address.'),
        ("home", "asha", 'Got "asha", wanted an address like https://example.com/.'),
        ("slug", "a/b", 'Got "a/b", wanted letters, digits, dashes and underscores.'),
        ("names", "abc", 'Got "abc", wanted a list.'),
        ("names", ["a", {}], "Got {}, wanted text."),
        ("limits", [], "Got [], wanted an object."),
        ("limits", {"source": "acme"}, 'Got "acme", wanted a list.'),
        ("rows", "x", 'Got "x", wanted a list.'),
        ("rows", [3], "Got 3, wanted an object."),
        ("rows", [{"key": "a"}, {"key": "abcdef"}], "Got 6 characters, wanted at most 5."),
        ("text", "x" * 100, "Got 100 characters, wanted at most 5."),
        ("number", "x" * 100, f'Got "{"x" * 56}..., wanted a whole number.'),
    ],
)
def test_a_wrong_value_is_told_with_what_is_wanted(field, value, words):
    assert told(field, value) == words


@pytest.mark.parametrize(("field", "value"), [("password", "hunter22"), ("hidden", "hunter22")])
def test_a_secret_is_never_repeated(field, value):
    assert "hunter22" not in told(field, value)


def test_words_of_our_own_are_left_as_they_are():
    field = serializers.CharField()
    assert in_words(field, "invalid", "A key is up to 62 small letters.", "B A D") == "A key is up to 62 small letters."
    assert in_words(field, "unknown", "This field is not known here.", 1) == "This field is not known here."
    assert in_words(None, "invalid", "No.", 1) == "No."


def test_paths_lead_to_fields_and_values():
    assert field_at(Outer(), ["rows", "1", "key"]).max_length == 5
    assert field_at(Outer(), ["nothing"]) is None
    assert field_at(Outer(), ["number", "x"]) is None
    assert value_at({"rows": [{}, {"key": 1}]}, ["rows", "1", "key"]) == 1
    assert value_at({"rows": []}, ["rows", "1", "key"]) is MISSING
    assert shown(MISSING) == "nothing"


def test_over_http_a_body_is_told_so(world):
    refused = world.client("admin").patch("meta/", {"language": "fr", "support_email": "asha", "name": None})
    assert {error["field"]: error["message"] for error in refused.json()["errors"]} == {
        "language": 'Got "fr", wanted one of en, hi.',
        "support_email": 'Got "asha", wanted an e-mail address.',
        "name": "Got null, wanted text.",
    }
    listed = world.client("admin").generic("POST", "branches/", "[]", content_type="application/json")
    assert listed.json()["detail"] == "Got [], wanted an object."


def test_without_sign_in_it_is_told_how(world):
    refused = APIClient().get(f"/api/v1/{world.tenant.key}/meta/")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="ridley"')
    assert refused.json()["detail"] == (
        "Got no sign-in, wanted an access token (Authorization: Bearer ...) or the cookie of a signed-in session."
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("events/?since=yesterday", 'since: Got "yesterday", wanted a moment like 2026-11-22T12:00:00Z.'),
        ("events/?actor=me", 'actor: Got "me", wanted an id like 6f1c0f0e-0000-4000-8000-000000000000.'),
        ("branches/?parent=x", 'parent: Got "x", wanted a number.'),
        ("branches/?archived=maybe", 'archived: Got "maybe", wanted true or false.'),
        ("jobs/?state=lost", 'state: Got "lost", wanted one of waiting, running, done, failed, cancelled.'),
    ],
)
def test_a_filter_is_told_so_too(world, path, words):
    refused = world.client("admin").get(path)
    assert (refused.status_code, refused.json()["detail"]) == (400, words)
