"""E-mail domains and Partners' providers in the installation's admin: both say whom the whole installation trusts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ridley.core.access import encryption, request_id
from ridley.core.access.errors import Refusal
from ridley.core.people.models import Domain, PartnerProvider
from ridley.core.people.services.providers import note_domain, require_issuer, require_roles


@admin.register(Domain)
class DomainAdmin(admin.ModelAdmin):
    """Adding a domain says: this installation has made sure whose it is. Wrong ones are deleted, never handed on."""

    list_display = ["name", "holder", "partner", "google", "created_at"]
    search_fields = ["name", "holder__key", "partner__key"]
    readonly_fields = ["created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["created_at", *(["name", "holder", "partner"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Domain, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        note_domain(obj, actor_id=request.user.pk, request_id=request_id.current.get())

    def delete_model(self, request: HttpRequest, obj: Domain) -> None:
        note_domain(obj, actor_id=request.user.pk, request_id=request_id.current.get(), removed=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for domain in queryset:
            self.delete_model(request, domain)


class PartnerProviderForm(forms.ModelForm):
    secret = forms.CharField(
        required=False, widget=forms.PasswordInput, help_text="The client secret. Never shown; leave empty to keep it."
    )

    class Meta:
        model = PartnerProvider
        fields = [
            "partner", "slug", "name", "issuer", "client_id", "client_claim", "client_name_claim", "role_claim",
            "roles", "branch_claim", "products", "default_role", "language", "enabled",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not (values.get("secret") or self.instance.client_secret):
            self.add_error("secret", "A new provider needs its client secret.")
        for check, value in ((require_issuer, values.get("issuer")), (require_roles, values.get("roles"))):
            try:
                if value:
                    check(value)
            except (Refusal, AttributeError) as error:  # no mapping of values to roles, for one
                raise ValidationError(getattr(error, "detail", 'roles: wanted {"value": {"role": "..."}}')) from error
        return values


@admin.register(PartnerProvider)
class PartnerProviderAdmin(admin.ModelAdmin):
    form = PartnerProviderForm
    list_display = ["name", "partner", "slug", "issuer", "enabled", "public_id"]
    readonly_fields = ["public_id"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Accounts are remembered by partner and slug: neither is ever another provider's."""
        return ["public_id", *(["partner", "slug"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: PartnerProvider, form: Any, change: bool) -> None:
        if form.cleaned_data.get("secret"):
            obj.client_secret = encryption.encrypt(form.cleaned_data["secret"])
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A provider is switched off: one that came later under the same name would be its people's."""
        return False
