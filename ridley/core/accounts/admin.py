from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from ridley.core.accounts.addresses import confirm
from ridley.core.accounts.models import Kind, User


@admin.register(User)
class PersonAdmin(UserAdmin):
    ordering = ["email"]
    list_display = ["email", "first_name", "last_name", "is_active", "is_staff", "last_login"]
    search_fields = ["email", "first_name", "last_name"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Name", {"fields": ["first_name", "last_name"]}),
        ("Rights in this installation", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "first_name", "last_name", "password1", "password2"]})]

    def save_model(self, request, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        if obj.kind == Kind.PERSON:
            confirm(obj)

    def has_delete_permission(self, request, obj=None) -> bool:
        """Memberships lie behind the wall, where this page cannot see them. A person is switched off instead."""
        return False
