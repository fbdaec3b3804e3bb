"""`manage.py work`: the worker. Takes jobs from the queue until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from ridley.core.jobs.worker import PatientWorker

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 1


class Command(BaseCommand):
    help = "Run a worker: takes jobs from the queue until it is stopped (SIGTERM finishes the running ones first)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="Jobs at a time (2).")
        parser.add_argument("--until-empty", action="store_true", help="End when the queue is empty.")

    def handle(self, *, concurrency: int, until_empty: bool, **options: Any) -> None:
        # A pool is for requests, which give their connection back: a worker's threads keep theirs between jobs.
        connections.settings["default"]["OPTIONS"].pop("pool", None)
        if refusals := run_checks(tags=[Tags.database], databases=["default"]):
            raise CommandError("\n".join(str(refusal.msg) for refusal in refusals))
        asyncio.run(work(concurrency, wait=not until_empty))


async def work(concurrency: int, *, wait: bool) -> None:
    """Do jobs until asked to stop, or with `wait` off until none is left. Outlives a database that goes away.

    The library's worker ends when it loses the database, as if it had been asked to: then another one begins.
    """
    stop = asyncio.create_task(asked_to_stop().wait())
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        worker_app.perform_import_paths()
        while not stop.done():
            patient = PatientWorker(
                worker_app,
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=5.0,
                shutdown_graceful_timeout=20.0,
                update_heartbeat_interval=settings.JOB_HEARTBEAT_SECONDS,
                stalled_worker_timeout=settings.JOB_STALLED_SECONDS,
                delete_jobs="never",
                install_signal_handlers=False,
            )
            worker = asyncio.create_task(patient.run())
            await asyncio.wait([worker, stop], return_when=asyncio.FIRST_COMPLETED)
            if not wait and not stop.done():
                return await worker
            worker.cancel()  # finishes the running jobs first
            with suppress(asyncio.CancelledError, ConnectorException):
                await worker
            if not stop.done():
                logger.warning("The worker lost the database. It goes on when it is back.")
                await asyncio.wait([stop], timeout=PAUSE_SECONDS)


def asked_to_stop() -> asyncio.Event:
    """Set by the first SIGINT or SIGTERM; a second one ends the process at once."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()

    def ask() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    return asked
