"""Pages and look-ups in a table and a change set of 1M rows, as the server answers them.

    python benchmarks/bench_reads.py [--rows 1000000] [--runs 20]

A whole Ridley runs as `ridley run` starts it. Milliseconds are the server's own, from its access log, from a request's
arrival to the end of its answer; CPU milliseconds are those of all its processes, the database included. The promises:
a page of 100, deep or shallow, filtered by column, kind, decision or text, under 100 ms; a look-up at 100 requests a
second under 15 ms (95th percentile).
"""

from __future__ import annotations

import argparse
import http.client
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench_changes import Bench
from installation import Installation, running
from measuring import keep, machine, promise
from tables import write_table

from ridley.core.access.paging import write_cursor

PAGE_BAR, LOOKUP_BAR = 100.0, 15.0  # ms
RATE, SECONDS = 100, 10
LOGGED = re.compile(r'"GET (\S+)" 200 \d+ ([0-9.]+)')


class Reader:
    """Asks for pages as a person, on one connection, and reads from the log how long the server took."""

    def __init__(self, ridley: Installation) -> None:
        self.ridley = ridley
        self.log = ridley.state.logs / "access.log"

    def connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.ridley.address)
        return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)

    def ask(self, connection: http.client.HTTPConnection, path: str) -> None:
        headers = {"Authorization": f"Bearer {self.ridley.token}"}
        connection.request("GET", f"/api/v1/{self.ridley.tenant}/{path}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")

    def times(self, path: str, runs: int) -> dict[str, float]:
        """What each of `runs` requests takes the server, one after another."""
        self.ridley.sign_in()
        connection = self.connection()
        self.ask(connection, path)  # the first one fills caches and plans
        before, cpu = len(self.awaited(path, 1)), self.ridley.cpu()
        for _ in range(runs):
            self.ask(connection, path)
        return summary(self.awaited(path, before + runs)[before:], self.ridley.cpu() - cpu)

    def under_load(self, paths: Sequence[str]) -> dict[str, float]:
        """What each path takes the server, 100 of them a second, from four connections."""
        self.ridley.sign_in()
        before, cpu = len(self.logged(paths[0])), self.ridley.cpu()
        began = time.monotonic() + 0.5

        def work(number: int) -> None:
            connection = self.connection()
            for turn in range(number, len(paths), 4):
                time.sleep(max(0.0, began + turn / RATE - time.monotonic()))
                self.ask(connection, paths[turn])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return summary(self.awaited(paths[0], before + len(paths))[before:], self.ridley.cpu() - cpu)

    def logged(self, path: str) -> list[float]:
        """Milliseconds of every answer to this path so far, whatever its query."""
        wanted = f"/api/v1/{self.ridley.tenant}/{path.partition('?')[0]}"
        found = (LOGGED.search(line) for line in self.log.read_text().splitlines())
        return [float(one[2]) * 1000 for one in found if one and one[1] == wanted]

    def awaited(self, path: str, count: int) -> list[float]:
        end = time.monotonic() + 10
        while len(found := self.logged(path)) < count and time.monotonic() < end:
            time.sleep(0.05)
        return found


