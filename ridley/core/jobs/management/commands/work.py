"""`manage.py work`: the worker. Takes jobs from the queue until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management.base import BaseCommand, CommandError, CommandParser
from procrastinate.contrib.django import app

from ridley.core.jobs.worker import PatientWorker


class Command(BaseCommand):
    help = "Run a worker: takes jobs from the queue until it is stopped (SIGTERM finishes the running ones first)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="Jobs at a time (2).")
        parser.add_argument("--until-empty", action="store_true", help="End when the queue is empty.")

    def handle(self, *, concurrency: int, until_empty: bool, **options: Any) -> None:
        if refusals := run_checks(tags=[Tags.database], databases=["default"]):
            raise CommandError("\n".join(str(refusal.msg) for refusal in refusals))
        asyncio.run(work(concurrency, wait=not until_empty))


async def work(concurrency: int, *, wait: bool) -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        worker_app.perform_import_paths()
        worker = PatientWorker(
            worker_app,
            concurrency=concurrency,
            wait=wait,
            fetch_job_polling_interval=5.0,
            shutdown_graceful_timeout=20.0,
            update_heartbeat_interval=settings.JOB_HEARTBEAT_SECONDS,
            stalled_worker_timeout=settings.JOB_STALLED_SECONDS,
            delete_jobs="never",
        )
        await worker.run()
