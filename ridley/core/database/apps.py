from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "ridley.core.database"
    label = "database"

    def ready(self) -> None:
        from ridley.core.database import checks  # noqa: F401 registers the system checks
