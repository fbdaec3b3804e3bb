"""Pure decisions on uploads: what the headers of tus 1.0.0 say, and what may happen next."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from ridley.core.access.errors import BadRequest, Conflict, NotReady
from ridley.core.files.errors import (
    ChecksumMismatch,
    Expired,
    LengthRequired,
    ProtocolMismatch,
    TooLarge,
    WrongContentType,
)

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "termination", "expiration", "checksum")
CONTENT_TYPE = "application/offset+octet-stream"
CHECKSUMS = ("sha1", "sha256")
RECEIVING, COMPLETE, EXPIRED, QUARANTINED = "receiving", "complete", "expired", "quarantined"

MAX_NAME, MAX_MEDIA_TYPE, MAX_METADATA = 255, 100, 4096
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
METADATA = ("filename", "filetype")
NOT_IN_FILE_NAMES = frozenset('/\\:*?"<>|')
# They turn the direction of text, so that "gpj.exe" can be shown as "exe.jpg".
DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says about the bytes of one request."""

    algorithm: str
    digest: bytes


def require_version(given: str | None) -> None:
    """Raise ProtocolMismatch unless the request speaks our version of tus."""
    if given != VERSION:
        raise ProtocolMismatch(f"Tus-Resumable: got {shown(given)}, wanted {VERSION}.")


