"""Reading back: what Blender shows of a cast character, as canonical motion and ARKit curves at 30 fps.

Keys, NLA strips, constraints, IK, drivers, moving parents: whatever the dependency graph makes of the rig is read, so
the result does not depend on how it was animated. The moments of the 30 fps frames, also between the scene's own, are
evaluated once for all characters together, and the user's scene stays as it is.

On two cores a frame of the demo's two characters costs 1.5 ms, where showing it costs 20 ms. A rig that nothing but
its own curves moves is read from these, in a third of that; some frames are looked at all the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Generator, Sequence
from typing import Any

import bpy
import numpy as np

from ..runtime_api import Array, contract, errors, finished
from ..runtime_api import rotations as rot
from .canonical import HIPS, to_canonical
from .cast import CastActor
from .face_bones import seen_turns
from .faces import FaceMesh
from .plain_rigs import Samples, plain_rig
from .played import without_layers
from .shape_fit import curves_of_shapes
from .shown import shown_bones
from .timing import frames_per_second
from .watching import watched

_PIECE = 100  # frames that are converted in one step, some 10 ms
_LONGEST_STEP = 0.25  # seconds
_FEWEST, _LOOKS = 24, 8  # frames that are worth reading from curves, and at which what was read so is looked at
_ALIKE = 1e-3  # of a matrix's numbers, and of shapes


def read_back(scene: bpy.types.Scene, actor: CastActor, start: int, frames: int) -> contract.ActorPerformance:
    """Return ``frames`` frames at 30 fps of what is seen of one character from scene frame ``start`` on.

    Joints and shapes that the character lacks are zero. ``foot_contacts`` are zero too: the runtime finds them in the
    motion itself. Raises ``InvalidRequest`` where the armature, a bone or a face mesh is gone.
    """
    return read_back_cast(scene, [actor], start, frames)[0]


def read_back_cast(
    scene: bpy.types.Scene, cast: Sequence[CastActor], start: float, frames: int, fps: float = contract.FPS
) -> tuple[contract.ActorPerformance, ...]:
    """Do as ``read_back`` for several characters in one pass over the frames, of which a second has ``fps``."""
    return finished(read_back_in_steps(lambda: scene, cast, start, frames, fps, math.inf))


def read_back_in_steps(
    find_scene: Callable[[], bpy.types.Scene],
    cast: Sequence[CastActor],
    start: float,
    frames: int,
    fps: float = contract.FPS,
    seconds: float = 0.02,
    bare: Collection[str] = (),
) -> Generator[None, None, tuple[contract.ActorPerformance, ...]]:
    """Do the same in steps of about as many ``seconds``, each with a ``yield`` before the next.

    ``bare``: the names of actors who are read without their layers, since what is made of it is played under them.
    Everything is found anew in each step, since an undo between two of them would make pointers invalid.
    """
    if frames < 1:
        raise errors.InvalidRequest("The span to read back has no frames; choose an end after its start.")
    rate = frames_per_second(find_scene())
    readers = [_Reader(actor, frames) for actor in cast]
    moments = start + np.arange(frames) / fps * rate
    slow = yield from _without_the_plain(find_scene, readers, moments, seconds)
    index = 0 if slow else frames
    left = time.monotonic()
    while index < frames:
        if index:
            left = time.monotonic()
            yield
            for reader in readers:
                reader.find_again()
        keys = [block for reader in slow for block in reader.keys]
        without = [block for reader in slow if reader.name in bare for block in (reader.armature, *reader.keys)]
        with (
            without_layers(without),
            watched(find_scene(), [reader.armature for reader in slow], keys) as moment,
        ):
            # Getting here, with a redraw in between and a scene made anew, may cost more than all the reading.
            until = time.monotonic() + max(seconds, min(time.monotonic() - left, _LONGEST_STEP))
            while index < frames:
                graph = moment(float(moments[index]))
                for reader in slow:
                    reader.read(index, graph)
                index += 1
                if time.monotonic() > until:
                    break
    pieces = [
        (reader, range(first, min(first + _PIECE, frames))) for reader in readers for first in range(0, frames, _PIECE)
    ]
    for reader, piece in pieces:
        yield
        reader.find_again()
        reader.convert(piece)
    return tuple(reader.performance() for reader in readers)


def seen_now(actor: CastActor, graph: Any) -> contract.ActorPerformance:
    """Return one frame of what a dependency graph shows of a character as it is evaluated now, as ``read_back`` does.

    Raises ``InvalidRequest`` where the armature, a bone or a face mesh is gone.
    """
    reader = _Reader(actor, 1)
    reader.read(0, graph)
    reader.convert(range(1))
    return reader.performance()


def _without_the_plain(
    find_scene: Callable[[], bpy.types.Scene], readers: Sequence[_Reader], moments: Array, seconds: float
) -> Generator[None, None, list[_Reader]]:
    """Read those that their curves alone move from these, and return the others; ``moments`` (T,): scene frames."""
    if len(moments) < _FEWEST:
        return list(readers)
    plain = []
    for reader in readers:
        if (yield from reader.read_curves(moments, seconds)):
            plain.append(reader)
    if not plain:
        return list(readers)
    yield
    for reader in readers:
        reader.find_again()
    rows = np.unique(np.linspace(0, len(moments) - 1, _LOOKS).astype(int))
    keys = [block for reader in plain for block in reader.keys]
    with watched(find_scene(), [reader.armature for reader in plain], keys) as moment:
        for row in rows:
            graph = moment(float(moments[row]))
            plain = [reader for reader in plain if reader.is_seen(int(row), graph)]
    return [reader for reader in readers if reader not in plain]


class _Reader:
    """Collects one character's bones and shapes, frame by frame."""

    def __init__(self, actor: CastActor, frames: int) -> None:
        self._actor, self.name = actor, actor.name
        self.armature = _armature_of(actor)
        self._names = names = [bone.name for bone in self.armature.pose.bones]
        order = {name: index for index, name in enumerate(names)}
        shown = shown_bones(self.armature, actor.rig)
        bones = [drive.bone for drive in actor.rig.drives]
        self._bones = [order[shown.get(bone, bone)] for bone in bones]
        self._hips = [order[shown.get(bone, bone)] for bone in (actor.rig.places[hip][0] for hip in HIPS)]
        seen, driven = (_rest_turns(self.armature, each) for each in ([shown.get(b, b) for b in bones], bones))
        self._offsets = rot.multiply(rot.conjugate(seen), driven)
        self.keys = [_keys_of(actor, mesh) for mesh in actor.faces]
        self._matrices = np.empty((frames, len(names), 4, 4), np.float32)
        self._worlds = np.empty((frames, 4, 4))
        self._values = [np.empty((frames, len(keys.key_blocks)), np.float32) for keys in self.keys]
        self._converted: list[tuple[Array, Array, Array]] = []

    def find_again(self) -> None:
        """Find what is read, after it may have changed. Raises ``InvalidRequest`` if it is not the same."""
        self.armature = _armature_of(self._actor)
        self.keys = [_keys_of(self._actor, mesh) for mesh in self._actor.faces]
        shapes = [len(keys.key_blocks) for keys in self.keys]
        if [bone.name for bone in self.armature.pose.bones] != self._names or shapes != [
            values.shape[1] for values in self._values
        ]:
            raise errors.InvalidRequest(f"'{self.armature.name}' was changed while it was read; generate again.")

    def read(self, index: int, graph: Any) -> None:
        """Read the frame that Blender shows now, as frame ``index``."""
        posed = self.armature.evaluated_get(graph)
        posed.pose.bones.foreach_get("matrix", self._matrices[index].reshape(-1))
        self._worlds[index] = posed.matrix_world
        for keys, values in zip(self.keys, self._values):
            keys.evaluated_get(graph).key_blocks.foreach_get("value", values[index])

    def read_curves(self, moments: Array, seconds: float) -> Generator[None, None, bool]:
        """Read all frames from the curves of the rig, in steps; return whether it has nothing else that moves it."""
        samples: Samples = {}  # kept from step to step: on a slow machine no step samples all of them
        while True:
            rig = plain_rig(self.armature, self.keys, moments, samples)
            if rig is None:
                return False
            if rig.sampled(time.monotonic() + seconds):
                break
            yield
            self.find_again()
        for first in range(0, len(moments), _PIECE):
            rows = slice(first, first + _PIECE)
            self._matrices[rows] = rig.matrices(rows).swapaxes(2, 3)  # as Blender stores them
            for number, values in enumerate(self._values):
                values[rows] = rig.shapes(number, rows)
        return True

    def is_seen(self, row: int, graph: Any) -> bool:
        """Return whether Blender shows at a frame what was read of its curves; keep where the armature stands."""
        world = self._worlds[0].copy()
        matrices, values = self._matrices[row].copy(), [each[row].copy() for each in self._values]
        self.read(row, graph)
        if row and not np.allclose(world, self._worlds[row], atol=_ALIKE):
            return False
        self._worlds[:] = self._worlds[row]
        size = np.abs(matrices[:, 3, :3]).max(initial=1.0)
        return bool(
            np.allclose(matrices[:, :3], self._matrices[row][:, :3], atol=_ALIKE)
            and np.allclose(matrices[:, 3], self._matrices[row][:, 3], atol=_ALIKE * size)
            and all(np.allclose(was, each[row], atol=_ALIKE) for was, each in zip(values, self._values))
        )

    def convert(self, piece: range) -> None:
        """Turn these of the frames read into canonical motion; they follow those that were converted before."""
        actor, part = self._actor, slice(piece.start, piece.stop)
        matrices = self._matrices[part]
        used = matrices[:, [*self._bones, *self._hips]].swapaxes(2, 3)  # Blender stores columns first
        world = self._worlds[part, None] @ used
        turns = rot.multiply(rot.from_scaled_matrix(world[:, : len(self._bones)]), self._offsets[None])
        root, rotations = to_canonical(turns, world[:, len(self._bones) :, :3, 3], actor.rig, actor.rest)
        if self._converted:
            rotations *= np.where((rotations[0] * self._converted[-1][1][-1]).sum(-1) < 0, -1.0, 1.0)[:, None]
        shapes = [_shown(keys, mesh, each[part]) for keys, mesh, each in zip(self.keys, actor.faces, self._values)]
        seen, shares = seen_turns(actor.face_bones, self.armature, matrices.swapaxes(2, 3))
        weights = [*(mesh.weights for mesh in actor.faces), *shares]
        self._converted.append((root, rotations, curves_of_shapes([*shapes, *seen], weights, len(piece))))

    def performance(self) -> contract.ActorPerformance:
        """Return all frames that were converted, as one motion."""
        root, rotations, face = map(np.concatenate, zip(*self._converted))
        contacts = np.zeros((len(root), len(contract.FOOT_CONTACTS)))
        parts = (root, rotations, face, contacts)
        return contract.ActorPerformance(self._actor.name, *(part.astype(np.float32) for part in parts))


