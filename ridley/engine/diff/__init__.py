"""Two tables -> what was added, removed and changed."""

from .apply import apply_diff
from .hashing import HASH_VERSION, key_text, record_hash, row_hashes, split_key
from .keyed import diff_by_key
from .result import Diff
from .rows import diff_rows

__all__ = [
    "HASH_VERSION",
    "Diff",
    "apply_diff",
    "diff_by_key",
    "diff_rows",
    "key_text",
    "record_hash",
    "row_hashes",
    "split_key",
]
