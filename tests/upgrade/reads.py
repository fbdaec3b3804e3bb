"""The main reads, asked of a real server as one of the demo's people."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.live import Live

TENANT, EMAIL = "konark", "asha@konark.example.com"
ROW = "SELECT min(row_id) FROM assistant_rowversion WHERE tenant_id = (SELECT id FROM tenants_tenant WHERE key = %s)"
SET = "SELECT change_set_id FROM changes_change WHERE fate = 'applied' GROUP BY 1 ORDER BY 1 DESC LIMIT 1"
CODE = """
SELECT r.table_id, r.key FROM assistant_row r JOIN assistant_mapping m ON m.row_id = r.id
WHERE m.master_row_id IS NOT NULL ORDER BY r.id LIMIT 1
"""


def addresses(owner: psycopg.Connection[Any]) -> list[str]:
    """What is asked: every list, and one of each kind of record with what hangs on it."""

    def one(query: str, *values: Any) -> Any:
        found = owner.execute(query, values).fetchone()
        assert found is not None, query
        return found

    row, change_set, (table, code) = one(ROW, TENANT)[0], one(SET)[0], one(CODE)
    lists = ("branches", "members", "change-sets", "jobs", "events", "uploads", "assistant/mappings")
    return [
        "meta/", "assistant/sources/", "assistant/datasets/", "assistant/tables/", "assistant/stats/",
        *(f"{name}/?limit=3" for name in lists),
        f"assistant/tables/{table}/rows/?limit=3",
        f"assistant/rows/{row}/",
        f"assistant/rows/{row}/history/",
        f"assistant/lookup/?source=rushikulya&dataset=vehicles&code={code}",
        f"change-sets/{change_set}/",
        f"change-sets/{change_set}/summary/",
        f"change-sets/{change_set}/changes/?limit=3",
    ]  # fmt: skip


def answers(live: Live, paths: list[str]) -> dict[str, Any]:
    """Address -> what it answers, without what is nobody's to rely on: the next page's cursor, and ages."""
    body = {"email": EMAIL, "password": live.password}
    token = live.asked("/_allauth/app/v1/auth/login", body)["meta"]["access_token"]
    found = {}
    for path in paths:
        answer = live.asked(f"/api/v1/{TENANT}/{path}", headers={"Authorization": f"Bearer {token}"})
        found[path] = lasting(answer)
    return found


def lasting(answer: Any) -> Any:
    if isinstance(answer, list):
        return [lasting(each) for each in answer]
    if isinstance(answer, dict):
        passing = ("next", "previous", "oldest_waiting_seconds")
        return {name: lasting(value) for name, value in answer.items() if name not in passing}
    return answer


def let_in(owner: psycopg.Connection[Any], password: str) -> None:
    """Give everybody this password: a fixture holds none."""
    from django.contrib.auth.hashers import make_password

    owner.execute("UPDATE accounts_user SET password = %s", [make_password(password)])
