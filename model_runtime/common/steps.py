"""What is done in short steps where somebody waits, done at once where nobody does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import TypeVar

Result = TypeVar("Result")
Said = TypeVar("Said")
Heard = TypeVar("Heard")


def finished(steps: Generator[object, None, Result]) -> Result:
    """Do all steps and return what they lead to."""
    led_to: list[Result] = []

    def keep() -> Generator[object, None, None]:
        led_to.append((yield from steps))

    deque(keep(), maxlen=0)
    return led_to[0]


def relayed(steps: Generator[Heard, None, Result], say: Callable[[Heard], Said]) -> Generator[Said, None, Result]:
    """Do steps and say after each what ``say`` makes of what it said; return what they lead to."""
    while True:
        try:
            heard = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield say(heard)


def saying(what: Said, steps: Generator[object, None, Result]) -> Generator[Said, None, Result]:
    """Do steps that say nothing of their own, saying ``what`` after each; return what they lead to."""
    return relayed(steps, lambda _: what)
