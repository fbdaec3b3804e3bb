from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "ridley.core.tenants"
    label = "tenants"
