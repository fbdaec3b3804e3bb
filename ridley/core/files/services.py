"""Deeds on uploads. Those that touch bytes open their own short transactions: none is held while bytes move."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from ridley.core.access.door import opened
from ridley.core.access.errors import Refusal
from ridley.core.access.permissions import FILES_UPLOAD
from ridley.core.access.scope import Scope
from ridley.core.audit.services import record
from ridley.core.files import parts, queries, rules, storage
from ridley.core.files.errors import UploadBusy
from ridley.core.files.models import State, Upload
from ridley.core.files.parts import Body, Part


def create_upload(scope: Scope, *, name: str, size: int, media_type: str = rules.UNKNOWN_MEDIA_TYPE) -> Upload:
    """Announce a file of `size` bytes, in the caller's transaction. Its bytes come with `receive`."""
    scope.require(FILES_UPLOAD)
    made = Upload.objects.create(
        tenant_id=scope.tenant_id,
        name=name,
        media_type=media_type,
        size=size,
        actor_id=scope.actor_id,
        expires_at=rules.expiry(timezone.now(), hours=settings.UPLOAD_KEPT_HOURS),
    )
    # an id is new to a database, but perhaps not to the disk under a database that was reset
    parts.part_path(scope.tenant_id, made.pk).unlink(missing_ok=True)
    return made


def begin_upload(scope: Scope, *, name: str, size: int, media_type: str, body: Body | None) -> Upload:
    """Announce a file, perhaps with its first bytes. If they are refused, nothing was announced."""
    with opened(scope):
        made = create_upload(scope, name=name, size=size, media_type=media_type)
    if body is None and size > 0:
        return made
    try:
        return receive(scope, id=made.pk, offset=0, body=body or Body(io.BytesIO(), 0))
    except Refusal:
        with held(scope, made.pk) as (upload, part):
            discard(scope, upload, part)
        raise


def store_bytes(scope: Scope, *, name: str, content: bytes, media_type: str = rules.UNKNOWN_MEDIA_TYPE) -> Upload:
    """A complete file of bytes that are in memory already."""
    body = Body(io.BytesIO(content), len(content))
    return begin_upload(scope, name=name, size=len(content), media_type=media_type, body=body)


def receive(scope: Scope, *, id: int, offset: int, body: Body) -> Upload:
    """Take bytes from `offset` on, which must be where the last ones ended. The last byte finishes the upload.

    A connection that is cut is no error: what arrived counts, and the upload's offset tells it.
    """
    with held(scope, id) as (upload, part):
        room = upload.size - part.size()
        rules.require_offset(offset, arrived=part.size())
        rules.require_room(body.length, room=room)
        digest = None
        try:
            digest = part.append(body, room=room)
        finally:
            note_arrived(scope, upload, part.size())
        if upload.offset == upload.size:
            complete(scope, upload, part, digest)
        return upload


def resume(scope: Scope, *, id: int) -> Upload:
    """The caller's upload, with the offset from which to go on.

    If all bytes are there and only their end was lost (the server was killed, the database away), it is finished now:
    senders take an offset at the end for success and would not come back.
    """
    with opened(scope):
        upload = queries.own_upload(scope, id)
        if upload.state != State.COMPLETE:
            rules.require_receiving(upload.state, expires_at=upload.expires_at, now=timezone.now())
    if upload.state != State.COMPLETE:
        upload.offset = parts.arrived(scope.tenant_id, id)
        if upload.offset == upload.size:
            return finish(scope, id=id)
    return upload


def finish(scope: Scope, *, id: int) -> Upload:
    """Complete an upload whose bytes are all there. Raises NotReady if some are missing."""
    with held(scope, id) as (upload, part):
        rules.require_all(part.size(), size=upload.size)
        complete(scope, upload, part, None)
        return upload


def terminate(scope: Scope, *, id: int) -> None:
    """Give up an unfinished upload of one's own: it is gone, with what had arrived."""
    with held(scope, id) as (upload, part):
        discard(scope, upload, part, event="core.upload_terminated")


@contextmanager
def held(scope: Scope, id: int) -> Iterator[tuple[Upload, Part]]:
    """The caller's own unfinished upload and its part, which nobody else gets until the block ends.

    Raises NotFound, Expired, Conflict or UploadBusy. It is read before the lock, so that no part is made in the name of
    what is not there, and again under it.
    """
    unfinished(scope, id)
    with parts.locked(scope.tenant_id, id) as part:
        yield unfinished(scope, id), part


def unfinished(scope: Scope, id: int) -> Upload:
    with opened(scope):
        upload = queries.own_upload(scope, id)
    rules.require_receiving(upload.state, expires_at=upload.expires_at, now=timezone.now())
    return upload


def note_arrived(scope: Scope, upload: Upload, offset: int) -> None:
    """Write down how far an upload came; it is kept for another while then."""
    if offset != upload.offset:
        upload.offset = offset
        upload.expires_at = rules.expiry(timezone.now(), hours=settings.UPLOAD_KEPT_HOURS)
        with opened(scope):
            upload.save(update_fields=["offset", "expires_at"])


