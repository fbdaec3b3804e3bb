"""OpenAPI: what ScopedView declares becomes parameters, bodies and answers of the document."""

from __future__ import annotations

from functools import cache
from typing import Any

from django_filters.rest_framework import BooleanFilter, ChoiceFilter, IsoDateTimeFilter, NumberFilter, UUIDFilter
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from ridley.core.access.fields import ProblemOut


def header(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text)


CURSOR = [
    OpenApiParameter("cursor", str, description="The `next` of the page before."),
    OpenApiParameter("limit", int, description="Rows a page, 1 to 1000; 100 if not given."),
    OpenApiParameter("format", str, enum=["csv", "ndjson"], description="Stream the whole list in this format."),
]
PROBLEM = OpenApiResponse(ProblemOut, description="Why not, as problem+json; nothing was changed.")


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
        if self.method in ("GET", "DELETE") or given is None:
            return None
        if self.method == "PATCH":
            return given(partial=True)
        return given

    def get_response_serializers(self) -> Any:
        from ridley.core.access.views import ScopedView

        if not isinstance(self.view, ScopedView):
            return super().get_response_serializers()
        output, status = self.view.output, str(self.success())
        answers: dict[Any, Any] = {}
        if status == "204" or output is None:
            answers["204" if output is None else status] = None
        elif self.is_list:
            answers[(status, "application/json")] = page_of(output)
            answers[(status, "text/csv")] = str
            answers[(status, "application/x-ndjson")] = str
        else:
            answers[(status, "application/json")] = output
        for refusal in self.refusals():
            answers[(refusal, "application/problem+json")] = PROBLEM
        return answers

    def success(self) -> int:
        declared = getattr(self.view, "statuses", {}).get(self.method.lower())
        return declared or {"POST": 201, "DELETE": 204}.get(self.method, 200)

    def refusals(self) -> list[str]:
        found = ["400", "401", "403", "404"]
        if self.method != "GET":
            found += ["409", "415", "422"]
        if self.method in ("PATCH", "DELETE"):
            found.append("412")
        return found
