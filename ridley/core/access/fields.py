"""How bodies are read: nothing unknown is passed over in silence."""

from __future__ import annotations

import io
import json
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from ridley.core.access.errors import BadRequest


class BoundedJSON(JSONParser):
    """JSON of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes, else 413. The framework's own parser reads without an end.

    Half a surrogate pair ("\\ud800") is refused here once, in keys and values: no UTF-8 can hold it, so neither an
    answer nor the database could.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = parser_context["request"]._request.body  # raises RequestDataTooBig
        try:
            found = super().parse(io.BytesIO(body), media_type, parser_context)
            json.dumps(found, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
        except UnicodeEncodeError as error:
            half = ascii(error.object[error.start])
            raise BadRequest(f"Wanted text, got {half}, which is half a surrogate pair.", code="not-text") from None
        return found


class Strict(serializers.Serializer):
    """Refuses fields that it does not know, so that a typing error is told and not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            if unknown := sorted(str(name) for name in data if name not in known):
                wanted = ", ".join(sorted(known)) or "an empty body"
                raise serializers.ValidationError(
                    {name: [f"This field is not known here. Known: {wanted}."] for name in unknown}, code="unknown"
                )
        return super().to_internal_value(data)


class Input(Strict):
    """A body that is read."""


class ModelInput(Strict, serializers.ModelSerializer):
    """A body that is read into a model's fields. Uniqueness is the database's business, within the tenant."""

    def get_validators(self) -> list[Any]:
        return []


class Output(serializers.Serializer):
    """An answer."""


class ProblemOut(serializers.Serializer):
    """problem+json (RFC 9457). `code` is stable; show `detail` to people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
