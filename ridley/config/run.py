"""`ridley run`: everything that Ridley needs on one machine, started, watched, and ended together."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, NoReturn

import psutil
import psycopg

from ridley.config import greeting, identity, web
from ridley.config.addresses import (
    Addresses,
    given_addresses,
    has_tenant,
    require_answer,
    sources_digest,
    start_embedded,
    tables_mark,
)
from ridley.config.environment import BadSetting, from_process
from ridley.config.identity import Identity
from ridley.config.processes import Children, Guard, Kept, end_groups, is_noted, note
from ridley.config.progress import Steps
from ridley.config.state import CHECKOUT, State, child_environment, find_state
from ridley.core.database.installation import NoServer

ANSWER_SECONDS = 60
SERVER_AGAIN_SECONDS = 5
MANAGE = [sys.executable, str(CHECKOUT / "manage.py")]


class StepFailed(Exception):
    """A step could not be done; the message says which, and shows the end of what it printed."""


class Stopped(Exception):
    """Somebody asked us to end."""


def run(*, port: int | None = None, demo: bool = True, home: str | None = None, identity: bool = False) -> int:
    """Start everything, stay until asked to stop, and end all of it; in development with the demo's identity provider
    if `identity`. Returns the exit code."""
    steps = Steps()
    state = find_state(home)
    state.make()
    with state.only_run() as ours:
        if not ours:
            address = state.read_run().get("address")
            where = f"at {address}" if address else "and is still starting"
            steps.say(f"Ridley already runs from {state.home} {where}. Stop that one first, or use --home for another.")
            return 0
        return Run(state, steps, port=port, demo=demo, wants_identity=identity).main()


class Run:
    """One life of `ridley run`."""

    def __init__(self, state: State, steps: Steps, *, port: int | None, demo: bool, wants_identity: bool) -> None:
        self.state = state
        self.steps = steps
        self.port = port
        self.demo = demo
        self.wants_identity = wants_identity
        self.identity: Identity | None = None
        self.asked_to_stop = 0
        self.embedded = False
        self.owns_server = False
        self.server_down_since = self.server_tried = 0.0
        self.children: Children | None = None
        self.guard: Guard | None = None
        self.socket: socket.socket | None = None

    def main(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop_asked)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means: stay
            signal.signal(signal.SIGHUP, self._stop_asked)
        try:
            self._heal()
            self._start()
            self._watch()
        except Stopped:
            return 0
        except (BadSetting, NoServer, web.NoPort, StepFailed, psycopg.Error) as error:
            self.steps.say(f"Ridley cannot go on. {error}")
            return 1
        finally:
            self._end()

    def _stop_asked(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop += 1

    def _check(self) -> None:
        if self.asked_to_stop:
            raise Stopped

    def _heal(self) -> None:
        """End what a run that was killed left behind; its guard is probably at it already."""
        noted = self.state.read_run().get("processes", [])
        # A group may outlive its leader, so a number that nobody has counts; one that another process got does not.
        left = [each for each in noted if is_noted(each) or not psutil.pid_exists(each["pid"])]
        guard = [each for each in left if each["name"] == "guard" and is_noted(each)]
        if guard:
            with self.steps.step("Waiting for the last run to end"):
                until = time.monotonic() + 20
                while is_noted(guard[0]) and time.monotonic() < until:
                    self._check()
                    time.sleep(0.1)
        end_groups([each["pid"] for each in left if each["name"] != "server"])
        # A server that an earlier run started is ours to stop.
        self.owns_server = any(each["name"] == "server" and is_noted(each) for each in noted)
        self.state.note_run(pid=os.getpid(), address=None, processes=[])

    def _start(self) -> None:
        self.guard = Guard(self.state.home)
        self.children = Children(self.guard, self._note)
        self.addresses = self._find_database()
        database = self.addresses.as_environment()
        self._check()
        mark = tables_mark(self.addresses)
        if not mark or mark != self.state.read_run().get("tables"):
            with self.steps.step("Bringing the tables up to date") as tell:
                as_owner = child_environment(self.state, database, owner=True)
                self._manage("migrate", "--noinput", environment=as_owner, tell=lambda line: tell(line.strip()))
            self.state.note_run(tables=tables_mark(self.addresses))
        self.environment = child_environment(self.state, database)
        if self.demo and self._needs_demo():
            self.state.note_run(demo="loading")
            with self.steps.step("Loading the demo"):
                quiet = {**self.environment, "RIDLEY_DEBUG": "false"}
                self._manage("demo", environment=quiet, tell=self.steps.say)
            self.state.note_run(demo="loaded")
        with self.steps.step("Starting the web server and the worker"):
            self._serve()
        self._greet()

    def _find_database(self) -> Addresses:
        given = given_addresses(from_process(CHECKOUT))
        if given is not None:
            with self.steps.step("Asking the database that DATABASE_URL names"):
                require_answer(given)
            return given
        self.embedded = True
        with self.steps.step("Starting PostgreSQL") as tell:
            self._start_server(tell)
            return start_embedded(self.state)

    def _start_server(self, tell: Callable[[str], None]) -> None:
        """Up, and stopped with us if we (or a run before us) started it."""
        if not self.state.server.alive():
            self.owns_server = True
        self.state.server.start(tell)
        if self.owns_server and self.guard is not None:
            self.guard.watch("server")
        self._note()

    def _needs_demo(self) -> bool:
        """No tenant yet, or a demo that was interrupted half way."""
        return self.state.read_run().get("demo") == "loading" or not has_tenant(self.addresses)

    def _manage(self, *words: str, environment: dict[str, str], tell: Callable[[str], None]) -> list[str]:
        """Run a command of manage.py; its output goes to a log of its name, and is returned."""
        assert self.children is not None
        said: list[str] = []
        with self.state.log(words[0]).open("a") as log:

            def on_line(line: str) -> None:
                said.append(line)
                log.write(line + "\n")
                tell(line)

            code = self.children.run([*MANAGE, *words], environment, on_line=on_line, check=self._check)
        if code:
            end = "\n".join(said[-20:])
            raise StepFailed(f"manage.py {' '.join(words)} ended with {code}. The end of {log.name}:\n{end}")
        return said

    def _serve(self) -> None:
        assert self.children is not None
        last = self.state.read_run().get("port")
        self.socket = web.listen(self.port, last)
        port = self.socket.getsockname()[1]
        if last not in (None, port) and not self.port:
            self.steps.say(f"    Port {last}, used the last time, is taken; this time it is {port}.")
        self.address = f"http://{web.HOST}:{port}"
        command = web.command(self.socket, self.state.log("access"))
        served = self._prepare_identity()
        quiet = {**self.environment, "RIDLEY_DEBUG": "false"}  # debugging keeps queries in memory: not for a worker
        self.children.keep(Kept("web", command, served, self.state.log("web"), (self.socket.fileno(),)))
        self._await_answer(port)
        # Only now: two cores do not import three of them faster together, and people wait for the first.
        self.children.keep(Kept("worker", [*MANAGE, "work"], quiet, self.state.log("worker")))
        if self.identity is not None:
            self.children.keep(self.identity.kept(self.state, self.address))
        self._note(port=port, address=self.address)

    def _prepare_identity(self) -> dict[str, str]:
        """Let the demo know its identity provider, if one is to be started; the web server's environment."""
        if self.wants_identity and self.environment["RIDLEY_ENVIRONMENT"] == "development":
            manage = partial(self._manage, environment=self.environment, tell=lambda line: None)
            self.identity = identity.prepare(self.state, manage)
        return self.identity.for_web(self.environment) if self.identity else self.environment

    def _await_answer(self, port: int) -> None:
        assert self.children is not None
        child = self.children.kept[0]
        until = time.monotonic() + ANSWER_SECONDS
        while not web.answers(port):
            self._check()
            self._tend()
            if child.failures >= 3 or time.monotonic() > until:
                end = "\n".join(child.log.read_text(errors="replace").splitlines()[-20:])
                raise StepFailed(f"The web server does not answer. The end of {child.log}:\n{end}")
            time.sleep(0.1)

    def _greet(self) -> None:
        sign_ins: list[str] = []
        if self.demo:
            try:
                sign_ins = self._sign_ins()
            except StepFailed as error:
                self.steps.say(str(error))
        hints = identity.hints(self.address) if self.identity else []
        for line in greeting.lines(self.state, self.address, sign_ins, hints, embedded=self.embedded):
            self.steps.say(line)

    def _sign_ins(self) -> list[str]:
        """The demo's sign-ins, kept for the next start as long as no source changes."""
        digest = sources_digest()
        noted = self.state.read_run().get("sign_ins") or {}
        if noted.get("sources") != digest:
            lines = self._manage("demo", "--sign-ins", environment=self.environment, tell=lambda line: None)
            noted = {"sources": digest, "lines": lines}
            self.state.note_run(sign_ins=noted)
        return list(noted["lines"])

    def _watch(self) -> NoReturn:
        while True:
            self._check()
            self._tend()
            time.sleep(0.25)

    def _tend(self) -> None:
        assert self.children is not None
        assert self.guard is not None
        said = self.children.tend()
        if self.guard.tend():
            said.append("the guard was killed; it was started again")
            self._note()
        if self.embedded and not self.state.server.alive():
            said += self._start_server_again()
        for line in said:
            self.steps.say(f"{time.strftime('%H:%M:%S')} {line}")

    def _start_server_again(self) -> list[str]:
        """What there is to say. A server that cannot start (its disk is full) is tried until it can, and said once."""
        now = time.monotonic()
        if self.server_down_since and now - self.server_tried < SERVER_AGAIN_SECONDS:
            return []
        self.server_tried = now
        try:
            self._start_server(lambda text: None)
        except NoServer as error:
            first, self.server_down_since = not self.server_down_since, self.server_down_since or now
            return [f"PostgreSQL ended and cannot start; it is tried again until it can. {error}"] if first else []
        down, self.server_down_since = self.server_down_since, 0.0
        return [
            f"PostgreSQL runs again, after {now - down:.0f} s" if down else "PostgreSQL ended; it was started again"
        ]

    def _note(self, **changes: Any) -> None:
        """Write down what runs, for the next start to find if this one is killed."""
        processes = self.children.noted() if self.children is not None else []
        server = self.state.server.pid() if self.owns_server else None
        if server is not None:
            processes.append(note("server", server))
        self.state.note_run(processes=processes, **changes)

    def _end(self) -> None:
        if self.guard is None or self.children is None:
            return
        self.steps.say("Stopping (Ctrl-C again to hurry).")
        asked = self.asked_to_stop
        self.children.end(hurry=lambda: self.asked_to_stop > asked)
        for listener in (self.socket, self.identity.socket if self.identity else None):
            if listener is not None:
                listener.close()
        if self.owns_server:
            self.state.server.stop()
        self.guard.release()
        self.state.note_run(pid=None, address=None, processes=[])
        self.steps.say("Stopped.")
