"""What the core itself asks for. A permission is `product.verb`; `core` is switched on for every tenant."""

TENANT_VIEW = "core.tenant_view"
TENANT_EDIT = "core.tenant_edit"
BRANCHES_VIEW = "core.branches_view"
BRANCHES_EDIT = "core.branches_edit"
MEMBERS_VIEW = "core.members_view"
MEMBERS_EDIT = "core.members_edit"
RIGHTS_VIEW = "core.rights_view"
STAFF_VIEW = "core.staff_view"
STAFF_END = "core.staff_end"
TOKENS_VIEW = "core.tokens_view"
TOKENS_EDIT = "core.tokens_edit"
EVENTS_VIEW = "core.events_view"
JOBS_VIEW = "core.jobs_view"
FILES_UPLOAD = "core.files_upload"
FILES_VIEW = "core.files_view"
FILES_QUARANTINE = "core.files_quarantine"
PROVIDERS_EDIT = "core.providers_edit"

MEMBER = frozenset({TENANT_VIEW, BRANCHES_VIEW, MEMBERS_VIEW, JOBS_VIEW})
ALL = MEMBER | {
    TENANT_EDIT, BRANCHES_EDIT, MEMBERS_EDIT, RIGHTS_VIEW, STAFF_VIEW, STAFF_END, EVENTS_VIEW, FILES_UPLOAD, FILES_VIEW,
    FILES_QUARANTINE, PROVIDERS_EDIT, TOKENS_VIEW, TOKENS_EDIT,
}  # fmt: skip

# Role -> permissions. `admin` gathers the permissions of every product that is switched on.
ROLES = {"member": MEMBER, "admin": ALL}

# What a grant that is limited to branches carries for their subtrees alone.
BY_BRANCH = frozenset({BRANCHES_VIEW, BRANCHES_EDIT, MEMBERS_VIEW, MEMBERS_EDIT, RIGHTS_VIEW})
# What a grant carries whatever it is limited to (branches narrow the two of them that are named above too). All else,
# like changing the tenant or anybody's rights, takes a grant without limits: a limit is never to widen a person's hold.
WHATEVER_THE_LIMITS = MEMBER | {EVENTS_VIEW, FILES_UPLOAD, FILES_VIEW}

WORDS = {
    "member": "Belongs to the tenant: sees its branches, its members and their own jobs.",
    "admin": "May do everything, in every product that is switched on.",
    TENANT_VIEW: "See what the tenant says about itself.",
    TENANT_EDIT: "Change what the tenant says about itself.",
    BRANCHES_VIEW: "See the branches.",
    BRANCHES_EDIT: "Make, move, rename and archive branches.",
    MEMBERS_VIEW: "See who belongs to the tenant, with which roles.",
    MEMBERS_EDIT: "Change memberships; give, change and end roles, as far as one's own rights go.",
    RIGHTS_VIEW: "See who may do what, and the roles that people had.",
    STAFF_VIEW: "See when the installation's staff worked in the tenant, and why.",
    STAFF_END: "End a session of the installation's staff.",
    EVENTS_VIEW: "See what was done, by whom.",
    JOBS_VIEW: "Follow jobs.",
    FILES_UPLOAD: "Send files.",
    FILES_VIEW: "See files that were sent.",
    FILES_QUARANTINE: "Fetch files that could not be read, as attachments.",
    TOKENS_VIEW: "See the tenant's programs and their tokens.",
    TOKENS_EDIT: "Make programs and tokens, and revoke them.",
    PROVIDERS_EDIT: "Connect the tenant's own identity providers.",
}
