"""OpenAPI: what ScopedView declares becomes parameters, bodies and answers of the document."""

from __future__ import annotations

from functools import cache
from typing import Any

from django_filters.rest_framework import BooleanFilter, ChoiceFilter, IsoDateTimeFilter, NumberFilter, UUIDFilter
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from ridley.core.access.fields import ProblemOut


def header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text)


CURSOR = [
    OpenApiParameter("cursor", str, description="The `next` of the page before."),
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": 1000}, description="Rows a page; 100 if not given."
    ),
    OpenApiParameter("format", str, enum=["csv", "ndjson"], description="Stream the whole list in this format."),
]
PROBLEM = OpenApiResponse(ProblemOut, description="Why not, as problem+json; nothing was changed.")


def refusals(codes: str) -> dict[Any, Any]:
    """What a verb may refuse with, like "401 403", as extend_schema takes it."""
    return {(code, "application/problem+json"): PROBLEM for code in codes.split()}


def filter_parameters(filters: Any) -> list[OpenApiParameter]:
    """The declared filters of a list as query parameters."""
    found = []
    for name, declared in filters.base_filters.items() if filters else ():
        kind: Any = str
        if isinstance(declared, BooleanFilter):
            kind = bool
        elif isinstance(declared, NumberFilter):
            kind = int
        elif isinstance(declared, IsoDateTimeFilter):
            kind = OpenApiTypes.DATETIME
        elif isinstance(declared, UUIDFilter):
            kind = OpenApiTypes.UUID
        choices = [value for value, _ in declared.extra["choices"]] if isinstance(declared, ChoiceFilter) else None
        found.append(OpenApiParameter(name, kind, enum=choices, description=str(declared.extra.get("help_text", ""))))
    return found


@cache
def page_of(output: type[serializers.Serializer]) -> Any:
    """The shape of a page. One for all lists that answer with the same records."""
    shape = {"items": output(many=True), "next": serializers.CharField(allow_null=True)}
    return inline_serializer(f"{output.__name__.removesuffix('Out')}Page", shape)


class BearerScheme(OpenApiAuthenticationExtension):
    """An access token from sign-in (POST /_allauth/app/v1/auth/login): five minutes, then refresh it."""

    target_class = "ridley.core.accounts.authentication.BearerToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": str(self.__doc__)}


class ApiTokenScheme(OpenApiAuthenticationExtension):
    """A program's token (POST /api/v1/{tenant}/service-accounts/{id}/tokens/), good in that tenant until it expires."""

    target_class = "ridley.core.people.authentication.ApiTokens"
    name = "api_token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": str(self.__doc__)}


class CookieScheme(SessionScheme):
    target_class = "ridley.core.accounts.authentication.SessionCookie"


class JsonScheme(OpenApiSerializerFieldExtension):
    """A JSON column holds an object, or a list of them where that is its default. As "anything" it would tell nothing,
    and "anything or null" is never exactly one of both."""

    target_class = "rest_framework.serializers.JSONField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        model = getattr(getattr(self.target.parent, "Meta", None), "model", None)
        default = model._meta.get_field(self.target.source).default if model is not None else dict
        an_object = {"type": "object", "additionalProperties": {}}
        return {"type": "array", "items": an_object} if default is list else an_object


class Endpoints(EndpointEnumerator):
    """HEAD is described where a view declares it, as tus needs it; elsewhere it is GET without a body."""

    def get_allowed_methods(self, callback: Any) -> list[str]:
        found = super().get_allowed_methods(callback)
        return [*found, "HEAD"] if "head" in getattr(callback.cls, "permissions", ()) else found


class DocumentGenerator(SchemaGenerator):
    endpoint_inspector_cls = Endpoints


class ScopedSchema(AutoSchema):
    """Reads `input`, `output`, `filters` and the verbs of a view; plain views are read as usual."""

    @property
    def is_list(self) -> bool:
        from ridley.core.access.views import ListView

        return isinstance(self.view, ListView) and self.method == "GET"

    def get_tags(self) -> list[str]:
        parts = self.path.removeprefix("/api/v1/").strip("/").split("/")
        return [parts[1] if parts[0] == "{tenant}" and len(parts) > 1 else parts[0]]

    def get_operation_id(self) -> str:
        words = [
            part.strip("{}").replace("-", "_") for part in self.path.removeprefix("/api/v1/").strip("/").split("/")
        ]
        return "_".join([self.method.lower(), *[word for word in words if word != "tenant"]])

    def get_description(self) -> str:  # type: ignore[override]
        """What the view and its handler say. The words of views in general are for programmers."""
        view = type(self.view)
        handler = getattr(view, self.method.lower(), None)
        of_its_own = self.method.lower() in vars(view)
        about = get_doc(view) if "__doc__" in vars(view) and not of_its_own else ""
        return "\n\n".join(filter(None, [about, get_doc(handler)])) or get_doc(view)

    def get_override_parameters(self) -> list[Any]:
        from ridley.core.access import views

        found: list[OpenApiParameter] = list(getattr(self.view, "parameters", {}).get(self.method.lower(), []))
        if self.is_list:
            found += [*filter_parameters(getattr(self.view, "filters", None)), *CURSOR]
        if isinstance(self.view, views.ScopedView):
            if self.method == "POST" and self.view.takes_idempotency_key:
                found.append(
                    header("Idempotency-Key", "The same key again gives the same answer and no second effect.")
                )
            if self.method in ("PATCH", "DELETE") and isinstance(self.view, views.UpdateView):
                found.append(
                    header("If-Match", "The ETag of the version you saw; 412 if it is no longer the current one.")
                )
        return found

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_request_serializer(self) -> Any:
        given = getattr(self.view, "input", None)
        if self.method in ("GET", "HEAD", "DELETE") or given is None:
            return None
        if self.method == "PATCH":
            return given(partial=getattr(self.view, "partial", True))
        return given

    def get_response_serializers(self) -> Any:
        from ridley.core.access.views import ScopedView

        if not isinstance(self.view, ScopedView):
            return super().get_response_serializers()
        output = getattr(self.view, "outputs", {}).get(self.method.lower(), self.view.output)
        status = str(self.success())
        answers: dict[Any, Any] = {}
        if self.method == "HEAD":
            answers[status] = None
        elif status == "204" or output is None:
            answers["204" if output is None else status] = None
        else:
            answers[(status, "application/json")] = page_of(output) if self.is_list else output
            if any(parameter.name == "format" for parameter in self.get_override_parameters()):
                answers |= {(status, media_type): str for media_type in ("text/csv", "application/x-ndjson")}
        for refusal in self.refusals():
            answers[(refusal, "application/problem+json")] = PROBLEM
        return answers

    def success(self) -> int:
        declared = getattr(self.view, "statuses", {}).get(self.method.lower())
        return declared or {"POST": 201, "DELETE": 204}.get(self.method, 200)

    def refusals(self) -> list[str]:
        found = ["400", "401", "403", "404", "429"]
        if self.method not in ("GET", "HEAD"):
            found += ["409", "415", "422"]
        if self.method in ("PATCH", "DELETE"):
            found.append("412")
        return found
