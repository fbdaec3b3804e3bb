"""Steps that show they are moving: a spinner on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

QUIET_SECONDS = 2
REMIND_SECONDS = 5


class Steps:
    """Prints what happens. A step says when it begins, that it moves, and how long it took."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.console = Console(file=self.out, highlight=False)

    def say(self, text: str = "") -> None:
        """One line. A terminal that went away is no reason to stop what is being cleaned up."""
        with contextlib.suppress(OSError, ValueError):
            if self.console.is_terminal:
                self.console.print(text, markup=False, soft_wrap=True)
            else:
                print(text, file=self.out, flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Gives a function that tells what the step is doing now."""
        started = time.monotonic()
        with self._spinner(title) if self.console.is_terminal else self._lines(title, started) as tell:
            yield tell
        seconds = time.monotonic() - started
        self.say(f"  {title}: done" + (f" in {seconds:.1f} s" if seconds >= 0.1 else ""))

    @contextmanager
    def _spinner(self, title: str) -> Iterator[Callable[[str], None]]:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(title)
            yield lambda text: progress.update(task, description=f"{title}: {text[:100]}")

    @contextmanager
    def _lines(self, title: str, started: float) -> Iterator[Callable[[str], None]]:
        latest = [""]
        over = threading.Event()

        def remind() -> None:
            wait: float = QUIET_SECONDS
            while not over.wait(wait):
                doing = f": {latest[0]}" if latest[0] else ""
                self.say(f"  {title}{doing} ({time.monotonic() - started:.0f} s)")
                wait = REMIND_SECONDS

        reminder = threading.Thread(target=remind, daemon=True)
        reminder.start()
        try:
            yield lambda text: latest.__setitem__(0, text)
        finally:
            over.set()
            reminder.join()
