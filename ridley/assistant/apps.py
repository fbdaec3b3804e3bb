from django.apps import AppConfig

EVENTS = {
    "assistant.source_created": "A source was made.",
    "assistant.source_changed": "A source was changed.",
    "assistant.source_archived": "A source was archived.",
    "assistant.dataset_created": "A dataset was made.",
    "assistant.dataset_changed": "A dataset was changed.",
    "assistant.dataset_archived": "A dataset was archived.",
    "assistant.table_created": "A table was made.",
    "assistant.table_changed": "A table was changed.",
    "assistant.table_archived": "A table was archived.",
    "assistant.row_mapped": "A supplier's record was mapped.",
    "assistant.row_unmapped": "A supplier's record was unmapped.",
    "assistant.mapping_undone": "A decision on a mapping was taken back.",
}


class AssistantConfig(AppConfig):
    name = "ridley.assistant"
    label = "assistant"

    def ready(self) -> None:
        from ridley.assistant.permissions import ROLES, WORDS
        from ridley.assistant.queries.tables import REACH
        from ridley.assistant.searching import ROWS
        from ridley.assistant.target import TableTarget
        from ridley.core.access.roles import register_reach, register_roles
        from ridley.core.audit.kinds import register_kinds
        from ridley.core.changes.targets import register
        from ridley.core.search import places

        register_roles(ROLES, WORDS)
        register_reach(REACH)
        register_kinds(EVENTS)
        register(TableTarget())
        places.register(ROWS)
