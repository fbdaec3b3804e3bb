"""What `ridley run` says once everything answers: where, as whom, and what to try first."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ridley.config.state import State


def lines(state: State, address: str, sign_ins: Sequence[str], hints: Sequence[str], *, embedded: bool) -> list[str]:
    found = ["", f"Ridley runs at {address}", ""]
    if sign_ins:
        found += ["Sign in to the demo as:", *(f"  {line}" for line in sign_ins), ""]
    found += [
        *hints,
        "Try first: the five minutes with curl in README.md.",
        f"  The API's description:  {address}/api/v1/schema/",
        f"  The installation's own tables:  {address}/admin/ (first: ridley manage createsuperuser)",
        f"State: {state.home}   Logs: {state.logs}",
    ]
    if embedded and not state.server.place.data.is_relative_to(state.home):
        found.append(f"Database: {state.server.place.data} ({state.server.place.reason})")
    return [*found, f"Stop: Ctrl-C (or end process {os.getpid()}).", ""]
