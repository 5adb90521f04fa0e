"""The names of mixed voices, which tell what is heard in them. No Blender here.

A name has two digests: of what the strips play, the same in every version of Blender, and of that and the version that
mixed it. Versions mix a little differently, so each has files of its own.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_NAME = re.compile(r"interact_voice_([0-9a-f]+)_[0-9a-f]+\.wav")


def voice_file(played: str, mixed: str) -> str:
    """Return the name of a file, given both digests."""
    return f"interact_voice_{played}_{mixed}.wav"


def what_is_heard(path: str) -> str:
    """Return what the name of a voice tells of what is heard: files with the same are the same voice."""
    name = PurePosixPath(path.replace("\\", "/")).name
    match = _NAME.fullmatch(name)
    return match.group(1) if match is not None else name
