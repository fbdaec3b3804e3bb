"""What PostgreSQL takes for a word."""

from django.db import migrations

from ridley.core.search.words import SEARCH_WORDS


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunSQL(SEARCH_WORDS, "DROP FUNCTION search_words(text)")]
