from django.apps import AppConfig

EVENTS = {
    "changes.opened": "A change set was opened.",
    "changes.refused": "A file could not be taken in.",
    "changes.compared": "A file was compared with its table.",
    "changes.decided": "Changes were decided on.",
    "changes.decision_undone": "A decision was taken back.",
    "changes.released": "A held change set was released.",
    "changes.withdrawn": "A change set was taken back.",
    "changes.undo_requested": "An undo was asked for.",
    "changes.rejected": "A change set was rejected as a whole.",
    "changes.apply_requested": "Applying was asked for.",
    "changes.schedule_cancelled": "A scheduled apply was taken back.",
    "changes.schedule_refused": "A scheduled apply was refused: who asked for it may not apply any more.",
    "changes.applied": "Changes were applied.",
}


class ChangesConfig(AppConfig):
    name = "ridley.core.changes"
    label = "changes"

    def ready(self) -> None:
        from ridley.core.audit.kinds import register_kinds
        from ridley.core.changes.searching import CHANGES
        from ridley.core.search.places import register

        register_kinds(EVENTS)
        register(CHANGES)
