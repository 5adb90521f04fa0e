"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write to, and move it there at the end.

    After an error nothing is left of it, and a file that was at ``path`` before stays as it was.
    """
    path = Path(path)
    partial = path.with_name(f"{path.stem}.part{path.suffix}")
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
