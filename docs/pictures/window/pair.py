"""No picture, but what it takes to make a file's own characters perform, for `docs/manual/generate.md`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blender_tests.in_window import pair
from model_runtime.drawing.documents import fill_in

PAGE = Path(__file__).resolve().parents[2] / "manual" / "generate.md"
MARKS = ("<!-- a moving pair -->", "<!-- /a moving pair -->")


def steps() -> Iterator[float | str]:
    seen: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        yield from pair.steps(seen, Path(folder))
    done = f"{seen['clicks']} clicks, {seen['keys']} keys, {seen['seconds_of_hands']:.0f} s of hands"
    fill_in(PAGE, MARKS, f"- From an opened file with two characters and two sound files to a moving pair: {done}.")
