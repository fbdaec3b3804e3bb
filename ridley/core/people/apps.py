from django.apps import AppConfig

EVENTS = {
    "core.tenant_created": "The tenant was made, as a Partner's provider named it.",
    "core.tenant_changed": "The tenant was changed.",
    "core.branch_created": "A branch was made.",
    "core.branch_changed": "A branch was changed.",
    "core.branch_archived": "A branch was archived.",
    "core.member_joined": "Somebody became a member by signing in.",
    "core.member_moved": "A member's branch was changed, as their provider says.",
    "core.roles_claimed": "A member's roles were changed, as their provider says.",
    "core.membership_changed": "A membership was changed.",
    "core.membership_ended": "A membership was ended, with its roles.",
    "core.grant_given": "A role was given to a member.",
    "core.grant_changed": "A member's role was changed.",
    "core.grant_ended": "A member's role was ended.",
    "core.member_invited": "Somebody was invited.",
    "core.invitation_sent_again": "An invitation was sent again.",
    "core.invitation_withdrawn": "An invitation was withdrawn.",
    "core.invitation_accepted": "An invitation was accepted.",
    "core.service_account_created": "A program's account was made.",
    "core.service_account_changed": "A program's account was changed.",
    "core.service_account_archived": "A program's account was ended, with its tokens.",
    "core.token_created": "A token was made for a program.",
    "core.token_revoked": "A program's token was revoked.",
    "core.domain_verified": "An e-mail domain was verified to be the tenant's.",
    "core.domain_removed": "An e-mail domain was taken from the tenant.",
    "core.provider_created": "An identity provider was connected.",
    "core.provider_changed": "An identity provider was changed.",
    "core.provider_archived": "An identity provider was archived.",
    "core.staff_session_started": "Staff of the installation came in.",
    "core.staff_session_ended": "A session of the installation's staff was ended.",
}


class PeopleConfig(AppConfig):
    name = "ridley.core.people"
    label = "people"

    def ready(self) -> None:
        from ridley.core.access import door
        from ridley.core.audit.kinds import register_kinds
        from ridley.core.people.queries.tokens import tokens_now

        door.tokens_of = tokens_now
        register_kinds(EVENTS)
