"""Files -> text tables, inside budgets."""

from .budget import Budget
from .keys import check_keys
from .limited import read_limited
from .report import Problem, ReadReport, TextTable
from .table import read_table

__all__ = ["Budget", "Problem", "ReadReport", "TextTable", "check_keys", "read_limited", "read_table"]
