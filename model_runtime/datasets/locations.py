"""Where the data for developers are: motion, speech and face captures that the repository does not hold."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def data_dir() -> Path:
    """Return the folder with motion/, speech/, face/ and characters/: INTERACT_DATA, or ``shared/data`` beside the
    repository.
    """
    return Path(os.environ.get("INTERACT_DATA") or REPOSITORY.parent / "shared" / "data")
