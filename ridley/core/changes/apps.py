from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "ridley.core.changes"
    label = "changes"

    def ready(self) -> None:
        from ridley.core.changes.searching import CHANGES
        from ridley.core.search.places import register

        register(CHANGES)
