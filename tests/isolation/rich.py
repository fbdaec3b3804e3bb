"""A tenant with some of everything, made over the API, whose every value can be told from any other tenant's."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg

from ridley.assistant.models import Mapping, Row
from ridley.core.changes.models import Change
from ridley.core.jobs.models import Job
from ridley.core.tenants.models import Membership
from tests.world import Client, World, make_world, run_jobs

FIELDS = [{"name": name, "title": name.title(), "type": "text"} for name in ("code", "model", "price")]
LATER = "2099-01-01T00:00:00Z"
BETWEEN_SEQUENCES = 1_000_000
Ids = dict[str, Any]


@dataclass
class Rich:
    """One tenant. `ids["acme"]` and `ids["zeta"]` name the same kinds of things of two of its sources."""

    world: World
    mark: str
    admin: Client
    ids: dict[str, Ids] = field(default_factory=dict)
    zeta_only: list[int] = field(default_factory=list)  # the ids of zeta's rows, changes, jobs and so on

    @property
    def key(self) -> str:
        return self.world.tenant.key


def number_from(owner: psycopg.Connection[Any], first: int) -> None:
    """Let every sequence go on from numbers that no other table or tenant has, so that an id tells whose it is."""
    found = owner.execute(
        "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND data_type = 'bigint'::regtype"
        " AND sequencename NOT LIKE 'django%' ORDER BY 1"
    )
    for number, (name,) in enumerate(found.fetchall()):
        owner.execute(f'ALTER SEQUENCE "{name}" RESTART WITH {first + number * BETWEEN_SEQUENCES + 1}')


def rich_tenant(mark: str, sources: tuple[str, ...]) -> Rich:
    """`mark` is in every name, key and value of the tenant."""
    world = make_world(mark)
    admin = world.client("admin")
    made = Rich(world, mark, admin)
    shared = shared_things(made)
    for source in sources:
        made.ids[source] = {**shared, **things_of_source(made, source, shared)}
    made.zeta_only = sorted(zeta_ids(made)) if "zeta" in sources else []
    return made


def done(response: Any) -> Any:
    assert response.status_code < 300, response.content
    return response.json()


def tus(content: bytes, name: str, *, size: int | None = None) -> dict[str, str]:
    described = base64.b64encode(name.encode()).decode()
    return {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(content) if size is None else size),
        "Upload-Metadata": f"filename {described}",
    }


def sent(admin: Client, content: bytes, name: str, *, size: int | None = None) -> int:
    response = admin.generic(
        "POST", "uploads/", content, content_type="application/offset+octet-stream",
        headers=tus(content, name, size=size),
    )  # fmt: skip
    return done(response)["id"]


def shared_things(rich: Rich) -> Ids:
    """What belongs to no source."""
    admin, mark, content = rich.admin, rich.mark, f"{rich.mark} bytes".encode()
    parent = done(admin.post("branches/", {"key": f"{mark}-parent", "title": f"{mark} parent"}))
    branch = done(
        admin.post("branches/", {"key": f"{mark}-child", "title": f"{mark} child", "parent_id": parent["id"]})
    )
    program = done(admin.post("service-accounts/", {"name": f"{mark} program", "description": mark}))
    rights = {"permissions": ["core.branches_view"], "expires_at": (datetime.now(UTC) + timedelta(days=7)).isoformat()}
    token = done(admin.post(f"service-accounts/{program['id']}/tokens/", {"name": f"{mark} token", **rights}))
    datasets = {
        name: done(
            admin.post(
                "assistant/datasets/",
                {"key": f"{mark}-{name}", "name": f"{mark} {name}", "fields": FIELDS, "key_fields": ["code"]},
            )
        )["id"]
        for name in ("vehicles", "idle", "empty")
    }
    master = done(admin.post("assistant/tables/", {"dataset_id": datasets["vehicles"], "name": f"{mark} master"}))
    rows = [
        {"kind": "create", "values": {"code": f"{mark}-M{n}", "model": f"{mark} car", "price": f"{mark} {n}"}}
        for n in (1, 2)
    ]
    done(admin.post(f"assistant/tables/{master['id']}/edits/", {"changes": rows, "apply": True}))
    with rich.world.pinned():
        first, second = Row.objects.filter(table_id=master["id"]).order_by("id")
        job_and_event = {"actor": admin.user.pk, "event_subject": str(branch["id"])}
        Membership.objects.filter(user=admin.user).update(branch_id=branch["id"])
    return {
        "mark": mark, "service_account": program["id"], "api_token": token["id"],
        "branch": branch["id"], "parent": parent["id"], "branch_key": f"{mark}-child",
        "dataset": datasets["vehicles"], "dataset_key": f"{mark}-vehicles", "empty_dataset": datasets["empty"],
        "idle_dataset": datasets["idle"], "master_table": master["id"], "master_row": first.pk,
        "other_master_row": second.pk, "master_code": first.key, "file_name": f"{mark}.csv",
        "upload": sent(admin, content, f"{mark}.csv"), "upload_hash": sha256(content).hexdigest(),
        **{name: sent(admin, b"abc", f"{mark}-{name}.csv", size=6) for name in ("unfinished", "half_sent", "given_up")},
        **job_and_event,
    }  # fmt: skip


def things_of_source(rich: Rich, source: str, shared: Ids) -> Ids:
    """A source with tables, rows and a change set in every state that a deed begins from."""
    admin, key = rich.admin, f"{rich.mark}-{source}"
    made = done(admin.post("assistant/sources/", {"key": key, "name": f"{key} ltd", "associated_vertical": key}))
    empty = done(admin.post("assistant/sources/", {"key": f"{key}-empty", "name": f"{key} empty"}))
    of_source = {"source_id": made["id"], "dataset_id": shared["dataset"], "name": f"{key} cars"}
    table = done(admin.post("assistant/tables/", of_source))
    idle = done(admin.post("assistant/tables/", {**of_source, "dataset_id": shared["idle_dataset"], "name": key}))
    prices = {f"{key}-{n}": f"{key} price {n}" for n in range(1, 5)}
    applied = proposed(rich, table["id"], key, prices)
    decided(admin, applied)
    done(admin.post(f"change-sets/{applied}/apply/", {}))
    run_jobs()
    edit = {"kind": "update", "key": f"{key}-4", "values": {"price": f"{key} edited"}}
    done(admin.post(f"assistant/tables/{table['id']}/edits/", {"changes": [edit], "apply": True}))
    sets = open_sets(rich, table["id"], key)
    with rich.world.pinned():
        rows = list(Row.objects.filter(table_id=table["id"]).order_by("key"))
        changes = list(Change.objects.filter(change_set_id=sets["open_set"]).order_by("key"))
        job = Job.objects.filter(subject_id=str(applied)).order_by("-id").first()
    decision = done(
        admin.post(
            f"change-sets/{sets['open_set']}/decisions/",
            {"decision": "accepted", "ids": [changes[0].pk], "comment": f"{key} said so"},
        )
    )
    body = {"state": "mapped", "master_row_id": shared["master_row"], "reason": f"{key} reason"}
    mapping = done(admin.post(f"assistant/rows/{rows[0].pk}/mapping/", body))["current"]["id"]
    done(admin.post(f"assistant/rows/{rows[3].pk}/mapping/", body))
    return {
        "source": made["id"], "source_key": key, "empty_source": empty["id"], "vertical": key, "text": key,
        "table": table["id"], "idle_table": idle["id"], "table_name": f"{key} cars", "applied_set": applied, **sets,
        "change": changes[0].pk, "other_change": changes[1].pk, "change_key": changes[0].key,
        "decision": decision["id"],
        "row": rows[0].pk, "row_key": rows[0].key, "row_to_delete": rows[1].key, "edited_row": rows[3].pk,
        "mapping": mapping, "job": job.pk, "job_subject": str(applied),
    }  # fmt: skip


def own_things(rich: Rich, person: Client, word: str = "own") -> Ids:
    """What this person did, sent and started for acme: of every kind that shared_things has of the admin."""
    name, content = f"{rich.mark}-{word}.csv", f"{rich.mark} {word} bytes".encode()
    branch = done(person.post("branches/", {"key": f"{rich.mark}-{word}", "title": f"{rich.mark} {word}"}))
    edit = {"kind": "update", "key": rich.ids["acme"]["row_key"], "values": {"price": f"{rich.mark} {word}"}}
    path = f"assistant/tables/{rich.ids['acme']['table']}/edits/"
    edited = done(person.post(path, {"changes": [edit]}))["id"]
    decided(person, edited)
    job = done(person.post(f"change-sets/{edited}/apply/", {}))["job"]["id"]
    return {
        "actor": person.user.pk, "event_subject": str(branch["id"]), "job": job, "job_subject": str(edited),
        "upload": sent(person, content, name), "file_name": name, "upload_hash": sha256(content).hexdigest(),
        **{kind: sent(person, b"abc", f"{kind}-{name}", size=6) for kind in ("unfinished", "half_sent", "given_up")},
    }  # fmt: skip


def open_sets(rich: Rich, table: int, key: str) -> Ids:
    """One set in each state that a deed begins from. Only a file can be held; the others are quicker as edits."""
    admin = rich.admin
    held = proposed(rich, table, key, {f"{key}-1": f"{key} price 1"})
    assert done(admin.get(f"change-sets/{held}/"))["state"] == "held"
    sets = {"held_set": held}
    for name in ("open_set", "accepted_set", "unwanted_set", "scheduled_set"):
        edits = [
            {"kind": "update", "key": f"{key}-{n}", "values": {"price": f"{key} {name} {n}"}} for n in (2, 3)
        ]  # fmt: skip
        sets[name] = done(admin.post(f"assistant/tables/{table}/edits/", {"changes": edits}))["id"]
    for name in ("accepted_set", "scheduled_set"):
        decided(admin, sets[name])
    done(admin.post(f"change-sets/{sets['scheduled_set']}/apply/", {"at": LATER}))
    return sets


def proposed(rich: Rich, table: int, key: str, prices: dict[str, str]) -> int:
    """A change set from a file with these prices."""
    lines = ["code,model,price", *(f"{code},{key} model,{price}" for code, price in prices.items())]
    upload = sent(rich.admin, "\n".join(lines).encode(), f"{key}.csv")
    body = {"upload_id": upload, "comment": f"{key} comment"}
    made = done(rich.admin.post(f"assistant/tables/{table}/change-sets/", body))["change_set"]["id"]
    run_jobs()
    return made


def decided(admin: Client, change_set: int) -> None:
    done(admin.post(f"change-sets/{change_set}/decisions/", {"decision": "accepted"}))


def zeta_ids(rich: Rich) -> set[int]:
    """The ids of all that is zeta's and not acme's."""
    zeta, acme = rich.ids["zeta"], rich.ids["acme"]
    found = {value for name, value in zeta.items() if isinstance(value, int) and value != acme[name]}
    with rich.world.pinned():
        found |= set(Row.objects.filter(table_id=zeta["table"]).values_list("pk", flat=True))
        found |= set(Mapping.objects.filter(row__table_id=zeta["table"]).values_list("pk", flat=True))
        sets = [value for name, value in zeta.items() if name.endswith("_set")]
        found |= set(Change.objects.filter(change_set_id__in=sets).values_list("pk", flat=True))
    return found
