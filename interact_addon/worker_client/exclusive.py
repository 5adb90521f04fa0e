"""A lock between processes that the system itself releases when its holder ends, however it ends. No ``bpy``."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import BinaryIO


class Exclusive:
    """A lock on ``path``, which stays as an empty file. One holder at a time, within a process too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def acquire(self) -> bool:
        """Return True if the lock is now held by this object; raises ``OSError`` where no file can be made."""
        file = open(self._path, "ab")  # noqa: SIM115 - open as long as the lock is held
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                _unlock(self._file)
            self._file.close()
            self._file = None


def _lock(file: BinaryIO) -> None:
    """Lock the first byte or raise ``OSError`` at once."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _unlock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