def _rest_turns(armature: bpy.types.Object, bones: Sequence[str]) -> Array:
    return np.array([armature.data.bones[bone].matrix_local.to_quaternion() for bone in bones])


def _armature_of(actor: CastActor) -> bpy.types.Object:
    armature = actor.armature.find()
    if armature is None or armature.type != "ARMATURE":
        raise errors.InvalidRequest(f"The armature '{actor.armature.name}' of '{actor.name}' is gone; cast it again.")
    needed = (*(drive.bone for drive in actor.rig.drives), *(bone.bone for bone in actor.face_bones))
    if gone := [bone for bone in needed if bone not in armature.pose.bones]:
        raise errors.InvalidRequest(f"'{armature.name}' has no bone '{gone[0]}' any more; cast it again.")
    return armature


def _keys_of(actor: CastActor, mesh: FaceMesh) -> Any:
    obj = mesh.object.find()
    keys = obj.data.shape_keys if obj is not None and obj.type == "MESH" else None
    if keys is None or any(shape not in keys.key_blocks for shape in mesh.shapes):
        raise errors.InvalidRequest(f"The face mesh '{mesh.mesh}' of '{actor.name}' has changed; cast it again.")
    return keys


def _shown(keys: Any, mesh: FaceMesh, values: Array) -> Array:
    """Return the values (T, K) of a mesh's ARKit shapes; a muted shape is not seen."""
    place = {block.name: index for index, block in enumerate(keys.key_blocks)}
    seen = np.array([not keys.key_blocks[shape].mute for shape in mesh.shapes])
    return mesh.unscaled(values[:, [place[shape] for shape in mesh.shapes]]) * seen
