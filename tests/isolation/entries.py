"""The table of requests: for every verb of every address, how it is asked. A row that is missing fails the matrix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.isolation.asking import DENIED, OWN, Ask, Entry, entry

CORE = "a limit to sources does not narrow what sees the tenant in general"
SHARED = "what it shows belongs to no source"

TUS = {"Tus-Resumable": "1.0.0"}
ANNOUNCED = {**TUS, "Upload-Length": "3", "Upload-Metadata": "filename eC5jc3Y="}
AT_THREE = {**TUS, "Upload-Offset": "3"}
STREAMS = ("csv", "ndjson")
NEW_PROVIDER = {
    "slug": "new", "name": "New", "issuer": "https://id.example.com", "client_id": "x", "client_secret": "y",
    "domains": ["{domain}"],
}  # fmt: skip
ONE_SET = "change-sets/{open_set}/"
FILE = {"upload_id": "{upload}", "mode": "delta"}
UPDATE = {"kind": "update", "key": "{row_key}", "values": {"price": "1"}}
DELETE = {"kind": "delete", "key": "{row_to_delete}"}
ACCOUNT = "service-accounts/{service_account}/"
NEXT_WEEK = (datetime.now(UTC) + timedelta(days=7)).isoformat()
TOKEN = {"name": "New", "permissions": ["core.branches_view"], "expires_at": NEXT_WEEK}
MEANS = {"state": "mapped", "master_row_id": "{other_master_row}", "seen_mapping_id": "{mapping}"}


def listed(path: str, *queries: str, limited: str = "", always: str = "") -> Entry:
    """A list: all of it, narrowed by each filter, and as CSV and NDJSON (the last filter's too)."""
    found = [joined(always, query) for query in ("", *queries)]
    streamed = [joined(query, f"format={kind}") for query in (found[0], found[-1]) for kind in STREAMS]
    return entry(*(Ask(path, query) for query in dict.fromkeys([*found, *streamed])), limited=limited)


def joined(*queries: str) -> str:
    return "&".join(filter(None, queries))


CORE_ENTRIES = {
    "GET meta/": entry(Ask("meta/"), limited=CORE),
    "PATCH meta/": entry(Ask("meta/", body={"description": "Changed."}), limited=DENIED),
    "GET branches/": listed("branches/", "parent={parent}", limited=CORE),
    "POST branches/": entry(
        Ask("branches/", body={"key": "new", "title": "New", "parent_id": "{parent}"}), limited=DENIED
    ),
    "GET branches/<int:id>/": entry(Ask("branches/{branch}/"), limited=CORE),
    "PATCH branches/<int:id>/": entry(
        Ask("branches/{branch}/", body={"title": "Changed", "parent_id": "{parent}"}), limited=DENIED
    ),
    "GET providers/": listed("providers/", limited=DENIED),
    "POST providers/": entry(Ask("providers/", body=NEW_PROVIDER), limited=DENIED),
    "GET providers/<int:id>/": entry(Ask("providers/{provider}/"), limited=DENIED),
    "PATCH providers/<int:id>/": entry(
        Ask("providers/{provider}/", body={"name": "Changed", "domains": ["{domain}"]}), limited=DENIED
    ),
    "DELETE providers/<int:id>/": entry(Ask("providers/{provider}/"), limited=DENIED),
    "POST providers/<int:id>/test/": entry(Ask("providers/{provider}/test/"), limited=DENIED),
    "GET domains/": listed("domains/", limited=DENIED),
    "GET invitations/": listed("invitations/", "email={invited_email}", limited=DENIED),
    "POST invitations/": entry(
        Ask("invitations/", body={"email": "new@example.com", "roles": ["member"], "branch_id": "{branch}",
                                  "limits": {"branch": ["{branch_key}"]}}),
        limited=DENIED,
    ),
    "POST invitations/many/": entry(
        Ask("invitations/many/", body={"invitations": [{"email": "new@example.com", "roles": ["member"]}]}),
        limited=DENIED,
    ),
    "GET invitations/<int:id>/": entry(Ask("invitations/{invitation}/"), limited=DENIED),
    "DELETE invitations/<int:id>/": entry(Ask("invitations/{invitation}/"), limited=DENIED),
    "POST invitations/<int:id>/resend/": entry(Ask("invitations/{sent_invitation}/resend/", body={}), limited=DENIED),
    "GET service-accounts/": listed("service-accounts/", "archived=false", limited=DENIED),
    "POST service-accounts/": entry(
        Ask("service-accounts/", body={"name": "New", "description": "New."}), limited=DENIED
    ),
    "GET service-accounts/<int:id>/": entry(Ask(ACCOUNT), limited=DENIED),
    "PATCH service-accounts/<int:id>/": entry(Ask(ACCOUNT, body={"name": "Changed"}), limited=DENIED),
    "DELETE service-accounts/<int:id>/": entry(Ask(ACCOUNT), limited=DENIED),
    "GET service-accounts/<int:id>/tokens/": listed(f"{ACCOUNT}tokens/", limited=DENIED),
    "POST service-accounts/<int:id>/tokens/": entry(Ask(f"{ACCOUNT}tokens/", body=TOKEN), limited=DENIED),
    "GET service-accounts/<int:id>/tokens/<int:token_id>/": entry(
        Ask(f"{ACCOUNT}tokens/{{api_token}}/"), limited=DENIED
    ),
    "DELETE service-accounts/<int:id>/tokens/<int:token_id>/": entry(
        Ask(f"{ACCOUNT}tokens/{{api_token}}/"), limited=DENIED
    ),
    "DELETE branches/<int:id>/": entry(Ask("branches/{branch}/"), limited=DENIED),
    "GET events/": listed(
        "events/", "actor={actor}", "kind=core.file_received&subject_id={event_subject}",
        "subject_type=upload&subject_id={event_subject}", "reason={reason}", "staff_session={staff_session}",
        limited=OWN,
    ),
    "GET events/kinds/": entry(Ask("events/kinds/"), limited=CORE),
    "GET jobs/": listed(
        "jobs/", "actor={actor}", "kind=changes.apply&subject_id={job_subject}",
        "subject_type=changeset&subject_id={job_subject}", limited=OWN,
    ),
    "GET jobs/<int:id>/": entry(Ask("jobs/{job}/"), limited=OWN),
    "GET uploads/": listed(
        "uploads/", "actor={actor}", "name={file_name}", "sha256={upload_hash}", limited=OWN,
    ),
    "POST uploads/": entry(Ask("uploads/", content=b"abc", headers=ANNOUNCED), limited=CORE),
    "GET uploads/<int:id>/": entry(Ask("uploads/{upload}/"), limited=OWN),
    "HEAD uploads/<int:id>/": entry(Ask("uploads/{unfinished}/", headers=TUS), limited=OWN),
    "PATCH uploads/<int:id>/": entry(Ask("uploads/{half_sent}/", content=b"def", headers=AT_THREE), limited=OWN),
    "DELETE uploads/<int:id>/": entry(Ask("uploads/{given_up}/", headers=TUS), limited=OWN),
    "GET uploads/<int:id>/content/": entry(
        Ask("uploads/{upload}/content/"), Ask("uploads/{upload}/content/", headers={"Range": "bytes=0-3"}), limited=OWN
    ),
}  # fmt: skip

WHY = {"reason": "Because."}
MEMBER, GRANT = "members/{member}/", "members/{member}/grants/{grant}/"
LATER = {"until_at": "2098-01-01T00:00:00Z", **WHY}
VIEWER = {"role": "assistant.viewer", **WHY}

PEOPLE_ENTRIES = {
    "GET members/": listed(
        "members/", "role=admin", "branch={branch_key}", "text={member_email}", limited=CORE
    ),
    "GET members/<int:id>/": entry(Ask(MEMBER), limited=CORE),
    "PATCH members/<int:id>/": entry(
        Ask(MEMBER, body={**LATER, "branch_id": "{parent}"}), Ask(MEMBER, body=LATER), limited=DENIED
    ),
    "POST members/<int:id>/end/": entry(Ask(f"{MEMBER}end/", body=WHY), limited=DENIED),
    "GET members/<int:id>/grants/": listed(f"{MEMBER}grants/", "role=assistant.viewer", limited=DENIED),
    "POST members/<int:id>/grants/": entry(
        Ask(f"{MEMBER}grants/", body={**VIEWER, "limits": {"source": ["{source_key}"]}}),
        Ask(f"{MEMBER}grants/", body={"role": "member", "limits": {"branch": ["{branch_key}"]}, **WHY}),
        limited=DENIED,
    ),
    "PATCH members/<int:id>/grants/<int:grant_id>/": entry(
        Ask(GRANT, body={"limits": {"source": ["{source_key}"]}, **WHY}), Ask(GRANT, body=LATER), limited=DENIED
    ),
    "POST members/<int:id>/grants/<int:grant_id>/end/": entry(Ask(f"{GRANT}end/", body=WHY), limited=DENIED),
    "GET roles/": entry(Ask("roles/"), limited=CORE),
    "GET rights/me/": entry(Ask("rights/me/"), limited=CORE),
    "GET rights/who/": Entry((
        *listed("rights/who/", "source={source_key}", always="permission=assistant.view").asks,
        Ask("rights/who/", "permission=core.members_view&branch={branch_key}"),
    ), limited=DENIED),
    "GET staff-sessions/": listed("staff-sessions/", limited=DENIED),
    "POST staff-sessions/<int:id>/end/": entry(Ask("staff-sessions/{staff_session}/end/", body=WHY), limited=DENIED),
}  # fmt: skip

CHANGES_ENTRIES = {
    "GET change-sets/": listed("change-sets/", "target_id={table}", "target=assistant.table&target_id={table}"),
    "GET change-sets/<int:id>/": entry(Ask(ONE_SET)),
    "GET change-sets/<int:id>/summary/": entry(Ask(f"{ONE_SET}summary/")),
    "GET change-sets/<int:id>/changes/": listed(
        f"{ONE_SET}changes/", "key={change_key}", "text={text}", "decided_by={actor}", "column=price"
    ),
    "GET change-sets/<int:id>/changes/<int:change_id>/": entry(Ask(f"{ONE_SET}changes/{{change}}/")),
    "GET change-sets/<int:id>/decisions/": listed(f"{ONE_SET}decisions/"),
    "POST change-sets/<int:id>/decisions/": entry(
        Ask(f"{ONE_SET}decisions/", body={"decision": "rejected", "ids": ["{change}", "{other_change}"]}),
        Ask(
            f"{ONE_SET}decisions/", body={"decision": "rejected", "filter": {"key": "{change_key}"}, "expected": 1}
        ),
        Ask(f"{ONE_SET}decisions/", body={"decision": "rejected", "filter": {"text": "{text}"}, "expected": 2}),
    ),
    "POST change-sets/<int:id>/decisions/<int:decision_id>/undo/": entry(
        Ask(f"{ONE_SET}decisions/{{decision}}/undo/", body={})
    ),
    "POST change-sets/<int:id>/release/": entry(Ask("change-sets/{held_set}/release/", body={})),
    "POST change-sets/<int:id>/withdraw/": entry(Ask("change-sets/{unwanted_set}/withdraw/", body={})),
    "POST change-sets/<int:id>/apply/": entry(Ask("change-sets/{accepted_set}/apply/", body={})),
    "POST change-sets/<int:id>/apply/cancel/": entry(Ask("change-sets/{scheduled_set}/apply/cancel/", body={})),
    "POST change-sets/<int:id>/undo/": entry(Ask("change-sets/{applied_set}/undo/", body={})),
}  # fmt: skip

ASSISTANT_ENTRIES = {
    "GET assistant/sources/": listed("assistant/sources/", "vertical={vertical}", "text={text}"),
    "POST assistant/sources/": entry(Ask("assistant/sources/", body={"key": "new", "name": "New"}), limited=DENIED),
    "GET assistant/sources/<int:id>/": entry(Ask("assistant/sources/{source}/")),
    "PATCH assistant/sources/<int:id>/": entry(Ask("assistant/sources/{source}/", body={"name": "Changed"})),
    "DELETE assistant/sources/<int:id>/": entry(Ask("assistant/sources/{empty_source}/")),
    "GET assistant/datasets/": listed("assistant/datasets/", "text={dataset_key}", limited=SHARED),
    "POST assistant/datasets/": entry(
        Ask("assistant/datasets/", body={"key": "new", "name": "New", "fields": [{"name": "code"}]}), limited=DENIED
    ),
    "GET assistant/datasets/<int:id>/": entry(Ask("assistant/datasets/{dataset}/"), limited=SHARED),
    "PATCH assistant/datasets/<int:id>/": entry(
        Ask("assistant/datasets/{dataset}/", body={"name": "Changed"}), limited=DENIED
    ),
    "DELETE assistant/datasets/<int:id>/": entry(Ask("assistant/datasets/{empty_dataset}/"), limited=DENIED),
    "GET assistant/tables/": listed(
        "assistant/tables/", "source={source_key}", "dataset={dataset_key}", "text={table_name}"
    ),
    "POST assistant/tables/": entry(
        Ask("assistant/tables/", body={"source_id": "{source}", "dataset_id": "{empty_dataset}"})
    ),
    "GET assistant/tables/<int:id>/": entry(Ask("assistant/tables/{table}/")),
    "PATCH assistant/tables/<int:id>/": entry(Ask("assistant/tables/{table}/", body={"name": "Changed"})),
    "DELETE assistant/tables/<int:id>/": entry(Ask("assistant/tables/{idle_table}/")),
    "GET assistant/tables/<int:id>/change-sets/": listed(
        "assistant/tables/{table}/change-sets/", "target_id={table}", "target=assistant.table"
    ),
    "POST assistant/tables/<int:id>/change-sets/": entry(
        Ask("assistant/tables/{table}/change-sets/", body=FILE), limited=OWN
    ),
    "POST assistant/tables/<int:id>/edits/": entry(
        Ask("assistant/tables/{table}/edits/", body={"changes": [UPDATE, DELETE]}),
        Ask("assistant/tables/{table}/edits/", body={"changes": [UPDATE, DELETE], "apply": True}),
    ),
    "GET assistant/tables/<int:id>/file/": entry(
        Ask("assistant/tables/{table}/file/"), *(Ask("assistant/tables/{table}/file/", f"format={s}") for s in STREAMS)
    ),
    "GET assistant/tables/<int:id>/rows/": listed(
        "assistant/tables/{table}/rows/", "key={row_key}", "text={text}", "master_row={master_row}",
        "as_of=2098-01-01T00:00:00Z",
    ),
    "GET assistant/rows/<int:id>/": entry(Ask("assistant/rows/{row}/")),
    "GET assistant/rows/<int:id>/history/": entry(Ask("assistant/rows/{edited_row}/history/")),
    "GET assistant/rows/<int:id>/mapping/": entry(Ask("assistant/rows/{row}/mapping/")),
    "POST assistant/rows/<int:id>/mapping/": entry(Ask("assistant/rows/{row}/mapping/", body=MEANS)),
    "DELETE assistant/rows/<int:id>/mapping/": entry(
        Ask("assistant/rows/{row}/mapping/", "seen_mapping_id={mapping}")
    ),
    "POST assistant/rows/<int:id>/mapping/undo/": entry(
        Ask("assistant/rows/{row}/mapping/undo/", body={"seen_mapping_id": "{mapping}"})
    ),
    "GET assistant/mappings/": listed(
        "assistant/mappings/", "table={table}", "master_row={master_row}", "actor={actor}"
    ),
    "GET assistant/lookup/": entry(
        Ask("assistant/lookup/", "source={source_key}&dataset={dataset_key}&code={row_key}")
    ),
    "GET assistant/lookup/reverse/": listed(
        "assistant/lookup/reverse/", "source={source_key}", always="dataset={dataset_key}&code={master_code}"
    ),
    "GET assistant/stats/": entry(Ask("assistant/stats/"), *(Ask("assistant/stats/", f"format={k}") for k in STREAMS)),
}  # fmt: skip

ENTRIES: dict[str, Entry] = {**CORE_ENTRIES, **PEOPLE_ENTRIES, **CHANGES_ENTRIES, **ASSISTANT_ENTRIES}
