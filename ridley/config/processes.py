"""The processes that `ridley run` starts: kept alive, and ended with everything that they started themselves.

Each is the leader of a session of its own, so that Ctrl-C reaches only `ridley run`, which then ends them in order.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ridley.config.state import CHECKOUT

GRACE_SECONDS = 10
STEADY_SECONDS = 60  # who lived this long starts with a clean record
LONGEST_PAUSE_SECONDS = 30


class Guard:
    """Ends the watched processes if this one dies without doing so, even by kill -9.

    A process of its own holds the other end of a pipe, which the kernel closes when we die, however we die. (Linux's
    parent-death signal would be shorter, but it reaches direct children only, is forgotten when a child changes its
    user as PostgreSQL's does, fires when the starting thread ends, and does not exist elsewhere.)
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.watched: set[str] = set()
        self.process = self._start()

    def watch(self, what: str) -> None:
        """A session leader's number, or `server` for the embedded PostgreSQL."""
        self.watched.add(what)
        self._tell(f"watch {what}")

    def forget(self, what: str) -> None:
        self.watched.discard(what)
        self._tell(f"forget {what}")

    def tend(self) -> bool:
        """Start the guard again if somebody killed it; True if that was so."""
        if self.process.poll() is None:
            return False
        self.process = self._start()
        for what in self.watched:
            self._tell(f"watch {what}")
        return True

    def release(self) -> None:
        """Everything has been ended: nothing to guard."""
        self._tell("done")
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self.process.communicate(timeout=5)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ridley.config.watchdog", str(self.home)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def _tell(self, line: str) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # a dead guard is started again by `tend`
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()


@dataclass
class Kept:
    """A process that is started again whenever it ends."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    descriptors: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    failures: int = 0
    due: float = 0


class Children:
    """Starts processes, keeps some of them alive, and ends them all."""

    def __init__(self, guard: Guard, on_change: Callable[[], None]) -> None:
        self.guard = guard
        self.on_change = on_change  # called when `noted` has something new to say
        self.kept: list[Kept] = []
        self.current: subprocess.Popen[Any] | None = None

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        on_line: Callable[[str], None],
        check: Callable[[], None],
    ) -> int:
        """Run to the end and return the exit code. Each line goes to `on_line`; `check` may raise to interrupt."""
        self.current = process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.guard.watch(str(process.pid))
        self.on_change()
        assert process.stdout is not None
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read_lines, args=(process.stdout, lines), daemon=True).start()
        while True:
            check()
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                if process.poll() is not None:  # a grandchild may hold the pipe open for ever
                    break
                continue
            if line is None:
                break
            on_line(line.rstrip("\n"))
        code = process.wait()
        self.guard.forget(str(process.pid))
        self.current = None
        return code

    def keep(self, child: Kept) -> None:
        self.kept.append(child)
        self._start(child)

    def tend(self) -> list[str]:
        """Start again what has ended, later each time it ends soon; what happened, one line each."""
        said = []
        now = time.monotonic()
        for child in self.kept:
            if child.process is None:
                if now >= child.due:
                    self._start(child)
            elif (code := child.process.poll()) is not None:
                self._lay_to_rest(child)
                child.failures = 1 if now - child.started > STEADY_SECONDS else child.failures + 1
                pause = min(LONGEST_PAUSE_SECONDS, 2 ** (child.failures - 1))
                child.due = now + pause
                said.append(f"{child.name} {_how(code)}; it starts again in {pause} s (log: {child.log})")
        return said

    def end(self, hurry: Callable[[], bool]) -> None:
        """End every process that is left, with what it started."""
        running = [child.process for child in self.kept if child.process is not None]
        running += [self.current] if self.current is not None else []
        end_groups([process.pid for process in running], hurry=hurry)
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=1)
            self.guard.forget(str(process.pid))
        self.kept.clear()
        self.current = None

    def noted(self) -> list[dict[str, Any]]:
        """Name, number and birth of each process, from which a later start finds what was left behind."""
        processes = [(child.name, child.process.pid) for child in self.kept if child.process is not None]
        processes += [("step", self.current.pid)] if self.current is not None else []
        return [note(name, pid) for name, pid in [*processes, ("guard", self.guard.process.pid)]]

    def _start(self, child: Kept) -> None:
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.command,
                cwd=CHECKOUT,
                env=child.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=child.descriptors,
                start_new_session=True,
            )
        child.started = time.monotonic()
        self.guard.watch(str(child.process.pid))
        self.on_change()

    def _lay_to_rest(self, child: Kept) -> None:
        """End what a dead process left behind (gunicorn's workers, say), before it starts again."""
        assert child.process is not None
        end_groups([child.process.pid], grace=1)
        self.guard.forget(str(child.process.pid))
        child.process = None


def end_groups(
    leaders: Iterable[int], *, grace: float = GRACE_SECONDS, hurry: Callable[[], bool] = lambda: False
) -> None:
    """End these session leaders and all that they started: asked first, killed when the grace is over.

    A leader is asked alone, for it knows how to end its own children; those that outlive it are asked then.
    """
    families = {leader: _family(leader) for leader in leaders}
    asked: set[int] = set()
    until = time.monotonic() + grace
    while families and time.monotonic() < until + GRACE_SECONDS:
        over = time.monotonic() > until or hurry()
        for leader in list(families):
            left = [process for process in {*families[leader], *_family(leader)} if _lives(process)]
            heads = [process for process in left if process.pid == leader]
            for process in left if over else (heads or left):
                if over or process.pid not in asked:
                    asked.add(process.pid)
                    with contextlib.suppress(psutil.Error):
                        process.send_signal(signal.SIGKILL if over else signal.SIGTERM)
            families[leader] = left
            if not left:
                del families[leader]
        if families:
            time.sleep(0.05)


def note(name: str, pid: int) -> dict[str, Any]:
    try:
        return {"name": name, "pid": pid, "created": psutil.Process(pid).create_time()}
    except psutil.Error:
        return {"name": name, "pid": pid, "created": 0}


def is_noted(noted: Mapping[str, Any]) -> bool:
    """Whether the process with this number is still the one that was noted: born at the same moment, and no zombie."""
    try:
        process = psutil.Process(noted["pid"])
        return abs(process.create_time() - noted["created"]) < 2 and _lives(process)
    except psutil.Error:
        return False


def _family(leader: int) -> list[psutil.Process]:
    """The leader, its session, and its descendants that left the session."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError):
            if os.getsid(process.pid) == leader:
                found.append(process)
    with contextlib.suppress(psutil.Error):
        found += psutil.Process(leader).children(recursive=True)
    return found


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _read_lines(stream: Iterable[str], lines: queue.Queue[str | None]) -> None:
    with contextlib.suppress(ValueError, OSError):
        for line in stream:
            lines.put(line)
    lines.put(None)


def _how(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
