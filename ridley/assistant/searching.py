"""Rows found by their words: of the key and of the values, as they are now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Max, QuerySet

from ridley.assistant.models import Row
from ridley.core.search.places import Place, Window, everywhere, statistics_function
from ridley.core.search.words import in_record

NAME = "assistant.table"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RECORDS = r"""
SELECT id, lower(concat_ws(' ', translate(key, E'\\\n\r\t', '    '),
                           jsonb_path_query_array(data, '$.*')::text)) AS small
  FROM assistant_row
 WHERE table_id = %(place)s
   AND (%(since)s::bigint IS NULL OR since > timestamptz 'epoch' + %(since)s::bigint * interval '1 microsecond')
"""

ANALYZE_ROWS = statistics_function("analyze_rows", "assistant_row", "assistant_rowversion")


def with_text(rows: QuerySet[Row], text: str, window: Window = everywhere) -> QuerySet[Row]:
    return rows.filter(in_record(text, key="key", data="data"))


def newest(table_id: int) -> int | None:
    """The moment of the last apply, in microseconds: each apply of a table has a later one."""
    at = Row.objects.filter(table_id=table_id).aggregate(newest=Max("since"))["newest"]
    return None if at is None else (at - BEGINNING) // TICK


def fresh(table_id: int, until: int | None) -> QuerySet[Row, int]:
    rows = Row.objects.filter(table_id=table_id)
    if until is not None:
        rows = rows.filter(since__gt=BEGINNING + until * TICK)
    return rows.values_list("id", flat=True)


ROWS = Place(
    name=NAME, records=RECORDS, has=with_text, newest=newest, fresh=fresh, grows=True, statistics="analyze_rows"
)
