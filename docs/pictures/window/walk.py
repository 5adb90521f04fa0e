"""Pictures of what a user does after the first take: those of the walk that the tests take with mouse and keys."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from blender_tests.in_window import walk


def steps() -> Iterator[float | str]:
    with tempfile.TemporaryDirectory() as folder:
        yield from walk.steps({}, Path(folder))
