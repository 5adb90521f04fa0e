"""What a shot's characters are seen doing, saved as one motion file (``.npz``, as ``Performance.save`` writes it)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bpy

from ..rig.cast import CastActor
from ..rig.read_back import read_back_cast
from ..rig.timing import frames_per_second
from ..runtime_api import contract, errors
from .request import cast_character


def read_motion(scene: bpy.types.Scene, start: int | None = None, end: int | None = None) -> contract.Performance:
    """Read back all cast characters from scene frame ``start`` to ``end``, the scene's own range if None.

    ``report`` has the frames, the scene's frame rate and each actor's bones: ``skeletons``, the offsets (52, 3) in
    metres. Raises ``InvalidRequest`` without a cast character, or where the range is empty.
    """
    first = scene.frame_start if start is None else start
    last = scene.frame_end if end is None else end
    if last < first:
        raise errors.InvalidRequest(f"Frame {last} comes before frame {first}; choose an end after the start.")
    actors = [actor for actor in scene.interact.actors if actor.armature is not None]  # type: ignore[attr-defined]
    if not actors:
        raise errors.InvalidRequest(
            f"No character is cast in the scene '{scene.name}'; select an armature and cast it."
        )
    cast = [cast_character(actor, scene) for actor in actors]
    return motion_of(scene, cast, first, last)


def motion_of(scene: bpy.types.Scene, cast: Sequence[CastActor], first: int, last: int) -> contract.Performance:
    """Read back these characters; see ``read_motion``."""
    rate = frames_per_second(scene)
    frames = int((last - first) / rate * contract.FPS + 1e-4) + 1
    report = {
        "read_back": {"scene": scene.name, "frames": [first, last], "fps": rate},
        "skeletons": {character.name: character.rest.skeleton.offsets.tolist() for character in cast},
    }
    return contract.Performance(read_back_cast(scene, cast, first, frames), report)


def save_motion(motion: contract.Performance, path: Path) -> None:
    """Write the file whole or not at all. Raises ``OutOfSpace`` where that fails."""
    try:
        motion.save(path)
    except OSError as error:
        raise errors.OutOfSpace(
            f"'{path}' cannot be written ({error.strerror}); free some space or choose another folder."
        ) from error
