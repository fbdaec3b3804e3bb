"""What the core itself asks for. A permission is `product.verb`; `core` is switched on for every tenant."""

TENANT_VIEW = "core.tenant_view"
TENANT_EDIT = "core.tenant_edit"
BRANCHES_VIEW = "core.branches_view"
BRANCHES_EDIT = "core.branches_edit"
MEMBERS_VIEW = "core.members_view"
MEMBERS_EDIT = "core.members_edit"
EVENTS_VIEW = "core.events_view"
JOBS_VIEW = "core.jobs_view"
FILES_UPLOAD = "core.files_upload"
FILES_VIEW = "core.files_view"

MEMBER = frozenset({TENANT_VIEW, BRANCHES_VIEW, MEMBERS_VIEW, JOBS_VIEW})
ALL = MEMBER | {TENANT_EDIT, BRANCHES_EDIT, MEMBERS_EDIT, EVENTS_VIEW, FILES_UPLOAD, FILES_VIEW}

# Role -> permissions. `admin` gathers the permissions of every product that is switched on.
ROLES = {"member": MEMBER, "admin": ALL}
