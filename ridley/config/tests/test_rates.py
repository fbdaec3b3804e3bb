"""Rates in the environment."""

import pytest

from ridley.config.environment import BadSetting, Environment


@pytest.mark.parametrize(
    ("text", "rate"), [("100/s", (100, 1)), ("600/min", (600, 60)), ("9/h", (9, 3600)), ("off", None)]
)
def test_a_rate_is_read_from_the_environment(text, rate):
    assert Environment({"RATE": text}).rate("RATE", "1/s") == rate


@pytest.mark.parametrize("text", ["", "600", "0/min", "-1/s", "600/day", "x/min", "1.5/s"])
def test_what_is_no_rate_is_refused_with_an_example(text):
    with pytest.raises(BadSetting, match=r"wanted such as 600/min"):
        Environment({"RATE": text}).rate("RATE", "1/s")
