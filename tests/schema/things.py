"""Some of everything in the live tenant, made over HTTP, so that generated requests meet what is there."""

from __future__ import annotations

import base64
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.live import Live

FIELDS = [{"name": name, "title": name.title()} for name in ("code", "model", "price")]
FILE = b"code,model,price\nA1,Swift,500\nA2,Baleno,600\nA3,Alto,300\n"


class Maker:
    def __init__(self, live: Live, token: str, mark: str) -> None:
        self.live, self.mark, self.headers = live, mark, {"Authorization": f"Bearer {token}"}

    def ask(self, path: str, body: Any = None) -> Any:
        return self.live.asked(f"/api/v1/{self.live.tenant}/{path}", body, self.headers)

    def upload(self, content: bytes) -> int:
        request = urllib.request.Request(f"{self.live.address}/api/v1/{self.live.tenant}/uploads/", content, {
            **self.headers, "Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": f"filename {base64.b64encode(f'{self.mark}.csv'.encode()).decode()}",
        })  # fmt: skip
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.headers["Location"].rstrip("/").rpartition("/")[2])

    def wait(self, job: Any) -> int:
        for _ in range(600):
            if self.ask(f"jobs/{job['id']}/")["state"] in ("done", "failed"):
                return job["id"]
            time.sleep(0.1)
        raise AssertionError(f"the job {job} does not end: {self.live.log()}")

    def edits(self, table: int, codes: list[str], kind: str = "create", *, apply: bool = True) -> int:
        changes = [
            {"kind": kind, **({"key": code} if kind == "update" else {}),
             "values": {"code": code, "model": "Swift", "price": "1" if kind == "create" else "2"}}
            for code in codes
        ]  # fmt: skip
        return self.ask(f"assistant/tables/{table}/edits/", {"changes": changes, "apply": apply})["id"]

    def invitation(self) -> tuple[int, str]:
        """One that may be withdrawn, and the secret of another one's link, out of the mail that was sent."""
        first, second = (f"{self.mark}-{number}@example.com" for number in (1, 2))
        made, _ = (self.ask("invitations/", {"email": email, "roles": ["member"]})["id"] for email in (first, second))
        for _ in range(600):
            for path in (self.live.home / "mail").glob("*.log"):
                if f"To: {second}" in (text := path.read_text()):
                    return made, text.partition("/account/invitation#")[2].split()[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail comes: {self.live.log()}")

    def other_session(self) -> int:
        """A sign-in of the same person that may be ended."""
        self.live.token("admin")
        found = self.live.asked("/api/v1/me/sessions/", headers=self.headers)["items"]
        return next(session["id"] for session in found if not session["this"])

    def things(self) -> dict[str, Any]:
        """Name -> id, or what a generated request may name it by."""
        mark = self.mark
        branch = self.ask("branches/", {"key": mark, "title": mark})["id"]
        source = self.ask("assistant/sources/", {"key": mark, "name": mark})["id"]
        dataset = self.ask("assistant/datasets/", {"key": mark, "name": mark, "fields": FIELDS, "key_fields": ["code"]})
        master = self.ask("assistant/tables/", {"dataset_id": dataset["id"]})["id"]
        table = self.ask("assistant/tables/", {"dataset_id": dataset["id"], "source_id": source})["id"]
        self.edits(master, ["M1", "M2"])
        upload = self.upload(FILE)
        read = self.ask(f"assistant/tables/{table}/change-sets/", {"upload_id": upload})
        job, applied = self.wait(read["job"]), read["change_set"]["id"]
        self.ask(f"change-sets/{applied}/decisions/", {"decision": "accepted"})
        self.wait(self.ask(f"change-sets/{applied}/apply/", {})["job"])
        opened = self.edits(table, ["A1", "A2"], "update", apply=False)
        changes = [change["id"] for change in self.ask(f"change-sets/{opened}/changes/")["items"]]
        decision = self.ask(f"change-sets/{opened}/decisions/", {"decision": "accepted", "ids": changes[:1]})["id"]
        member = self.ask("members/?text=walker")["items"][0]["id"]
        renewed = {"until_at": None, "reason": mark}  # earlier tests may have ended it
        self.live.asked(f"/api/v1/{self.live.tenant}/members/{member}/", renewed, self.headers, method="PATCH")
        given = {"role": "member", "reason": mark}
        grant = self.ask(f"members/{member}/grants/", given)["id"]
        row = self.ask(f"assistant/tables/{table}/rows/")["items"][0]["id"]
        master_row = self.ask(f"assistant/tables/{master}/rows/")["items"][0]["id"]
        self.ask(f"assistant/rows/{row}/mapping/", {"state": "mapped", "master_row_id": master_row})
        invitation, secret = self.invitation()
        asked = {"slug": mark, "name": mark, "issuer": "http://127.0.0.1:9", "client_id": mark, "client_secret": mark}
        provider = self.ask("providers/", {**asked, "domains": []})["id"]
        program = self.ask("service-accounts/", {"name": mark})["id"]
        expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        rights = {"name": mark, "permissions": ["core.branches_view"], "expires_at": expires}
        token = self.ask(f"service-accounts/{program}/tokens/", rights)["id"]
        return {
            "service-accounts": program, "tokens": token,
            "invitations": invitation, "invitation_token": secret, "sessions": self.other_session(),
            "branches": branch, "sources": source, "datasets": dataset["id"], "tables": table, "uploads": upload,
            "providers": provider,
            "jobs": job, "change-sets": opened, "changes": changes[0], "decisions": decision, "rows": row,
            "members": member, "grants": grant, "master_row": master_row, "applied": applied, "key": mark,
        }  # fmt: skip
