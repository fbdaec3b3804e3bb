from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "ridley.core.changes"
    label = "changes"
