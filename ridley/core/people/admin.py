"""Tenants and partners in the installation's admin. Not a floor lower, because a change is recorded as an event."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ridley.core.access import request_id
from ridley.core.access.door import opened, trusted_scope
from ridley.core.audit.services import record, told
from ridley.core.people import admin_providers  # noqa: F401 registers its pages
from ridley.core.tenants.models import Partner, Tenant


@admin.register(Tenant)
class TenantAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "products", "partner", "created_at"]
    search_fields = ["key", "name"]
    readonly_fields = ["version", "created_at"]

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Save as the API does: a change raises the version and is an event of that tenant; without one nothing is."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        stored = Tenant.objects.select_for_update().get(pk=obj.pk)
        names = [name for name in form.cleaned_data if getattr(stored, name) != getattr(obj, name)]
        if not names:
            return
        obj.version = stored.version + 1
        super().save_model(request, obj, form, change)
        before, after = (told({name: getattr(tenant, name) for name in names}) for tenant in (stored, obj))
        actor = trusted_scope(obj.pk, actor_id=request.user.pk, request_id=request_id.current.get())
        with opened(actor) as scope:
            record(scope, "core.tenant_changed", subject=obj, before=before, after=after)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting a tenant with all its rows is the owner's command, not a button."""
        return False


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "created_at"]
    readonly_fields = ["created_at"]