def pages(change_set: int, table: int, half: int, deep_change: int, deep_row: int) -> dict[str, str]:
    """What people look at, by name."""
    changes, rows = f"change-sets/{change_set}/changes/?limit=100", f"assistant/tables/{table}/rows/?limit=100"
    return {
        "changes": changes,
        "changes, deep": f"{changes}&cursor={write_cursor([deep_change])}",
        "changes of a column": f"{changes}&column=c3",
        "changes of a column, deep": f"{changes}&column=c3&cursor={write_cursor([deep_change])}",
        "changes of a kind": f"{changes}&kind=removed",
        "changes, accepted": f"{changes}&decision=accepted",
        "changes, accepted, deep": f"{changes}&decision=accepted&cursor={write_cursor([deep_change])}",
        "changes with a frequent text": f"{changes}&text=changed",
        "changes with a text in 1 of 50": f"{changes}&text=12",
        "changes with a text in 1 of 1,000": f"{changes}&text=123",
        "changes with a text in 1 of 1,000, deep": f"{changes}&text=123&cursor={write_cursor([deep_change - half])}",
        "changes with a text in 1 of 1,000, accepted": f"{changes}&text=123&decision=accepted",
        "changes with a text in 1 of 1,000, of a column": f"{changes}&text=123&column=c3",
        "changes with a rare text": f"{changes}&text=K000777777",
        "changes with a whole value": f"{changes}&text=value+777777",
        "changes with an absent text": f"{changes}&text=nowhere",
        "rows": rows,
        "rows, deep": f"{rows}&cursor={write_cursor([deep_row])}",
        "rows not looked at": f"{rows}&mapping=not_looked_at",
        "rows mapped (none)": f"{rows}&mapping=mapped",
        "row by key": f"{rows}&key=K000777777",
        "rows with a frequent text": f"{rows}&text=value+7",
        "rows with a text in 1 of 100": f"{rows}&text=123",
        "rows with a text in 1 of 100, deep": f"{rows}&text=123&cursor={write_cursor([deep_row - half])}",
        "rows with a text in 1 of 1,000": f"{rows}&text=1234",
        "rows with a text in 1 of 1,000, not looked at": f"{rows}&text=1234&mapping=not_looked_at",
        "rows with a rare text": f"{rows}&text=K000777777",
        "rows with a whole value": f"{rows}&text=value+777777",
        "rows with an absent text": f"{rows}&text=nowhere",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=20)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running() as ridley:
        found = prepare_and_read(ridley, Path(name), wanted.rows, wanted.runs)
    lines = []
    for label, one in found.items():
        bar = LOOKUP_BAR if label.startswith("look") else PAGE_BAR
        measured = f"median {one['median']:.1f} ms, p95 {one['p95']:.1f} ms; CPU {one['cpu']:.1f} ms"
        what = f"{label}, out of {wanted.rows:,}"
        lines.append(promise(what, measured=measured, bar=f"p95 under {bar:g} ms", kept=one["p95"] < bar))
    facts = machine("psycopg", "Django")
    keep(f"reads_{wanted.rows}", {"rows": wanted.rows, "figures": found, "promises": lines, **facts})


def prepare_and_read(ridley: Installation, folder: Path, rows: int, runs: int) -> dict[str, Any]:
    """A table of that many rows, a set that changes a cell in each and removes some; 1 in 9 changes accepted."""
    bench, reader = Bench(ridley), Reader(ridley)
    _, first = bench.upload(write_table(folder / "first.csv", rows, lacks=1))
    bench.accept(first)
    bench.apply(first)
    _, found = bench.upload(write_table(folder / "next.csv", rows, changed=1.0, version=2, lacks=2))
    change_set = found["id"]
    ridley.sign_in()
    if found["state"] == "held":
        ridley.post(f"change-sets/{change_set}/release/", {"comment": "Measured."})
    ridley.post(f"change-sets/{change_set}/decisions/", {"decision": "accepted", "filter": {"column": "c5"}})
    bench.count()
    bench.await_index()
    deep = ridley.owner.execute(
        "SELECT (SELECT max(id) - 1000 FROM changes_change WHERE change_set_id = %s),"
        " (SELECT max(id) - 1000 FROM assistant_row WHERE table_id = %s)",
        [change_set, bench.table],
    ).fetchone()
    assert deep is not None
    result = {}
    for label, path in pages(change_set, bench.table, rows // 2, *deep).items():
        result[label] = reader.times(path, runs)
        print(label, result[label], flush=True)
    lookups = [
        f"assistant/lookup/?source=hirakud&dataset=things&code=K{number * 997 % rows // 1000 * 1000 + 3:09}"
        for number in range(RATE * SECONDS)
    ]
    result["look-up, 100 a second"] = reader.under_load(lookups)
    return result


def summary(times: Sequence[float], cpu: float) -> dict[str, float]:
    """Milliseconds of each request, and the CPU milliseconds of one on average."""
    ordered = sorted(times)
    return {
        "count": len(ordered),
        "cpu": round(cpu * 1000 / len(ordered), 1),
        "median": round(statistics.median(ordered), 2),
        "p95": round(ordered[max(0, -(-len(ordered) * 95 // 100) - 1)], 2),
    }


if __name__ == "__main__":
    main()
