"""What the Assistant asks for, and the roles that carry it."""

VIEW = "assistant.view"
UPLOAD = "assistant.upload"
DECIDE = "assistant.decide"
EDIT = "assistant.edit"
MAP = "assistant.map"
APPLY = "assistant.apply"
UNDO = "assistant.undo"
RELEASE = "assistant.release"
CONFIGURE = "assistant.configure"

_MEMBER = frozenset({"core.tenant_view", "core.branches_view", "core.members_view", "core.jobs_view"})
_VIEWER = _MEMBER | {VIEW, "core.files_view"}
_STEWARD = _VIEWER | {UPLOAD, DECIDE, EDIT, MAP, "core.files_upload", "core.events_view"}
_APPROVER = _VIEWER | {APPLY, UNDO, RELEASE, "core.events_view"}
_ADMIN = _STEWARD | _APPROVER | {CONFIGURE}

ROLES = {
    "assistant.viewer": _VIEWER,
    "assistant.steward": _STEWARD,
    "assistant.approver": _APPROVER,
    "assistant.admin": _ADMIN,
    "admin": _ADMIN,
}

WORDS = {
    "assistant.viewer": "Sees suppliers' data, changes and mappings.",
    "assistant.steward": "Takes files in, decides on changes, edits and maps.",
    "assistant.approver": "Applies, undoes and releases what others decided on.",
    "assistant.admin": "Does all of it, and configures sources, datasets and tables.",
    VIEW: "See sources, tables, rows, changes and mappings.",
    UPLOAD: "Take in suppliers' files.",
    DECIDE: "Accept and reject changes.",
    EDIT: "Propose edits of single rows.",
    MAP: "Say which record of one's own a supplier's record means.",
    APPLY: "Apply accepted changes.",
    UNDO: "Undo applied changes.",
    RELEASE: "Release change sets that are held.",
    CONFIGURE: "Configure sources, datasets and tables.",
}
