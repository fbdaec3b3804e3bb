"""What is served, read from the URL configuration: the views behind the door, their verbs and what each asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from ridley.core.access.permissions import ALL
from ridley.core.access.reach import EVERYTHING
from ridley.core.access.roles import all_permissions
from ridley.core.access.scope import Scope
from ridley.core.access.views import VERBS, ListView, ScopedView

DOOR = "api/v1/<slug:tenant>/"


@dataclass(frozen=True)
class Served:
    """One verb of one address. `name` is how the table of requests calls it."""

    verb: str
    route: str
    view: type[ScopedView]

    @property
    def name(self) -> str:
        return f"{self.verb.upper()} {self.route}"

    @property
    def is_list(self) -> bool:
        return self.verb == "get" and issubclass(self.view, ListView)

    @cached_property
    def needed(self) -> list[str]:
        """The permissions without any one of which the verb is refused, all others being there."""
        declared = self.view.permissions[self.verb]
        if isinstance(declared, str):
            return [declared]
        known = all_permissions() | ALL
        return [one for one in sorted(known) if not declared(Scope(0, None, dict.fromkeys(known - {one}, EVERYTHING)))]

    @property
    def asks_for_rights(self) -> bool:
        """Whether a member without any role is refused."""
        declared = self.view.permissions[self.verb]
        return isinstance(declared, str) or not declared(Scope(0, None, {}))

    def filters(self) -> dict[str, Any]:
        declared = getattr(self.view, "filters", None)
        return dict(declared.base_filters) if self.is_list and declared else {}


def addresses(patterns: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every address with its view."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern), getattr(pattern.callback, "view_class", pattern.callback)


def behind_the_door() -> list[Served]:
    found = []
    for route, view in addresses():
        if isinstance(view, type) and issubclass(view, ScopedView):
            verbs = [verb for verb in VERBS if verb in view.http_method_names and hasattr(view, verb)]
            found += [Served(verb, route.removeprefix(DOOR), view) for verb in verbs]
    return found


def beside_the_door() -> list[str]:
    """Addresses of ours that are no ScopedView."""
    scoped = {served.route for served in behind_the_door()}
    ours = [route for route, _ in addresses() if not route.startswith(("admin/", "_allauth/"))]
    return [route for route in ours if not route.startswith(DOOR) or route.removeprefix(DOOR) not in scoped]
