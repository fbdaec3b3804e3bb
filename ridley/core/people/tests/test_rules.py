"""The tree of branches: pure decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridley.core.access.errors import Invalid
from ridley.core.people.rules import require_no_circle

TREE = {1: None, 2: 1, 3: 2, 4: None}


@pytest.mark.parametrize(("branch", "parent"), [(3, None), (3, 4), (3, 1), (1, 4), (2, 4), (5, 3), (1, 99)])
def test_a_branch_may_move_below_what_does_not_lie_below_it(branch, parent):
    require_no_circle(TREE, branch=branch, parent=parent)


@pytest.mark.parametrize(("branch", "parent"), [(1, 1), (1, 2), (1, 3), (2, 3)])
def test_a_branch_may_not_move_below_itself(branch, parent):
    with pytest.raises(Invalid) as refused:
        require_no_circle(TREE, branch=branch, parent=parent)
    assert refused.value.code == "branch-circle"


@given(st.dictionaries(st.integers(1, 6), st.none() | st.integers(1, 6)), st.integers(1, 6), st.integers(1, 6))
def test_even_a_tree_that_holds_a_circle_is_answered(parents, branch, parent):
    above = {parent}
    for _ in range(10):
        above |= {parents.get(one) for one in above if one is not None}
    if branch in above:
        with pytest.raises(Invalid):
            require_no_circle(parents, branch=branch, parent=parent)
    else:
        require_no_circle(parents, branch=branch, parent=parent)
