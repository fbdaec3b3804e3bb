"""What a word is, and whether one begins so: in Python, in bytes and in SQL alike.

A word is what stands between blanks, punctuation and other marks: `AB-12/X` has the words ab, 12 and x. Case does not
count; PostgreSQL alone makes letters small, so that one opinion holds.
"""

from __future__ import annotations

from django.db.models import BooleanField, F, Func, Q, Value

# All of ASCII that is no letter or digit, and the blanks, dashes and quotes that office programs write.
ASCII_MARKS = "".join(chr(code) for code in range(1, 128) if not chr(code).isalnum())
OTHER_MARKS = "\u00a0\u2007\u202f\u3000\u2010\u2011\u2012\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u00b7\u0964"
MARKS = ASCII_MARKS + OTHER_MARKS
BLANKS = str.maketrans(MARKS, " " * len(MARKS))
BYTE_BLANKS = bytes.maketrans(ASCII_MARKS.encode(), b" " * len(ASCII_MARKS))
WORDS = "Each word of it begins, whatever the case, a word of"  # how filters tell what they find
LONGEST = 32  # characters of a word that the index has

# Inlined by the planner, and the one place where SQL says what a word is.
SEARCH_WORDS = f"""
CREATE OR REPLACE FUNCTION search_words(content text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ' ' || translate(lower(content), U&'{"".join(f"{chr(92)}{ord(mark):04x}" for mark in MARKS)}',
                        '{" " * len(MARKS)}')
"""


def words_of(text: str) -> list[str]:
    """The words of a text, each once, the longest first, since it is mostly the rarest; their case is as it was."""
    return sorted({word: None for word in text.translate(BLANKS).split(" ") if word}, key=len, reverse=True)


class AnyWordBegins(Func):
    """Whether a word of a text begins with another word, whatever the case."""

    arity = 2
    output_field = BooleanField()
    template = "strpos(search_words(%(expressions)s)) > 0"
    arg_joiner = "), ' ' || lower("


class AnyWordOfValuesBegins(Func):
    """The same of the values of a JSON object. The names of its fields do not count."""

    arity = 2
    output_field = BooleanField()
    template = "EXISTS (SELECT 1 FROM jsonb_each_text(%(expressions)s)) > 0)"
    arg_joiner = ") AS cell WHERE strpos(search_words(cell.value), ' ' || lower("  # the object before it, then the word


class IsSomewhere(Func):
    """Whether a text, or a JSON object with its names and all, has a word somewhere.

    Asked first: that is told in a tenth of the time, and most records have it not.
    """

    arity = 2
    output_field = BooleanField()
    template = "strpos(lower((%(expressions)s)) > 0"
    arg_joiner = ")::text), lower("


class AnyValueHas(Func):
    """Whether a value of a JSON object contains a text, whatever the case. The names of its fields do not count."""

    arity = 2
    output_field = BooleanField()
    template = "EXISTS (SELECT 1 FROM jsonb_each_text(%(expressions)s)) > 0)"
    arg_joiner = ") AS cell WHERE strpos(lower(cell.value), lower("  # the object before it, the text after it


def word_begins(column: str, word: str) -> Q:
    return Q(IsSomewhere(F(column), Value(word))) & Q(AnyWordBegins(F(column), Value(word)))


def word_of_values_begins(column: str, word: str) -> Q:
    return Q(IsSomewhere(F(column), Value(word))) & Q(AnyWordOfValuesBegins(F(column), Value(word)))


def in_record(text: str, *, key: str, data: str) -> Q:
    """Whether each word of a text begins a word of the key or of a value.

    A text without a letter or digit has no words, and is looked for as it is.
    """
    words = words_of(text)
    if not words:
        return Q(**{f"{key}__icontains": text}) | Q(AnyValueHas(F(data), Value(text)))
    condition = Q()
    for word in words:
        condition &= word_begins(key, word) | word_of_values_begins(data, word)
    return condition
