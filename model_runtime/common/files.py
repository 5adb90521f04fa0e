"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path


def free_beside(path: Path, mark: str) -> Path:
    """Return a path beside ``path``, with its suffix, that no file or folder has: "shot.part.fbx", "shot.part2.fbx"."""
    names = (f"{path.stem}.{mark}{number if number > 1 else ''}{path.suffix}" for number in count(1))
    candidates = (path.with_name(name) for name in names)
    return next(beside for beside in candidates if not beside.is_file() and not beside.is_dir())


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to, and move it there at the end.

    After an error nothing is left of it, and a file that was at ``path`` before stays as it was.
    """
    path = Path(path)
    partial = free_beside(path, "part")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: str | Path, content: bytes | str) -> Path:
    """Write bytes, or text as UTF-8, to ``path`` whole or not at all, and return it; makes its folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
