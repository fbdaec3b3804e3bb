"""From the uploaded file to the applied change, beside the SQL that a developer would write by hand.

    python benchmarks/bench_changes.py [--rows 1000000] [--runs 5]

A whole Ridley runs as `ridley run` starts it. CPU seconds are those of all its processes, the database included, and of
the client. The promises: upload to stored change list at most 0.7 times COPY and a difference in SQL; the same file
again 0.3 s after its upload; applying 20,000 changes at most 4 times the bare writes; a first load at most 4 times the
bare one.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from handwritten import Handwritten
from installation import Figures, Installation, Measured, running
from measuring import keep, machine, promise
from tables import COLUMNS, write_table


class Bench:
    """One table of Ridley's and its peer's."""

    def __init__(self, ridley: Installation) -> None:
        self.ridley = ridley
        source = ridley.post("assistant/sources/", {"key": "hirakud", "name": "Hirakud"})["id"]
        fields = [{"name": name, "type": "text"} for name in COLUMNS]
        dataset = ridley.post(
            "assistant/datasets/", {"key": "things", "name": "Things", "fields": fields, "key_fields": ["id"]}
        )["id"]
        self.table = ridley.post("assistant/tables/", {"source_id": source, "dataset_id": dataset})["id"]
        self.peer = Handwritten(ridley)

    def compare(self, upload: int) -> dict[str, Any]:
        """A change set from an uploaded file, as it is once it was compared."""
        answer = self.ridley.post(f"assistant/tables/{self.table}/change-sets/", {"upload_id": upload})
        if answer.get("job"):
            self.ridley.await_job(answer["job"])
        return dict(self.ridley.get(f"change-sets/{answer['change_set']['id']}/"))

    def upload(self, path: Path) -> tuple[Figures, dict[str, Any]]:
        with Measured(self.ridley) as figures:
            found = self.compare(self.ridley.upload(path))
        return figures.found, found

    def accept(self, found: dict[str, Any]) -> Figures:
        with Measured(self.ridley) as figures:
            if found["state"] == "held":
                self.ridley.post(f"change-sets/{found['id']}/release/", {"comment": "Measured."})
            self.ridley.post(f"change-sets/{found['id']}/decisions/", {"decision": "accepted"})
        return figures.found

    def apply(self, found: dict[str, Any], deed: str = "apply") -> Figures:
        with Measured(self.ridley) as figures:
            self.ridley.await_job(self.ridley.post(f"change-sets/{found['id']}/{deed}/")["job"])
        return figures.found

    def withdraw(self, found: dict[str, Any]) -> None:
        self.ridley.post(f"change-sets/{found['id']}/withdraw/", {"comment": "Measured."})

    def await_index(self) -> None:
        """Wait until the words of what was written are indexed, which a job does after each large set or apply."""
        waiting = "SELECT id FROM jobs_job WHERE kind = 'search.index' ORDER BY id"
        for (number,) in self.ridley.owner.execute(waiting).fetchall():
            self.ridley.await_job({"id": number})

    def indexed(self) -> Figures:
        """What the index of words costs that is being made of what was just written."""
        began, cpu = time.monotonic(), self.ridley.cpu()
        self.await_index()
        return Figures(time.monotonic() - began, self.ridley.cpu() - cpu)

    def count(self) -> None:
        """Vacuum and count what was written, as the server does by itself within a minute or two."""
        tables = "assistant_row, assistant_rowversion, changes_change, changes_changecell"
        self.ridley.owner.execute(f"VACUUM ANALYZE {tables}")


def first_load(bench: Bench, file: Path) -> dict[str, Any]:
    """An empty table takes a whole file: uploaded, accepted, applied."""
    before = bench.ridley.disk()
    uploaded, found = bench.upload(file)
    index = [bench.indexed()]
    steps = {"upload": uploaded, "accept": bench.accept(found)}
    bench.peer.take(found["id"])
    taken = bench.ridley.disk()
    steps["apply"] = bench.apply(found)
    index.append(bench.indexed())
    grown = bench.ridley.disk() - taken
    bare_apply = bench.peer.apply(found["id"], bench.table)
    bare = bench.peer.load_rows(file, bench.table)
    bench.peer.owner.execute("TRUNCATE peer.change, peer.cell, peer.row")
    bench.count()
    return {
        "changes": found["added"], **{name: asdict(one) for name, one in steps.items()},
        "bare apply": asdict(bare_apply), "bare load": asdict(bare),
        "index of changes": asdict(index[0]), "index of rows": asdict(index[1]),
        "disk_mib": {"apply": grown >> 20, "all": (bench.ridley.disk() - before) >> 20},
    }  # fmt: skip


def uploads(bench: Bench, folder: Path, rows: int, runs: int, share: float) -> dict[str, Any]:
    """Upload to stored change list, and the peer's, in turn, after one to warm up."""
    ours, theirs, indexes, counts = [], [], [], set()
    for turn in range(runs + 1):
        file = write_table(folder / "next.csv", rows, changed=share, version=turn + 1, lacks=2)
        figures, found = bench.upload(file)
        index = bench.indexed()
        bench.withdraw(found)
        peer, changes = bench.peer.differ(file)
        counts.add((found["added"] + found["removed"] + found["changed"]) - changes)
        if turn:
            ours.append(figures)
            theirs.append(peer)
            indexes.append(index)
    assert counts == {0}, f"Ridley and its peer found different numbers of changes: {counts}"
    return {
        "share": share, "changes": changes, "ridley": median(ours), "copy and sql": median(theirs),
        "index": median(indexes),
    }  # fmt: skip


