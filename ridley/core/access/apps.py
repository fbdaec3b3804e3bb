from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "ridley.core.access"
    label = "access"

    def ready(self) -> None:
        from ridley.core.access.branches import REACH
        from ridley.core.access.roles import register_reach

        register_reach(REACH)
