from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ridley.core.audit"
    label = "audit"
