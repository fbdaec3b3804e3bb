"""One job from start to end, under the scope of the person who asked for it."""

from __future__ import annotations

import logging
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from ridley.core.access import request_id
from ridley.core.access.door import opened, trusted_scope
from ridley.core.access.errors import Refusal
from ridley.core.access.scope import Scope
from ridley.core.database.pin import pinned
from ridley.core.jobs.models import Job, State
from ridley.core.jobs.progress import Progress, tell
from ridley.core.jobs.registry import DATABASE_LOST, MAX_ATTEMPTS, JobFunction, is_full, is_lost

logger = logging.getLogger(__name__)
GAVE_UP = "The database went away in every attempt. Nothing was half done. Start it again."
NO_ROOM = "The database's disk was full in every attempt. Nothing was half done. Make room and start it again."
WORKER_LOST = "Its worker died in every attempt. Nothing was half done. It may need more memory than there is."
GIVEN_UP = """
SELECT j.id FROM jobs_job j JOIN procrastinate_jobs q ON q.id = j.queue_id
 WHERE j.tenant_id = %s AND j.state IN ('waiting', 'running') AND q.status = 'failed'
"""
TRIED_AGAIN = "The database went away. Nothing was half done; it is tried again soon."
TRIED_WITH_ROOM = "The database's disk is full. Nothing was half done; it is tried again until there is room."


def run(function: JobFunction, *, tenant_id: int, job_id: int) -> None:
    """Run a job and tell its outcome. A Refusal ends it as failed, in words; a lost database is tried again."""
    drop_dead_connection()
    with pinned(tenant_id):
        # Under its lock: whoever took it over by mistake must not begin a job that ends at this very moment.
        found = Job.objects.select_for_update().filter(tenant_id=tenant_id, pk=job_id).first()
        if found is None or found.state in (State.DONE, State.FAILED, State.CANCELLED):
            return  # taken over after it had ended, or cancelled
        mine = Job.objects.filter(tenant_id=tenant_id, pk=job_id)
        if found.attempts >= MAX_ATTEMPTS:
            problem = {"code": "worker-lost", "detail": WORKER_LOST}
            mine.update(state=State.FAILED, words=WORKER_LOST, problem=problem, ended_at=Now())
            return
        mine.update(state=State.RUNNING, attempts=F("attempts") + 1, started_at=Now())
    scope = trusted_scope(
        tenant_id, actor_id=found.actor_id, request_id=found.request_id, staff_session_id=found.staff_session_id
    )
    token = request_id.current.set(found.request_id)
    progress = Progress(tenant_id, job_id)
    try:
        result = function(scope, progress, **found.arguments)
        progress.finish()
        end(scope, job_id, state=State.DONE, fraction=1.0, words="Done.", result=result)
    except Refusal as refusal:
        progress.finish()
        problem = {"code": refusal.code, "title": refusal.title, "detail": refusal.detail, **refusal.extra}
        end(scope, job_id, state=State.FAILED, words=refusal.detail[:300], problem=problem)
    except DATABASE_LOST as error:
        if not is_lost(error):
            fail(scope, job_id, found)
            raise RuntimeError("The database refused a job's work; trying again would not help.") from error
        logger.warning("Job %s (%s) lost its database and will be tried again.", job_id, found.kind)
        progress.finish()  # an earlier word must not overtake the one that follows
        if found.attempts + 1 >= MAX_ATTEMPTS:
            words, code = (NO_ROOM, "disk-full") if is_full(error) else (GAVE_UP, "database-lost")
            end(scope, job_id, state=State.FAILED, words=words, problem={"code": code, "detail": words})
        else:
            drop_dead_connection()
            tell(tenant_id, job_id, 0.0, TRIED_WITH_ROOM if is_full(error) else TRIED_AGAIN)
        raise
    except Exception:
        fail(scope, job_id, found)
        raise
    finally:
        request_id.current.reset(token)


def fail(scope: Scope, job_id: int, job: Job) -> None:
    """End a job whose code failed: the person gets words, the log gets the traceback."""
    logger.exception("Job %s (%s) failed.", job_id, job.kind)
    detail = "Something unexpected went wrong. Nothing was half done. The log has the details."
    problem = {"code": "unexpected", "title": "Unexpected error", "detail": detail, "request_id": job.request_id}
    end(scope, job_id, state=State.FAILED, words=detail, problem=problem)


def end(scope: Scope, job_id: int, **values: Any) -> None:
    """Note the outcome. Of two workers with one job (one was thought dead), the one that did it has the last word."""
    with opened(scope):
        mine = Job.objects.filter(tenant_id=scope.tenant_id, pk=job_id)
        mine.exclude(state=State.DONE).update(ended_at=Now(), **values)


def end_given_up(tenant_id: int) -> int:
    """End the jobs of a tenant, which is pinned, that the queue has given up without their end being told.

    That is so if the database could not take the telling either: to people the job would run for ever, and whatever
    may be asked for again only after a failure could never be. Returns how many.
    """
    with connection.cursor() as cursor:
        cursor.execute(GIVEN_UP, [tenant_id])
        ids = [id for (id,) in cursor.fetchall()]
    problem = {"code": "database-lost", "detail": GAVE_UP}
    going_on = Job.objects.filter(tenant_id=tenant_id, pk__in=ids, state__in=(State.WAITING, State.RUNNING))
    return going_on.update(state=State.FAILED, words=GAVE_UP, problem=problem, ended_at=Now())


def drop_dead_connection() -> None:
    """A worker's thread keeps its connection between jobs; after a restart of the database it must make a new one."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
