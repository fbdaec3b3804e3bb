"""Changes found by their words: of the key, of the record, of old and new values."""

from __future__ import annotations

from django.db.models import F, Max, Q, QuerySet, Subquery, Value

from ridley.core.changes.models import Change, ChangeCell
from ridley.core.search.places import Place, Window, everywhere, statistics_function
from ridley.core.search.words import AnyValueHas, word_begins, word_of_values_begins, words_of

NAME = "changes.changeset"
# A backslash or the end of a line would be read as something else.
PLAIN = r"translate({}, E'\\\n\r\t', '    ')"
RECORDS = f"""
SELECT c.id, lower(concat_ws(' ', {PLAIN.format("c.key")}, jsonb_path_query_array(c.record, '$.*')::text,
                             (SELECT string_agg({PLAIN.format("concat_ws(' ', x.old, x.new)")}, ' ')
                                FROM changes_changecell x
                               WHERE x.change_set_id = c.change_set_id AND x.change_id = c.id))) AS small
  FROM changes_change c
 WHERE c.change_set_id = %(place)s AND (%(since)s::bigint IS NULL OR c.id > %(since)s::bigint)
"""

ANALYZE_CHANGES = statistics_function("analyze_changes", "changes_change", "changes_changecell")


def with_text(rows: QuerySet[Change], text: str, window: Window = everywhere) -> QuerySet[Change]:
    """Those changes of one set in which each word of a text begins a word.

    A text without a letter or digit has no words, and is looked for as it is.
    """
    here = Subquery(rows.values("change_set_id")[:1])  # as one value, so that only the set's own cells are read
    cells = ChangeCell.objects.filter(window("change_id"), change_set_id=here)
    words = words_of(text)
    if not words:
        found = cells.filter(Q(old__icontains=text) | Q(new__icontains=text)).values("change_id")
        return rows.filter(Q(key__icontains=text) | Q(AnyValueHas(F("record"), Value(text))) | Q(pk__in=found))
    for word in words:
        found = cells.filter(word_begins("old", word) | word_begins("new", word)).values("change_id")
        rows = rows.filter(word_begins("key", word) | word_of_values_begins("record", word) | Q(pk__in=found))
    return rows


def changes_of(change_set_id: int) -> QuerySet[Change]:
    return Change.objects.filter(change_set_id=change_set_id)


def newest(change_set_id: int) -> int | None:
    return changes_of(change_set_id).aggregate(newest=Max("id"))["newest"]


def fresh(change_set_id: int, until: int | None) -> QuerySet[Change, int]:
    return changes_of(change_set_id).filter(id__gt=until or 0).values_list("id", flat=True)


# A set has all its changes from the beginning; where one is worked out again, its index is forgotten.
CHANGES = Place(
    name=NAME, records=RECORDS, has=with_text, newest=newest, fresh=fresh, grows=False, statistics="analyze_changes"
)