def same_file(bench: Bench, file: Path, runs: int) -> dict[str, Any]:
    """The file that the table holds already; measured from the upload's end."""
    found = []
    for _ in range(runs):
        upload = bench.ridley.upload(file)
        with Measured(bench.ridley) as figures:
            state = bench.compare(upload)["state"]
        assert state == "equal", state
        found.append(figures.found)
    return median(found)


def applies(bench: Bench, folder: Path, rows: int, runs: int) -> dict[str, Any]:
    """2 % of the rows changed, accepted and applied, beside the bare writes of the same; and undone."""
    ours, theirs, undone, accepted, changes = [], [], [], [], 0
    bench.peer.take_rows(bench.table)
    for turn in range(runs + 1):
        # each version beside the first file: what the last one changed is changed back
        file = write_table(folder / "next.csv", rows, changed=0.02, version=turn + 100, lacks=1)
        _, found = bench.upload(file)
        changes = found["added"] + found["removed"] + found["changed"]
        decided = bench.accept(found)
        bench.peer.take(found["id"])
        applied = bench.apply(found)
        bare = bench.peer.apply(found["id"], bench.table)
        took_back = bench.apply(found, "undo")
        if turn:
            ours.append(applied)
            theirs.append(bare)
            undone.append(took_back)
            accepted.append(decided)
    return {
        "changes": changes, "ridley": median(ours), "bare writes": median(theirs), "undo": median(undone),
        "accept": median(accepted),
    }  # fmt: skip


def median(figures: list[Figures]) -> dict[str, float]:
    return {
        name: round(statistics.median(getattr(one, name) for one in figures), 3)
        for name in ("seconds", "cpu", "client")
    }


def whole(figures: dict[str, float]) -> float:
    return figures["cpu"] + figures["client"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running() as ridley:
        folder, bench = Path(name), Bench(ridley)
        first = write_table(folder / "first.csv", wanted.rows, lacks=1)
        found: dict[str, Any] = {"first load": first_load(bench, first)}
        show("first load", found["first load"])
        bench.peer.load(first)
        for label, share in (("1 %", 0.01), ("30 %", 0.3), ("none", 0.0)):
            runs = wanted.runs if label == "1 %" else 1
            found[f"upload, {label}"] = uploads(bench, folder, wanted.rows, runs, share)
            show(f"upload, {label}", found[f"upload, {label}"])
        found["same file"] = same_file(bench, first, wanted.runs)
        show("same file", found["same file"])
        found["apply"] = applies(bench, folder, wanted.rows, wanted.runs)
        show("apply", found["apply"])
    facts = machine("polars", "psycopg")
    keep(
        f"changes_{wanted.rows}",
        {"rows": wanted.rows, "figures": found, "promises": judged(found, wanted.rows), **facts},
    )


def judged(found: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    """What was promised, beside what was measured."""
    first, apply = found["first load"], found["apply"]
    lines = []
    for share in ("1 %", "30 %", "none"):
        one = found[f"upload, {share}"]
        what = f"upload to stored change list, {rows:,} rows, {share} changed"
        lines.append(times(what, whole(one["ridley"]), whole(one["copy and sql"]), 0.7 if share == "1 %" else None))
    same = found["same file"]["seconds"]
    lines.append(
        promise(
            "the same file again, after its upload", measured=f"{same:.2f} s", bar="at most 0.3 s", kept=same <= 0.3
        )
    )
    lines.append(times(f"apply {apply['changes']:,} changes", whole(apply["ridley"]), whole(apply["bare writes"]), 4))
    lines.append(times(f"undo {apply['changes']:,} changes", whole(apply["undo"]), whole(apply["bare writes"]), None))
    steps = {name: whole(first[name]) for name in ("upload", "accept", "apply")}
    lines.append(times(f"first load of {rows:,} rows: its apply", steps["apply"], whole(first["bare apply"]), 4))
    lines.append(times("first load, from upload to applied", sum(steps.values()), whole(first["bare load"]), 4))
    index = whole(first["index of changes"]) + whole(first["index of rows"])
    what = "first load, and the index of words that jobs make of it meanwhile"
    lines.append(times(what, sum(steps.values()) + index, whole(first["bare load"]), None))
    index = whole(found["upload, 1 %"]["index"])
    what = f"index of words of an upload of {rows:,} rows, 1 % changed, by a job after it"
    lines.append(promise(what, measured=f"{index:.2f} CPU s", bar="reported", kept=True))
    seconds = {name: round(first[name]["seconds"]) for name in steps}
    disk = first["disk_mib"]
    told = f"{seconds['upload']} + {seconds['accept']} + {seconds['apply']} s; database {disk['all']:,} MiB larger"
    lines.append(promise("first load: upload, accept, apply by the clock", measured=told, bar="reported", kept=True))
    return lines


def times(what: str, ours: float, peer: float, bar: float | None) -> dict[str, Any]:
    """A promise of at most so many times the peer's CPU; without a bar it is only reported."""
    measured = f"{ours:.2f} CPU s, {ours / peer:.2f} times the peer's {peer:.2f}"
    wanted = f"at most {bar:g} times" if bar else "reported"
    return promise(what, measured=measured, bar=wanted, kept=bar is None or ours <= bar * peer)


def show(label: str, found: Any) -> None:
    print(f"{label}: {found}", flush=True)


if __name__ == "__main__":
    main()
