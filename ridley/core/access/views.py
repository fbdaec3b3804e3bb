"""The door as a Django REST framework view, and the five things most views do."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpResponseBase
from rest_framework import generics
from rest_framework.exceptions import MethodNotAllowed, PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from ridley.core.access import idempotency, limits, request_id
from ridley.core.access.door import enter
from ridley.core.access.errors import BadRequest, Denied, Stale
from ridley.core.access.etag import etag, expected_version
from ridley.core.access.export import FORMATS, ScopedStream, export
from ridley.core.access.fields import BoundedJSON
from ridley.core.access.paging import page
from ridley.core.access.problems import problem
from ridley.core.access.scope import Scope
from ridley.core.access.second_factor import came_with_second_factor
from ridley.core.access.words import of_filter
from ridley.core.database.pin import restore

VERBS = ("get", "post", "put", "patch", "delete", "head")
Needed = str | Callable[[Scope], bool]  # a permission, or a question to the scope where any of several will do


class NotPermitted(Denied, PermissionDenied):  # type: ignore[misc]
    """Denied, as the browsable API understands it too: it asks beforehand which forms to show."""


class HasDeclaredPermission(BasePermission):
    """The member holds the permission that the view declares for this verb."""

    def has_permission(self, request: Request, view: Any) -> bool:
        verb = (request.method or "").lower()
        needed = view.permissions.get(verb, view.permissions.get("get") if verb == "head" else None)
        if needed is None:
            if request.method == "OPTIONS":
                return True
            raise MethodNotAllowed(str(request.method))
        if isinstance(needed, str):
            if not view.scope.can(needed):
                raise NotPermitted(f"This needs the permission {needed}.", permission=needed)
        elif not needed(view.scope):
            raise NotPermitted("You may not do this here.")
        return True


class ScopedView(generics.GenericAPIView):
    """A view inside a tenant. Opens the transaction, resolves the membership, pins the tenant, asks for the permission.

    Any answer of 400 or above rolls back everything that was written. A class that serves a verb without declaring a
    permission for it fails at import. For a streaming verb the transaction ends at the door: its service opens scopes
    of its own (access.door.opened), each of which a raised refusal rolls back.
    """

    permissions: ClassVar[dict[str, Needed]] = {}
    permission_classes = (IsAuthenticated, HasDeclaredPermission)
    parser_classes: Any = (BoundedJSON,)
    metadata_class: Any = None  # OPTIONS answers 405; a browser's preflight is answered by the CORS middleware
    takes_idempotency_key = True
    streaming_verbs: ClassVar[frozenset[str]] = frozenset()  # no transaction is held while these are carried out
    input: ClassVar[Any] = None  # serializer of the body
    output: ClassVar[Any] = None  # serializer of the answer
    scope: Scope
    caller: Request | None = None  # who asks, from before the transaction
    counted: limits.Counted | None = None
    barred: Exception | None = None  # why they are turned away

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("abstract"):
            return
        served = {verb for verb in VERBS if hasattr(cls, verb)}
        if missing := sorted(served - set(cls.permissions)):
            raise TypeError(f"{cls.__name__} serves {', '.join(missing)} without declaring a permission for it.")

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.claim: idempotency.Claim | None = None
        self.before: str | None = None
        self.arrive(request, *args, **kwargs)
        if (request.method or "").lower() in self.streaming_verbs:
            response = super().dispatch(request, *args, **kwargs)
        else:
            response = self.in_transaction(super().dispatch, request, *args, **kwargs)
        if getattr(response, "streaming", False) and not isinstance(response, ScopedStream):
            raise RuntimeError(f"{type(self).__name__} streams outside a scope; use ScopedStream.")
        return response

    def arrive(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Who asks, and whether too often: before the transaction, whose rollback would take back what is counted."""
        self.caller = super().initialize_request(request, *args, **kwargs)
        try:
            self.counted = limits.arrive(self.caller)
        except Exception as error:  # whatever it is: it becomes an answer where errors do
            self.barred = error

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        return self.caller or super().initialize_request(request, *args, **kwargs)

    def in_transaction(self, dispatch: Callable[..., Any], request: Any, *args: Any, **kwargs: Any) -> Any:
        nested = connection.in_atomic_block
        with transaction.atomic():
            response = dispatch(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            elif nested and self.before is not None:
                restore(self.before)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if (request.method or "").lower() not in self.streaming_verbs:
            return self.come_in(request, *args, **kwargs)
        with transaction.atomic():
            self.come_in(request, *args, **kwargs)
            restore(self.before or "")

    def come_in(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        neg = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = neg
        if self.barred is not None:
            raise self.barred
        if not request.user.is_authenticated:
            self.permission_denied(request)
        self.scope, self.before = enter(
            kwargs["tenant"], request.user, request_id.current.get(), request.auth,
            second_factor=lambda: came_with_second_factor(request),
        )  # fmt: skip
        self.check_permissions(request)
        key = request.headers.get("Idempotency-Key")
        if key is not None and request.method == "POST" and self.takes_idempotency_key:
            call = f"{request.method} {request.path}"[:500]
            self.claim = idempotency.claim(self.scope, key=key, call=call, body=request._request.body)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, idempotency.Replayed):
            return exc.response
        if isinstance(exc, Stale):
            current = self.output(exc.current).data
            return problem(412, exc.code, exc.title, exc.detail, current=current, yours=self.request.data,
                           etag=etag(exc.current))  # fmt: skip
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.setdefault("Cache-Control", "private, no-cache")
        for name, value in (self.counted.headers() if self.counted else {}).items():
            response[name] = value
        if self.claim and response.status_code < 400:
            self.claim.keep(response)
        return response

    def path(self) -> dict[str, Any]:
        """What the address names besides the tenant."""
        return {name: value for name, value in self.kwargs.items() if name != "tenant"}

    def body(self, *, partial: bool = False) -> dict[str, Any]:
        """The validated body. Raises a 400 that names each wrong field."""
        serializer = self.input(data=self.request.data, partial=partial, context={"scope": self.scope})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def shown(self, record: Any, *, status: int = 200) -> Response:
        """One record as an answer, with its ETag where it has versions."""
        response = Response(self.output(record, context={"scope": self.scope}).data, status=status)
        if hasattr(record, "version") and hasattr(record, "_meta"):
            response["ETag"] = etag(record)
        return response

    def get_serializer_class(self) -> Any:
        return self.output or self.input


class ListView(ScopedView):
    """GET: a page of a query, filtered as declared; `?format=csv` or `ndjson` streams all of it."""

    abstract = True
    query: ClassVar[Callable[..., QuerySet]]
    order: ClassVar[tuple[str, ...]] = ("id",)
    filters: ClassVar[Any] = None
    export_name: ClassVar[str] = "export"

    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """A page of the list, narrowed by the filters; with `format`, all of it as a stream."""
        rows = self.filtered(type(self).query(self.scope, **self.path()))
        wanted = request.query_params.get("format")
        if wanted is not None:
            if wanted not in FORMATS:
                raise BadRequest(f"format: got {wanted[:20]!r}, wanted csv or ndjson.", code="bad-format")
            return export(self.scope, rows.order_by(*self.order), self.show_one, wanted, self.export_name,
                          columns=list(self.output().fields))  # fmt: skip
        return self.answer(*page(rows, request, self.order))

    def answer(self, found: list[Any], following: str | None) -> Response:
        """A page, and the cursor of the next one."""
        return Response({"items": self.output(found, many=True, context={"scope": self.scope}).data, "next": following})

    def show_one(self, row: Any) -> dict[str, Any]:
        return self.output(row, context={"scope": self.scope}).data

    def filtered(self, rows: QuerySet, *, but: Collection[str] = ()) -> QuerySet:
        """Apply the declared filters; an unknown or unreadable one is a 400, not passed over.

        `but`: those that are only read, because the caller applies them in its own way.
        """
        given = self.request.query_params
        known = set(self.filters.get_filters()) if self.filters else set()
        if unknown := sorted(set(given) - known - {"cursor", "limit", "format"}):
            wanted = ", ".join(sorted(known)) or "none"
            raise BadRequest(f"Unknown filter {unknown[0][:40]!r}. Known: {wanted}.", code="unknown-filter")
        if not self.filters:
            return rows
        found = self.filters(given, queryset=rows, request=self.request)
        if not found.is_valid():
            field, messages = next(iter(found.errors.items()))
            words = of_filter(self.filters.base_filters[field], given.get(field, "")) or messages[0]
            raise BadRequest(f"{field}: {words}", code="bad-filter")
        for name, value in found.form.cleaned_data.items():
            if isinstance(value, datetime):
                found.form.cleaned_data[name] = in_utc(name, value)
            if value is None and given.get(name):  # a boolean that is neither true nor false, for one
                raise BadRequest(
                    f"{name}: {of_filter(self.filters.base_filters[name], given[name])}", code="bad-filter"
                )
        found.form.cleaned_data.update(dict.fromkeys(but))
        return found.qs


def in_utc(name: str, moment: datetime) -> datetime:
    """The same moment; PostgreSQL refuses offsets of 16 hours and more, and a stream could not tell that any more."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadRequest(f"{name}: wanted a moment between the years 1 and 9999.", code="bad-filter") from None


class CreateView(ScopedView):
    """POST: make one."""

    abstract = True
    create: ClassVar[Callable[..., Any]]

    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make one."""
        return self.shown(type(self).create(self.scope, **self.path(), values=self.body()), status=201)


class DetailView(ScopedView):
    """GET: one record, with a strong ETag."""

    abstract = True
    one: ClassVar[Callable[..., Any]]

    def get(self, request: Request, **kwargs: Any) -> Response:
        """One record. Its ETag, where it has one, is what If-Match takes."""
        record = type(self).one(self.scope, **self.path())
        response = self.shown(record)
        if "ETag" in response and request.headers.get("If-None-Match") == response["ETag"]:
            return Response(status=304, headers={"ETag": response["ETag"]})
        return response


class UpdateView(ScopedView):
    """PATCH: change some fields. With If-Match, only if nobody else changed it since."""

    abstract = True
    model_name: ClassVar[str]
    update: ClassVar[Callable[..., Any]]

    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change the fields that are given."""
        expected = expected_version(request, self.model_name, kwargs["id"])
        values = self.body(partial=True)
        return self.shown(type(self).update(self.scope, **self.path(), values=values, expected=expected))


class ArchiveView(ScopedView):
    """DELETE: archive. What has history is never deleted; archiving twice is harmless."""

    abstract = True
    archive: ClassVar[Callable[..., Any]]

    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Archive. It stays readable; archiving again changes nothing."""
        expected = expected_version(request, getattr(self, "model_name", ""), kwargs["id"])
        type(self).archive(self.scope, **self.path(), expected=expected)
        return Response(status=204)