def complete(scope: Scope, upload: Upload, part: Part, digest: str | None) -> None:
    """Move the part into storage and record it. Safe to run again after a crash at any point.

    `digest` is known if one request brought the whole file; else the part is read once more from the disk.
    """
    upload.sha256 = digest or part.sha256()
    upload.storage_name = rules.storage_name(upload.tenant_id, upload.pk, upload.sha256)
    with opened(scope):  # named before it is there, so that clean-up finds what a crash leaves
        upload.save(update_fields=["sha256", "storage_name"])
    upload.storage_name = storage.keep(part.path, upload.storage_name)
    upload.state, upload.offset, upload.completed_at = State.COMPLETE, upload.size, timezone.now()
    with opened(scope):
        upload.save(update_fields=["storage_name", "state", "offset", "completed_at"])
        record(scope, "core.file_received", subject=upload, name=upload.name, size=upload.size, sha256=upload.sha256)
    part.remove()


def discard(scope: Scope, upload: Upload, part: Part, *, event: str = "") -> None:
    with opened(scope):
        if event:
            record(scope, event, subject=upload, name=upload.name, size=upload.size, offset=part.size())
        Upload.objects.filter(tenant_id=scope.tenant_id, pk=upload.pk).delete()
    storage.remove(upload.storage_name)
    part.remove()


@contextmanager
def local_copy(upload: Upload) -> Iterator[Path]:
    """A path with a complete file's bytes, to read only. Needs no transaction.

    In a folder it is storage's own; from a bucket it is a copy that goes when the block ends. Raises DiskFull.
    """
    if (path := storage.folder_path(upload.storage_name)) is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile(dir=storage.copies(), prefix=f"{upload.pk}-") as copy:
        with parts.room_needed(), storage.opened_file(upload) as file:
            shutil.copyfileobj(file, copy, parts.CHUNK)
            copy.flush()
        yield Path(copy.name)


def expire_unfinished(scope: Scope, *, now: datetime) -> int:
    """Take back the tenant's unfinished uploads that nobody continued, and parts without one. Returns how many."""
    with opened(scope):
        overdue = list(due(scope, now).values_list("pk", flat=True))
        receiving = set(receiving_uploads(scope).values_list("pk", flat=True))
    before = now.timestamp() - settings.UPLOAD_KEPT_HOURS * 3600
    unknown = parts.left_behind(scope.tenant_id, known=receiving, before=before)
    return sum(expired(scope, id, now) for id in [*overdue, *unknown])


def expired(scope: Scope, id: int, now: datetime) -> bool:
    """Take back one upload or unknown part, unless somebody is sending to it at this moment."""
    try:
        with parts.locked(scope.tenant_id, id) as part:
            with opened(scope):
                upload = due(scope, now).filter(pk=id).first()
                if upload is not None:
                    upload.state = State.EXPIRED
                    upload.save(update_fields=["state"])
                    record(scope, "core.upload_expired", subject=upload, name=upload.name, offset=part.size())
                elif receiving_uploads(scope).filter(pk=id).exists():
                    return False
            if upload is not None:
                storage.remove(upload.storage_name)
            part.remove()
            return True
    except UploadBusy:
        return False


def quarantine(scope: Scope, *, id: int, code: str) -> None:
    """Keep a file that could not be read apart, in the caller's transaction, which tells why.

    No reader gets it again, only who may look into it can download it, and it goes after a while. Asking twice is
    harmless. It asks for no permission: who sent the file was allowed to, and its own job found out.
    """
    upload = Upload.objects.select_for_update().filter(tenant_id=scope.tenant_id, pk=id, state=State.COMPLETE).first()
    if upload is not None:
        upload.state = State.QUARANTINED
        upload.expires_at = rules.quarantine_expiry(timezone.now(), days=settings.QUARANTINE_KEPT_DAYS)
        upload.save(update_fields=["state", "expires_at"])
        record(scope, "core.file_quarantined", subject=upload, name=upload.name, sha256=upload.sha256, code=code)


def expire_quarantined(scope: Scope, *, now: datetime) -> int:
    """Take back the bytes of the tenant's files that were long enough in quarantine. Returns how many."""
    quarantined = Upload.objects.filter(tenant_id=scope.tenant_id, state=State.QUARANTINED)
    with opened(scope):
        overdue = list(quarantined.filter(expires_at__lte=now))
    for upload in overdue:
        storage.remove(upload.storage_name)  # first: after a crash in between, the next run comes again
        with opened(scope):
            if quarantined.filter(pk=upload.pk).update(state=State.EXPIRED):
                record(scope, "core.upload_expired", subject=upload, name=upload.name, offset=upload.offset)
    return len(overdue)


def receiving_uploads(scope: Scope) -> QuerySet[Upload]:
    return Upload.objects.filter(tenant_id=scope.tenant_id, state=State.RECEIVING)


def due(scope: Scope, now: datetime) -> QuerySet[Upload]:
    return receiving_uploads(scope).filter(expires_at__lte=now)
