"""Files over REST: resumable upload by tus 1.0.0, list, details, download."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import path
from django.utils.http import content_disposition_header, http_date
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access.export import ScopedStream
from ridley.core.access.permissions import FILES_UPLOAD, FILES_VIEW
from ridley.core.access.schema import header, refusals
from ridley.core.access.views import DetailView, ListView, ScopedView
from ridley.core.files import queries, rules, services, storage
from ridley.core.files.models import State, Upload
from ridley.core.files.parts import CHUNK, Body

# A sender who is silent for so long is gone. Without an end, a lost connection would hold its upload for ever.
SILENCE_SECONDS = 60
BYTES = {rules.CONTENT_TYPE: OpenApiTypes.BINARY}
TAKING = "400 401 403 404 409 410 411 412 413 415 423 460 507"  # what a verb that takes bytes may refuse with


def needed(name: str, kind: type, text: str = "", enum: list[str] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, required=True, description=text, enum=enum)


def answers(success: Any, shape: Any, codes: str) -> dict[Any, Any]:
    return {success: shape, **refusals(codes)}


TUS = needed("Tus-Resumable", str, enum=[rules.VERSION])
OFFSET = needed("Upload-Offset", int, "Bytes sent before.")
CHECKSUM = header("Upload-Checksum", "sha1 or sha256, a space, and the digest of this body in base64.")


class UploadOut(serializers.ModelSerializer):
    class Meta:
        model = Upload
        fields = [
            "id", "name", "media_type", "size", "offset", "state", "sha256", "actor_id", "created_at", "expires_at",
            "completed_at",
        ]  # fmt: skip


class UploadFilters(filters.FilterSet):
    state = filters.ChoiceFilter(choices=State.choices)
    actor = filters.UUIDFilter(field_name="actor_id")
    sha256 = filters.CharFilter(help_text="Of the whole file, 64 hexadecimal digits.")
    name = filters.CharFilter(help_text="As the sender called it, exactly.")

    class Meta:
        model = Upload
        fields: list[str] = []


class TusView(ScopedView):
    """A view that speaks tus: its verbs stream, and every answer names the protocol."""

    abstract = True
    takes_idempotency_key = False  # the key's check would read the whole body
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        found = Response(status=204)
        found["Tus-Version"] = rules.VERSION
        found["Tus-Extension"] = ",".join(rules.EXTENSIONS)
        found["Tus-Checksum-Algorithm"] = ",".join(rules.CHECKSUMS)
        found["Tus-Max-Size"] = str(settings.UPLOAD_MAX_BYTES)
        return found

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["Tus-Resumable"] = rules.VERSION
        if response.status_code == 412:
            response["Tus-Version"] = rules.VERSION
        return super().finalize_response(request, response, *args, **kwargs)

    def told(self, upload: Upload, response: Response) -> Response:
        """The answer with the headers that tell how far an upload is."""
        response["Upload-Offset"] = str(upload.offset)
        if upload.state == State.RECEIVING:
            response["Upload-Expires"] = http_date(upload.expires_at.timestamp())
        return response


def sent(request: Request) -> Body:
    """The body of a request, unread. Raises for one that is not of bytes or does not say its length."""
    rules.require_content_type(request.headers.get("Content-Type"))
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    ends_by_itself = bool(request.META.get("wsgi.input_terminated"))
    length = rules.body_length(request.META.get("CONTENT_LENGTH"), chunked=chunked, ends_by_itself=ends_by_itself)
    checksum = rules.checksum(request.headers.get("Upload-Checksum"))
    if (connection := request.META.get("gunicorn.socket")) is not None:
        connection.settimeout(SILENCE_SECONDS)
    # Django reads no further than Content-Length, and so nothing at all of a chunked body
    return Body(request._request if length is not None else request.META["wsgi.input"], length, checksum)


class UploadsView(TusView, ListView):
    """Files: those there are, and the beginning of a new one."""

    permissions = {"get": FILES_VIEW, "post": FILES_UPLOAD}
    streaming_verbs = frozenset({"post"})
    query = staticmethod(queries.uploads)
    order = ("-id",)
    filters = UploadFilters
    output = UploadOut
    export_name = "uploads"

    @extend_schema(
        parameters=[
            TUS,
            needed("Upload-Length", int, "Bytes of the file."),
            needed("Upload-Metadata", str, "`filename`, perhaps `filetype`: key, space, base64; a comma between."),
            CHECKSUM,
        ],
        request=BYTES,
        responses=answers("201", UploadOut, TAKING),
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Announce a file (tus: creation). The body may bring its first bytes. Location is where the rest is sent."""
        rules.require_version(request.headers.get("Tus-Resumable"))
        size = rules.announced_size(request.headers.get("Upload-Length"), most=settings.UPLOAD_MAX_BYTES)
        name, media_type = rules.described(rules.metadata(request.headers.get("Upload-Metadata")))
        empty = request.META.get("CONTENT_LENGTH") in (None, "", "0") and "Transfer-Encoding" not in request.headers
        body = None if empty else sent(request)
        made = services.begin_upload(self.scope, name=name, size=size, media_type=media_type, body=body)
        response = self.told(made, self.shown(made, status=201))
        response["Location"] = f"{request.path}{made.pk}/"
        return response


