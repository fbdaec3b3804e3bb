"""What headers say and what may happen next."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridley.core.access.errors import BadRequest, Conflict, NotReady
from ridley.core.files import rules
from ridley.core.files.errors import (
    ChecksumMismatch,
    Expired,
    LengthRequired,
    ProtocolMismatch,
    TooLarge,
    WrongContentType,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def coded(text):
    return base64.b64encode(text.encode()).decode()


def test_only_our_version_of_tus_is_spoken():
    rules.require_version("1.0.0")
    for other in (None, "", "0.2.2", "1.0"):
        with pytest.raises(ProtocolMismatch) as refusal:
            rules.require_version(other)
        assert (refusal.value.status, refusal.value.code) == (412, "tus-version")
    assert refusal.value.detail == "Tus-Resumable: got '1.0', wanted 1.0.0."


def test_only_the_content_type_of_tus_is_taken():
    rules.require_content_type("application/offset+octet-stream")
    rules.require_content_type("Application/Offset+Octet-Stream; x=1")
    for other in (None, "", "application/json", "application/octet-stream"):
        with pytest.raises(WrongContentType) as refusal:
            rules.require_content_type(other)
        assert refusal.value.status == 415


@pytest.mark.parametrize("text", [None, "", "-1", "1.5", "1e3", "0x10", "٣", "9223372036854775808", "1" * 5000, "1 2"])
def test_a_length_that_is_no_number_of_bytes_is_refused_with_its_headers_name(text):
    with pytest.raises(BadRequest) as refusal:
        rules.whole_number("Upload-Offset", text)
    assert refusal.value.code == "bad-upload-offset"
    assert refusal.value.detail.startswith("Upload-Offset: got ")
    assert len(refusal.value.detail) < 150


def test_lengths_are_read_exactly_up_to_the_largest_that_the_database_keeps():
    assert rules.whole_number("Upload-Offset", " 007 ") == 7
    assert rules.whole_number("Upload-Offset", "9223372036854775807") == 2**63 - 1


def test_a_size_over_the_budget_is_too_large_and_one_of_the_budget_is_not():
    assert rules.announced_size("100", most=100) == 100
    with pytest.raises(TooLarge) as refusal:
        rules.announced_size("101", most=100)
    assert (refusal.value.status, refusal.value.code, refusal.value.extra) == (413, "upload-too-large", {"most": 100})


def test_a_bodys_length_is_said_or_the_body_ends_by_itself():
    assert rules.body_length("12", chunked=False, ends_by_itself=False) == 12
    assert rules.body_length("", chunked=False, ends_by_itself=True) == 0
    assert rules.body_length(None, chunked=True, ends_by_itself=True) is None
    with pytest.raises(LengthRequired) as refusal:
        rules.body_length(None, chunked=True, ends_by_itself=False)
    assert refusal.value.status == 411


def test_metadata_is_read_and_written_alike():
    header = rules.metadata_header("Tarif été.csv", "text/csv")
    assert header == f"filename {coded('Tarif été.csv')},filetype {coded('text/csv')}"
    assert rules.metadata(header) == {"filename": "Tarif été.csv", "filetype": "text/csv"}
    assert rules.metadata(f" filename  {coded('a')} , ") == {"filename": "a"}
    assert rules.metadata(None) == {}


@pytest.mark.parametrize(
    "header",
    [
        "filename !!!", "filename /w==", "filename YQ", f"filname {coded('a')}",
        f"filename {coded('a')},filename {coded('b')}", f"filename {coded('a' * 4000)}",
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_read_or_is_not_known_is_refused(header):
    with pytest.raises(BadRequest) as refusal:
        rules.metadata(header)
    assert refusal.value.code == "bad-upload-metadata"
    assert refusal.value.detail.startswith("Upload-Metadata: ")


def test_a_name_is_kept_as_given_and_the_media_type_is_unknown_if_not_said():
    assert rules.described({"filename": "../../etc/passwd"}) == ("../../etc/passwd", "application/octet-stream")
    assert rules.described({"filename": "क्ष.csv", "filetype": ""}) == ("क्ष.csv", "application/octet-stream")
    assert (
        rules.described({"filename": "a" * 255, "filetype": "text/csv; charset=utf-8"})[1] == "text/csv; charset=utf-8"
    )


@pytest.mark.parametrize(
    "found",
    [
        {}, {"filename": ""}, {"filename": "a" * 256}, {"filename": "a\x00b"}, {"filename": "a\nb"},
        {"filename": "a", "filetype": "csv"}, {"filename": "a", "filetype": "text/csv\r\nX: 1"},
        {"filename": "a", "filetype": "text/csv; é"}, {"filename": "a", "filetype": "text/" + "c" * 96},
    ],
)  # fmt: skip
def test_a_name_or_type_that_cannot_be_shown_is_refused(found):
    with pytest.raises(BadRequest) as refusal:
        rules.described(found)
    assert refusal.value.code == "bad-upload-metadata"


def test_a_checksum_names_its_algorithm_and_digest():
    assert rules.checksum(None) is None
    assert rules.checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=") == rules.Checksum(
        "sha1", bytes.fromhex("2aae6c35c94fcfb415dbe95f408b9ce91ee846ed")
    )
    for bad in ("", "sha1", "md5 Kq5s", "sha256 !", "sha256 "):
        with pytest.raises(BadRequest) as refusal:
            rules.checksum(bad)
        assert refusal.value.code == "bad-checksum"


def test_a_checksum_must_be_that_of_the_bytes():
    rules.require_checksum(None, None)
    rules.require_checksum(rules.Checksum("sha1", b"x"), b"x")
    with pytest.raises(ChecksumMismatch) as refusal:
        rules.require_checksum(rules.Checksum("sha1", b"x"), b"y")
    assert refusal.value.status == 460


def test_bytes_may_come_while_an_upload_is_receiving_and_before_it_expires():
    rules.require_receiving("receiving", expires_at=NOON + timedelta(microseconds=1), now=NOON)
    for state, expires_at in (("expired", NOON + timedelta(1)), ("receiving", NOON)):
        with pytest.raises(Expired) as refusal:
            rules.require_receiving(state, expires_at=expires_at, now=NOON)
        assert refusal.value.status == 410
    for state in ("complete", "quarantined"):
        with pytest.raises(Conflict) as conflict:
            rules.require_receiving(state, expires_at=NOON, now=NOON)
        assert (conflict.value.status, conflict.value.code) == (409, "upload-not-receiving")


def test_a_file_is_given_out_only_when_complete():
    rules.require_complete("complete")
    for state in ("receiving", "expired"):
        with pytest.raises(NotReady) as unfinished:
            rules.require_complete(state)
        assert unfinished.value.code == "upload-not-complete"
    with pytest.raises(Conflict) as refusal:
        rules.require_complete("quarantined")
    assert refusal.value.code == "upload-quarantined"


def test_the_offset_must_be_what_has_arrived():
    rules.require_offset(5, arrived=5)
    for given_offset in (4, 6):
        with pytest.raises(Conflict) as refusal:
            rules.require_offset(given_offset, arrived=5)
        assert (refusal.value.code, refusal.value.extra) == ("offset-mismatch", {"offset": 5})


def test_a_body_may_fill_the_room_and_not_more():
    rules.require_room(None, room=0)
    rules.require_room(5, room=5)
    with pytest.raises(TooLarge) as refusal:
        rules.require_room(6, room=5)
    assert (refusal.value.code, refusal.value.extra) == ("more-than-announced", {"room": 5})


def test_all_bytes_must_have_arrived_to_finish():
    rules.require_all(5, size=5)
    with pytest.raises(NotReady) as refusal:
        rules.require_all(4, size=5)
    assert refusal.value.detail == "4 of 5 bytes have arrived."


def test_an_upload_is_kept_for_some_hours():
    assert rules.expiry(NOON, hours=24) == datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_the_storage_name_holds_nothing_that_a_sender_chose():
    assert rules.storage_name(7, 12, "ab" * 32) == f"7/ab/12-{'ab' * 32}"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("prices.csv", "prices.csv"), ("../../etc/passwd", "passwd"), ("C:\\Users\\me\\a.xlsx", "a.xlsx"),
        ('a"b;c.csv', "a_b;c.csv"), ("..", "file"), ("", "file"), ("a/", "file"), (".htaccess", "htaccess"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie_ x"), ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("ओडिशा क्ष.csv", "ओडिशा क्ष.csv"), ("x" * 300, "x" * 255),
    ],
)  # fmt: skip
def test_a_download_is_saved_under_a_harmless_name(name, safe):
    assert rules.safe_file_name(name) == safe


@given(st.text())
def test_no_name_leaves_its_folder_or_its_header(name):
    safe = rules.safe_file_name(name)
    assert safe
    assert not set(safe) & set('/\\\r\n\x00"')
    assert safe not in (".", "..")


@given(st.text(min_size=1, max_size=200).filter(lambda name: name.isprintable()))
def test_every_printable_name_survives_the_header(name):
    assert rules.described(rules.metadata(rules.metadata_header(name, "text/csv"))) == (name, "text/csv")
