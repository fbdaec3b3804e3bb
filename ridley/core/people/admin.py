"""Tenants, partners and staff sessions in the installation's admin. Not a floor lower: their changes are events."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from ridley.core.access import request_id
from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.errors import Refusal
from ridley.core.accounts.recent import signed_in_recently
from ridley.core.audit.services import record, told
from ridley.core.people import admin_providers  # noqa: F401 registers its pages
from ridley.core.people.services import staff
from ridley.core.tenants.functions import staff_sessions
from ridley.core.tenants.models import Partner, StaffSession, Tenant


class StaffSessionForm(forms.Form):
    tenant = forms.SlugField(max_length=62)
    reason = forms.CharField(max_length=500)
    minutes = forms.IntegerField(min_value=1, max_value=staff.LONGEST_MINUTES)


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


@admin.register(StaffSession)
class StaffSessionAdmin(admin.ModelAdmin):
    """One page: the sessions of all tenants, a form to start one, a button to end one. For superusers."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self.carry_out(request)
            return HttpResponseRedirect(request.path)
        user: Any = request.user
        found, now = staff_sessions(user.pk), timezone.now()
        running = [one.id for one in found if one.is_running(now)]
        context = {**self.admin_site.each_context(request), "title": "Staff sessions", "sessions": found}
        return TemplateResponse(request, "people/staff_sessions.html", {**context, "running": running})

    def carry_out(self, request: HttpRequest) -> None:
        """Start or end a session as the API does; a refusal is told on the page."""
        form, of_this_call = StaffSessionForm(request.POST), request_id.current.get()
        ends = request.POST.get("end", "")
        try:
            if ends.isdecimal():
                staff.end_session(request.user, id=int(ends), request_id=of_this_call)
            elif form.is_valid():
                recently = signed_in_recently(request)
                staff.start_session(request.user, recently=recently, request_id=of_this_call, **form.cleaned_data)
            else:
                name, words = next(iter(form.errors.items()))
                messages.error(request, f"{name}: {words[0]}")
        except Refusal as refusal:
            messages.error(request, refusal.detail)

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