def require_content_type(given: str | None) -> None:
    if (given or "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise WrongContentType(f"Content-Type: got {shown(given)}, wanted {CONTENT_TYPE}.")


def whole_number(header: str, given: str | None) -> int:
    """A length or offset: decimal digits, at most 2**63 - 1. Raises BadRequest."""
    text = (given or "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) >= 2**63:
        code = f"bad-{header.lower()}"
        raise BadRequest(f"{header}: got {shown(given)}, wanted a number of bytes, 0 or more.", code=code)
    return int(text)


def announced_size(given: str | None, *, most: int) -> int:
    """What Upload-Length announces. Raises TooLarge over the budget of `most` bytes."""
    size = whole_number("Upload-Length", given)
    if size > most:
        raise TooLarge(f"Upload-Length: got {size} bytes, wanted {most} at most.", most=most)
    return size


def body_length(content_length: str | None, *, chunked: bool, ends_by_itself: bool) -> int | None:
    """The bytes that a body says it has; None for a chunked one, which ends by itself if the server reads such."""
    if content_length:
        return whole_number("Content-Length", content_length)
    if chunked and not ends_by_itself:
        raise LengthRequired("Content-Length: got none, wanted the number of bytes; chunked bodies are not read here.")
    return None if chunked else 0


def metadata(given: str | None) -> dict[str, str]:
    """Upload-Metadata, `key base64,key base64`, decoded. Raises BadRequest for what is not well formed or not known."""
    found: dict[str, str] = {}
    if len(given or "") > MAX_METADATA:
        raise bad_metadata(f"got {len(given or '')} characters, wanted {MAX_METADATA} at most")
    for pair in (given or "").split(","):
        key, _, encoded = pair.strip().partition(" ")
        if not key:
            continue
        if key not in METADATA or key in found:
            raise bad_metadata(f"got {shown(key)}, wanted {' and '.join(METADATA)}, each once")
        try:
            found[key] = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise bad_metadata(f"the value of {key} is not UTF-8 text in base64") from None
    return found


def described(found: dict[str, str]) -> tuple[str, str]:
    """Name and media type from the metadata. The name is kept as given; only what no screen can show is refused."""
    name, media_type = found.get("filename", ""), found.get("filetype") or UNKNOWN_MEDIA_TYPE
    if not 1 <= len(name) <= MAX_NAME:
        raise bad_metadata(f"filename: got {len(name)} characters, wanted 1 to {MAX_NAME}")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise bad_metadata(f"filename: got {shown(name)}, wanted no control characters")
    if len(media_type) > MAX_MEDIA_TYPE or not MEDIA_TYPE.fullmatch(media_type.partition(";")[0].strip()):
        raise bad_metadata(f"filetype: got {shown(media_type)}, wanted a media type like text/csv")
    if not (media_type.isascii() and media_type.isprintable()):
        raise bad_metadata(f"filetype: got {shown(media_type)}, wanted plain ASCII")
    return name, media_type


def metadata_header(name: str, media_type: str) -> str:
    """The metadata as the sender gave it."""
    values = (("filename", name), ("filetype", media_type))
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values)


def checksum(given: str | None) -> Checksum | None:
    """Upload-Checksum, `algorithm base64`; None without the header. Raises BadRequest."""
    if given is None:
        return None
    algorithm, _, encoded = given.strip().partition(" ")
    try:
        digest = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm not in CHECKSUMS or not digest:
        detail = f"Upload-Checksum: got {shown(given)}, wanted {' or '.join(CHECKSUMS)} and a digest in base64."
        raise BadRequest(detail, code="bad-checksum")
    return Checksum(algorithm, digest)


def require_receiving(state: str, *, expires_at: datetime, now: datetime) -> None:
    """Raise unless more bytes may come."""
    if state == EXPIRED or (state == RECEIVING and now >= expires_at):
        raise Expired("This upload was left unfinished for too long and is gone. Begin it anew.")
    if state != RECEIVING:
        detail = f"This upload is {state} already; nothing can be added or taken away."
        raise Conflict(detail, code="upload-not-receiving")


def require_complete(state: str) -> None:
    """Raise unless the file is there and may be read."""
    if state == QUARANTINED:
        raise Conflict("This file could not be read before and is in quarantine.", code="upload-quarantined")
    if state != COMPLETE:
        raise NotReady(f"This upload is {state}, wanted complete.", code="upload-not-complete")


def require_offset(given: int, *, arrived: int) -> None:
    if given != arrived:
        detail = f"Upload-Offset: got {given}, wanted {arrived}, which is what has arrived. Nothing was taken."
        raise Conflict(detail, code="offset-mismatch", offset=arrived)


def require_all(arrived: int, *, size: int) -> None:
    if arrived != size:
        raise NotReady(f"{arrived} of {size} bytes have arrived.", code="upload-not-complete")


def require_room(length: int | None, *, room: int) -> None:
    """Raise TooLarge if a body of this many bytes goes past the announced end."""
    if length is not None and length > room:
        detail = f"More came than was announced: wanted {room} more bytes at most. Nothing was taken."
        raise TooLarge(detail, code="more-than-announced", room=room)


def require_checksum(announced: Checksum | None, digest: bytes | None) -> None:
    if announced is not None and announced.digest != digest:
        detail = (
            f"Upload-Checksum: the bytes that came have another {announced.algorithm}. None was taken; send them again."
        )
        raise ChecksumMismatch(detail)


def expiry(now: datetime, *, hours: int) -> datetime:
    return now + timedelta(hours=hours)


def quarantine_expiry(now: datetime, *, days: int) -> datetime:
    return now + timedelta(days=days)


def storage_name(tenant_id: int, upload_id: int, sha256: str) -> str:
    """Where the bytes lie in storage. Nothing that a sender chose is in it but the hash."""
    return f"{tenant_id}/{sha256[:2]}/{upload_id}-{sha256}"


def safe_file_name(name: str) -> str:
    """A name to save a download under: the last part of a path, without what a file system or a shell could misread."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(
        "_" if character in NOT_IN_FILE_NAMES else character
        for character in unicodedata.normalize("NFC", last)
        if unicodedata.category(character) not in ("Cc", "Cs") and character not in DIRECTION_MARKS
    ).strip(". ")
    return kept[:MAX_NAME] or "file"


def download_name(name: str, state: str) -> str:
    """What a download is saved as. A file in quarantine gets an ending that no program opens by a click."""
    return safe_file_name(name)[: MAX_NAME - 12] + ".quarantined" if state == QUARANTINED else safe_file_name(name)


def bad_metadata(reason: str) -> BadRequest:
    return BadRequest(f"Upload-Metadata: {reason}.", code="bad-upload-metadata")


def shown(given: str | None) -> str:
    return "none" if given is None else repr(given[:60])
