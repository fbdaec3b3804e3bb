from django.apps import AppConfig

EVENTS = {
    "core.tenant_changed": "The tenant was changed.",
    "core.branch_created": "A branch was made.",
    "core.branch_changed": "A branch was changed.",
    "core.branch_archived": "A branch was archived.",
    "core.membership_changed": "A membership was changed.",
    "core.membership_ended": "A membership was ended, with its roles.",
    "core.grant_given": "A role was given to a member.",
    "core.grant_changed": "A member's role was changed.",
    "core.grant_ended": "A member's role was ended.",
    "core.staff_session_started": "Staff of the installation came in.",
    "core.staff_session_ended": "A session of the installation's staff was ended.",
}


class PeopleConfig(AppConfig):
    name = "ridley.core.people"
    label = "people"

    def ready(self) -> None:
        from ridley.core.audit.kinds import register_kinds

        register_kinds(EVENTS)
