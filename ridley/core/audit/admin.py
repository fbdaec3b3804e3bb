"""Events in the installation's admin: read, one tenant at a time, by superusers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from ridley.core.audit.models import Event
from ridley.core.database.pin import pinned
from ridley.core.tenants.models import Tenant

CHOOSE = "Choose a tenant: events are shown for one tenant at a time."


class TenantChooser(admin.SimpleListFilter):
    """`?tenant=KEY`. It narrows nothing: the page pins this tenant, and the wall shows the rest to nobody."""

    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(tenant.key, tenant.name) for tenant in Tenant.objects.order_by("name", "key")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    list_display = ["at", "kind", "actor_id", "subject_type", "subject_id", "reason", "request_id"]
    list_filter = [TenantChooser]
    search_fields = ["kind__exact", "request_id__exact", "subject_id__exact"]
    ordering = ["-id"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.in_tenant(request, request.GET, super().changelist_view, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        came_from = QueryDict(request.GET.get("_changelist_filters", ""))
        return self.in_tenant(request, came_from, super().changeform_view, *args, **kwargs)

    def in_tenant(
        self, request: HttpRequest, chosen: QueryDict, view: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The page while the chosen tenant is pinned. The view reads all rows; the template, filled later, none."""
        tenant = Tenant.objects.filter(key=chosen.get("tenant", "")).first()
        if tenant is None:
            messages.warning(request, CHOOSE)
            return view(request, *args, **kwargs)
        with pinned(tenant.pk):
            return view(request, *args, **kwargs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
