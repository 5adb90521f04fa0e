"""What is done in short steps where somebody waits, done at once where nobody does."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")
Said = TypeVar("Said")


def finished(steps: Generator[object, None, Result]) -> Result:
    """Do all steps and return what they lead to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


def saying(what: Said, steps: Generator[object, None, Result]) -> Generator[Said, None, Result]:
    """Do steps that say nothing of their own, saying ``what`` after each; return what they lead to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield what
