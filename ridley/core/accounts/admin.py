from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from ridley.core.accounts.addresses import confirm
from ridley.core.accounts.models import Kind, User

# Keys of sessions, with which anybody could be somebody else; second factors; who is who at a provider: none of it is
# for a form.
admin.site.unregister([UserSession, Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken])


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

    def get_readonly_fields(self, request, obj=None):
        rights = [] if request.user.is_superuser else ["is_staff", "is_superuser", "groups"]
        return [*super().get_readonly_fields(request, obj), *rights]

    def has_change_permission(self, request, obj=None) -> bool:
        """Staff who may change people cannot make themselves superusers, nor take over the account of other staff."""
        above = obj is not None and (obj.is_staff or obj.is_superuser)
        return (request.user.is_superuser or not above) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None) -> bool:
        """Memberships lie behind the wall, where this page cannot see them. A person is switched off instead."""
        return False
