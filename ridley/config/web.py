"""The web server of one machine: its port, its command, and whether it answers."""

from __future__ import annotations

import http.client
import socket
import sys
from pathlib import Path

HOST = "127.0.0.1"
PORTS = range(8000, 9000)


class NoPort(Exception):
    """No port to listen on; the message says which were tried."""


def listen(asked: int | None, last: int | None) -> socket.socket:
    """Listen on the port asked for, else on the one of the last time, else on the first free one from 8000 on.

    The socket is handed down to the web server, so the port stays taken while that is started again.
    """
    for port in [asked] if asked else [*([last] if last else []), *PORTS]:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(2048)  # two may bind at the same moment; only one of them can listen
        except OSError:
            listener.close()
            continue
        return listener
    if asked:
        raise NoPort(f"Port {asked} on {HOST} is taken; give another with --port.")
    raise NoPort(f"No port from {PORTS.start} to {PORTS.stop - 1} on {HOST} is free; give one with --port.")


def command(listener: socket.socket, access_log: Path) -> list[str]:
    """Two processes of four threads. No control socket: it would be one for all copies of this user."""
    return [
        *(sys.executable, "-m", "gunicorn", "ridley.config.wsgi:application"),
        *("--bind", f"fd://{listener.fileno()}", "--no-control-socket"),
        *("--workers", "2", "--threads", "4", "--worker-class", "gthread", "--graceful-timeout", "8"),
        *("--access-logfile", str(access_log), "--log-level", "warning"),
        *("--access-logformat", '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(L)s'),  # no query: it may hold cell values
    ]


def answers(port: int) -> bool:
    """Whether /healthz says that all is well."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
