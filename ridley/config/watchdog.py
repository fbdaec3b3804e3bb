"""Waits for `ridley run` to die and ends what it left: `python -m ridley.config.watchdog HOME`, told through stdin."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from ridley.config.processes import end_groups
from ridley.core.database.embedded import Server


def main(home: Path) -> None:
    """Read `watch WHAT`, `forget WHAT` and `done`; the end of the input without `done` means that our starter died."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: set[str] = set()
    for line in sys.stdin:
        word, _, what = line.strip().partition(" ")
        if word == "done":
            return
        if word == "watch":
            watched.add(what)
        elif word == "forget":
            watched.discard(what)
    end_groups(int(what) for what in watched if what != "server")
    if "server" in watched:
        Server(home).stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
