"""If-Match: which version a careful writer saw."""

from types import SimpleNamespace

import pytest
from rest_framework.test import APIRequestFactory

from ridley.core.access.errors import BadRequest
from ridley.core.access.etag import etag, expected_version


def expected(header):
    return expected_version(APIRequestFactory().patch("/", headers={"If-Match": header}), "source", 7)


def test_a_tag_names_the_record_and_its_version():
    record = SimpleNamespace(_meta=SimpleNamespace(model_name="source"), pk=7, version=3)
    assert etag(record) == '"source-7-3"'
    assert expected(etag(record)) == 3


@pytest.mark.parametrize("header", ["", "*", "  *  "])
def test_no_tag_expects_no_version(header):
    assert expected(header) is None


@pytest.mark.parametrize(
    "header",
    ['"source-8-3"', '"table-7-3"', '"source-7-"', '"source-7-x"', '"source-7-0"', '"source-7--3"', '""', '"a", "b"',
     '"source-7-\xb2"', f'"source-7-{"9" * 5000}"', '""source-7-3""'],
)  # fmt: skip
def test_a_tag_of_something_else_matches_no_version(header):
    assert expected(header) == -1


@pytest.mark.parametrize("header", ["source-7-3", 'W/"source-7-3"', '"', '"source-7-3', "3"])
def test_what_is_no_strong_tag_is_refused(header):
    with pytest.raises(BadRequest) as refused:
        expected(header)
    assert (refused.value.status, refused.value.code) == (400, "bad-etag")


def test_a_reader_who_has_the_current_version_gets_304_and_a_writer_with_a_stale_one_412(world):
    admin = world.client("admin")
    path = f"branches/{admin.post('branches/', {'key': 'b', 'title': 'B'}).json()['id']}/"
    tag = admin.get(path)["ETag"]
    unchanged = admin.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", tag)
    assert admin.delete(path, headers={"If-Match": '"branch-1-999"'}).status_code == 412
    assert admin.get(path).json()["archived_at"] is None
    assert admin.patch(path, {"title": "C"}, headers={"If-Match": "*"}).status_code == 200
    fresh = admin.get(path, headers={"If-None-Match": tag})
    assert (fresh.status_code, fresh.json()["title"]) == (200, "C")
    assert admin.delete(path, headers={"If-Match": tag}).status_code == 412
    assert admin.delete(path, headers={"If-Match": fresh["ETag"]}).status_code == 204
