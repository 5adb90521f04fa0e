"""Several files of one export: all of them whole, or none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..runtime_api import errors, files


@contextmanager
def all_written(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield a path beside each of ``paths`` to write to, and move all of them there at the end.

    After an error nothing is left of them, and files that were there before are as they were. Raises ``OutOfSpace``
    before anything else where a file cannot be written.
    """
    partial = [files.free_beside(path, "part") for path in paths]
    try:
        for path, beside in zip(paths, partial):
            _try_to_write(path, beside)
        yield partial
        _move_all(partial, paths)
    finally:
        for path in partial:
            with suppress(OSError):  # there may be no such folder
                path.unlink()


def _try_to_write(path: Path, partial: Path) -> None:
    """Write an empty file, to fail before the long work and not after it."""
    if path.is_dir():
        raise errors.OutOfSpace(f"'{path}' cannot be written (it is a folder); choose another name.")
    try:
        partial.write_bytes(b"")
    except OSError as error:
        raise errors.OutOfSpace(
            f"'{path}' cannot be written ({error.strerror}); choose a folder you may write to."
        ) from error


def _move_all(partial: Sequence[Path], paths: Sequence[Path]) -> None:
    """Move every file to its place; where one cannot be moved, put back what was there."""
    older = {path: files.free_beside(path, "old") for path in paths if path.exists()}
    moved: list[Path] = []
    try:
        for path, kept in older.items():
            os.replace(path, kept)
        for beside, path in zip(partial, paths):
            os.replace(beside, path)
            moved.append(path)
    except OSError as error:
        for path in moved:
            path.unlink(missing_ok=True)
        for path, kept in older.items():
            if kept.exists():
                os.replace(kept, path)
        raise errors.OutOfSpace(
            f"'{paths[len(moved)]}' cannot be replaced ({error.strerror}); close the program that has it open."
        ) from error
    for kept in older.values():
        kept.unlink(missing_ok=True)
