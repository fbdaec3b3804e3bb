"""A small motor catalogue for tests: a master and what two insurers send, made over the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.world import Client, World

FIELDS = [{"name": name, "title": name.title(), "type": "text"} for name in ("code", "model", "price")]
MASTER = {"M1": "Swift", "M2": "Baleno", "M3": "Alto"}
ACME = {"A1": "SWIFT VXI", "A2": "BALENO", "A3": "ALTO 800", "A4": "WARRANTY"}


@dataclass
class Motor:
    """`tables`: "master", "acme" and "zeta" -> id. All are made by an admin of the Assistant."""

    world: World
    admin: Client
    dataset: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        answer = self.admin.post(f"assistant/{path}", body)
        assert answer.status_code == status, answer.json()
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.admin.get(f"assistant/{path}")
        assert answer.status_code == 200, answer.json()
        return answer.json()

    def edit(self, table: str, *changes: dict[str, Any], apply: bool = True) -> Any:
        return self.post(f"tables/{self.tables[table]}/edits/", {"changes": changes, "comment": "", "apply": apply})

    def load(self, table: str, models: dict[str, str]) -> None:
        self.edit(
            table, *[{"kind": "create", "values": {"code": c, "model": m, "price": "1"}} for c, m in models.items()]
        )

    def remove(self, table: str, key: str) -> None:
        self.edit(table, {"kind": "delete", "key": key})

    def row(self, table: str, key: str) -> Any:
        (found,) = self.get(f"tables/{self.tables[table]}/rows/?live=all&key={key}")["items"]
        return found

    def id(self, table: str, key: str) -> int:
        return int(self.row(table, key)["id"])

    def map(self, key: str, master: str, **more: Any) -> Any:
        body = {"state": "mapped", "master_row_id": self.id("master", master), **more}
        return self.post(f"rows/{self.id('acme', key)}/mapping/", body, status=200)

    def limited(self, role: str, *sources: str) -> Client:
        return self.world.client(role, limits={"source": list(sources)})


def make_motor(world: World) -> Motor:
    motor = Motor(world, world.client("assistant.admin"))
    body = {"key": "vehicles", "name": "Vehicles", "fields": FIELDS, "key_fields": ["code"]}
    motor.dataset = motor.post("datasets/", body)["id"]
    motor.tables["master"] = motor.post("tables/", {"dataset_id": motor.dataset})["id"]
    for key in ("acme", "zeta"):
        motor.sources[key] = motor.post("sources/", {"key": key, "name": key.title()})["id"]
        body = {"dataset_id": motor.dataset, "source_id": motor.sources[key]}
        motor.tables[key] = motor.post("tables/", body)["id"]
    motor.load("master", MASTER)
    motor.load("acme", ACME)
    return motor
