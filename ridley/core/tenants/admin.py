from django.contrib import admin

from ridley.core.tenants.models import Partner, Tenant


@admin.register(Tenant)
class TenantAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "products", "partner", "created_at"]
    search_fields = ["key", "name"]
    readonly_fields = ["version", "created_at"]

    def has_delete_permission(self, request, obj=None) -> bool:
        """Deleting a tenant with all its rows is the owner's command, not a button."""
        return False


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin):
    list_display = ["key", "name", "created_at"]
    readonly_fields = ["created_at"]
