"""What is seen of characters over a span of frames: posed bones and shape values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..rig.watching import watched
from ..runtime_api import Array
from .bendy import SegmentReader, Segments, bendy_bones
from .character import Character


@dataclass(frozen=True, eq=False)
class Seen:
    """One character over T frames.

    ``worlds`` (T, 4, 4): the armature object. ``poses`` (T, B, 4, 4): its pose bones in armature space, in the order of
    ``pose.bones``. ``shapes``: values (T, K) of each mesh's key blocks, what is muted at 0; None for a mesh without
    shape keys. ``bent``: its bendy bones, where they were asked for.
    """

    worlds: Array
    poses: Array
    shapes: tuple[Array | None, ...]
    bent: tuple[Segments, ...] = ()


def look(
    scene: bpy.types.Scene, characters: Sequence[Character], frames: Sequence[int], bend: bool = False
) -> list[Seen]:
    """Return what is seen of each character at whole ``frames`` (T,) of ``scene``, which stays as it is.

    ``bend``: whether to look at the segments of bendy bones too.
    """
    viewers = [_Viewer(character, len(frames), bend) for character in characters]
    keys = [keys for viewer in viewers for keys in viewer.keys if keys is not None]
    with watched(scene, [character.armature for character in characters], keys) as moment:
        for index, frame in enumerate(frames):
            graph = moment(frame)
            for viewer in viewers:
                viewer.look(index, graph)
    return [viewer.seen() for viewer in viewers]


class _Viewer:
    """Collects one character frame by frame."""

    def __init__(self, character: Character, frames: int, bend: bool) -> None:
        self._armature = character.armature
        bones = bendy_bones(character.armature) if bend else []
        self._bent = [SegmentReader(character.armature, bone, frames) for bone in bones]
        self.keys: list[Any] = [mesh.data.shape_keys for mesh in character.meshes]
        self._worlds = np.empty((frames, 4, 4))
        self._poses = np.empty((frames, len(character.armature.pose.bones), 4, 4), np.float32)
        self._shapes = [
            None if keys is None else np.empty((frames, len(keys.key_blocks)), np.float32) for keys in self.keys
        ]

    def look(self, index: int, graph: Any) -> None:
        posed = self._armature.evaluated_get(graph)
        self._worlds[index] = posed.matrix_world
        posed.pose.bones.foreach_get("matrix", self._poses[index].reshape(-1))
        for bone in self._bent:
            bone.look(index, posed)
        for keys, values in zip(self.keys, self._shapes):
            if values is not None:
                keys.evaluated_get(graph).key_blocks.foreach_get("value", values[index])

    def seen(self) -> Seen:
        for keys, values in zip(self.keys, self._shapes):
            if values is not None:
                values[:, [block.mute for block in keys.key_blocks]] = 0.0
        bent = tuple(bone.segments() for bone in self._bent)
        return Seen(self._worlds, self._poses.swapaxes(2, 3), tuple(self._shapes), bent)  # Blender stores columns first
