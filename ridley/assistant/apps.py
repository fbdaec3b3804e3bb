from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "ridley.assistant"
    label = "assistant"

    def ready(self) -> None:
        from ridley.assistant.permissions import ROLES
        from ridley.assistant.searching import ROWS
        from ridley.assistant.target import TableTarget
        from ridley.core.access.roles import register_roles
        from ridley.core.changes.targets import register
        from ridley.core.search import places

        register_roles(ROLES)
        register(TableTarget())
        places.register(ROWS)
