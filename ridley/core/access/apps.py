from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "ridley.core.access"
    label = "access"