class UploadView(TusView, DetailView):
    """One file: its details, and for the one who sends it, its bytes."""

    permissions = {"get": FILES_VIEW, "head": FILES_UPLOAD, "patch": FILES_UPLOAD, "delete": FILES_UPLOAD}
    streaming_verbs = frozenset({"head", "patch", "delete"})
    one = staticmethod(queries.upload)
    output = UploadOut

    @extend_schema(parameters=[TUS], responses=answers("200", None, "400 401 403 404 409 410 412 423"))
    def head(self, request: Request, **kwargs: Any) -> Response:
        """How far did it come?"""
        rules.require_version(request.headers.get("Tus-Resumable"))
        upload = services.resume(self.scope, **self.path())
        response = self.told(upload, Response(status=200))
        response["Upload-Length"] = str(upload.size)
        response["Upload-Metadata"] = rules.metadata_header(upload.name, upload.media_type)
        response["Cache-Control"] = "no-store"
        return response

    @extend_schema(
        parameters=[TUS, OFFSET, CHECKSUM],
        request=BYTES,
        responses=answers("204", None, TAKING),
    )
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Send bytes, from the offset that HEAD tells. The last byte completes the file. Of a cut connection what
        arrived counts."""
        rules.require_version(request.headers.get("Tus-Resumable"))
        offset = rules.whole_number("Upload-Offset", request.headers.get("Upload-Offset"))
        upload = services.receive(self.scope, **self.path(), offset=offset, body=sent(request))
        return self.told(upload, Response(status=204))

    @extend_schema(parameters=[TUS], responses=answers("204", None, "401 403 404 409 410 412 423"))
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Give up an unfinished upload (tus: termination)."""
        rules.require_version(request.headers.get("Tus-Resumable"))
        services.terminate(self.scope, **self.path())
        return Response(status=204)


class ContentView(ScopedView):
    """A file's bytes."""

    permissions = {"get": FILES_VIEW}

    @extend_schema(responses=answers((200, "application/octet-stream"), OpenApiTypes.BINARY, "401 403 404 409"))
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Download. Always as plain bytes: what a sender calls text/html must not become a page of ours.

        A file in quarantine could not be read. It is given only to who has `core.files_quarantine`.
        """
        upload = queries.downloadable_upload(self.scope, **self.path())
        response = ScopedStream(pieces(storage.opened_file(upload)), content_type="application/octet-stream")
        response["Content-Length"] = str(upload.size)
        response["Content-Disposition"] = content_disposition_header(
            True, rules.download_name(upload.name, upload.state)
        )
        response["X-Content-Type-Options"] = "nosniff"
        return response


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a file, which is closed at their end or when the receiver goes away. No scope is needed: storage
    knows no tenants, and the row was read in the request's."""
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


urlpatterns = [
    path("uploads/", UploadsView.as_view()),
    path("uploads/<int:id>/", UploadView.as_view()),
    path("uploads/<int:id>/content/", ContentView.as_view()),
]
