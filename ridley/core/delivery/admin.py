from django.contrib import admin
from django.http import HttpRequest

from ridley.core.delivery.models import Mail


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):
    """What became of the mails, to look at. Their texts are not shown."""

    list_display = ["created_at", "recipient", "kind", "state", "attempts", "problem", "sent_at"]
    list_filter = ["state", "kind"]
    search_fields = ["recipient"]
    exclude = ["sealed"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Mail | None = None) -> bool:
        return False
