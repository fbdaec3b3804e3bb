"""Chance that gives the same draws for the same seed on every Python version."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws for a seed and a topic. Only `random()` is used, the one method whose sequence Python promises to keep."""

    def __init__(self, seed: int, topic: str) -> None:
        self._next = random.Random(f"{seed}/{topic}").random  # noqa: S311  made-up data, not a secret

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self._next() < probability

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._next()

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self._next() * len(items))]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """That many different items, in the order in which they stand in `items`."""
        if count > len(items):
            raise ValueError(f"A sample of {count} was asked for from {len(items)} items.")
        drawn = sorted(range(len(items)), key=lambda _: self._next())[:count]
        return [items[index] for index in sorted(drawn)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All the items in another order."""
        return [items[index] for index in sorted(range(len(items)), key=lambda _: self._next())]
