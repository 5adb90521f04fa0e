"""Poses of some bones and objects over the frames of a take, as Blender's dependency graph evaluates them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import bpy
import numpy as np

from ..runtime_api import Array, finished
from .ik_limbs import Handle
from .watching import watched


@dataclass(frozen=True)
class Poses:
    """Poses over T frames.

    ``bones``: matrices (T, 4, 4) in armature space by bone name; ``world`` (T, 4, 4): the armature object's;
    ``places`` and ``channels``: of each control its matrix, in armature space or, of an object, in the world, and what
    its own channels come to: both (T, 4, 4).
    """

    bones: dict[str, Array] = field(default_factory=dict)
    places: dict[Handle, Array] = field(default_factory=dict)
    channels: dict[Handle, Array] = field(default_factory=dict)
    world: Array = field(default_factory=lambda: np.zeros((0, 4, 4)))


_FEWEST = 5  # frames in a step, however busy the machine is: to begin one takes as long as ten
Arranged = Callable[[], AbstractContextManager[Callable[[int], None]]]


@contextmanager
def as_it_is() -> Iterator[Callable[[int], None]]:
    """Let frames be evaluated as they are."""
    yield lambda index: None


def read_poses(
    scene: bpy.types.Scene, armature: bpy.types.Object, frames: Sequence[int], bones: Sequence[str]
) -> Poses:
    """Evaluate ``frames`` of the scene and return the poses of ``bones``. The scene stays as it is."""
    return finished(read_poses_in_steps(scene, armature, frames, bones, seconds=math.inf))


def read_poses_in_steps(
    scene: bpy.types.Scene,
    armature: bpy.types.Object,
    frames: Sequence[int],
    bones: Sequence[str],
    controls: Sequence[Handle] = (),
    arranged: Arranged = as_it_is,
    seconds: float = 0.02,
) -> Generator[float, None, Poses]:
    """Evaluate ``frames`` and return the poses of ``bones`` and ``controls``. The scene stays as it is between steps.

    In steps of about as many ``seconds``, each yielding the share that is done; begin anew after an undo in between.
    ``arranged``: changes what is evaluated for as long as a step lasts; it yields what is called with the index of each
    frame before that is evaluated.
    """
    order = {bone.name: index for index, bone in enumerate(armature.pose.bones)}
    names = list(dict.fromkeys((*bones, *(control.control for control in controls if control.control))))
    rows = [order[name] for name in names]
    everything = np.empty(16 * len(order), np.float32)
    matrices, world = np.empty((len(frames), len(names), 4, 4)), np.empty((len(frames), 4, 4))
    objects = {handle: np.empty((len(frames), 4, 4)) for handle in controls if not handle.control}
    own = {handle: np.empty((len(frames), 4, 4)) for handle in controls}
    index = 0
    while index < len(frames):
        if index:
            yield index / len(frames)
        first = index
        with arranged() as arrange, watched(scene, [armature], []) as moment:
            until = time.monotonic() + seconds
            while index < len(frames):
                arrange(index)
                graph = moment(frames[index])
                posed = armature.evaluated_get(graph)
                posed.pose.bones.foreach_get("matrix", everything)
                matrices[index] = everything.reshape(-1, 4, 4)[rows].swapaxes(1, 2)  # Blender stores columns first
                world[index] = posed.matrix_world
                for handle, values in own.items():
                    mover = posed.pose.bones[handle.control] if handle.control else handle.object.evaluated_get(graph)
                    values[index] = mover.matrix_basis
                    if handle in objects:
                        objects[handle][index] = mover.matrix_world
                index += 1
                if time.monotonic() > until and index - first >= _FEWEST:
                    break
    by_name = {name: matrices[:, row] for row, name in enumerate(names)}
    places = {handle: by_name[handle.control] if handle.control else objects[handle] for handle in controls}
    return Poses(by_name, places, own, world)
