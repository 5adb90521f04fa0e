"""What a check depends on besides keys: where armatures and furniture stand, what is played, thickness and tolerance.

Only what is stored is compared, not what is evaluated: a property that curves or drivers set is left out, so that no
frame change makes a difference. It takes a fraction of a millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ..rig.identity import ObjectReference, reference
from ..rig.played import played
from ..scene.evaluated import view_layer
from ..scene.preflight.curves import OBJECT_TRANSFORMS, playing_curves
from ..scene.preflight.problem import drivers_of

_SETTINGS = ("interact.check.tolerance", "interact.actor_a.thickness", "interact.actor_b.thickness")
_PLACE = (*sorted(OBJECT_TRANSFORMS - {"delta_rotation_axis_angle"}), "rotation_mode")  # there is no such delta
_HIDDEN = "hide_viewport"

_Places = tuple[tuple[ObjectReference, tuple[str, ...]], ...]


@dataclass(frozen=True)
class State:
    """The state that a check is of: the ``values`` of ``settings`` of the scene and of each object's properties."""

    settings: tuple[str, ...]
    places: _Places
    values: tuple[Any, ...]

    @property
    def actions(self) -> set[int]:
        """The ``session_uid`` of the action of each actor."""
        return {action for _, action, _ in self.values[1]}

    def is_of(self, scene: bpy.types.Scene) -> bool:
        """Return whether a scene is still in this state."""
        return _values(scene, self.settings, self.places) == self.values


def state_of(scene: bpy.types.Scene) -> State:
    """Return the state of a scene."""
    settings = tuple(path for path in _SETTINGS if path not in _animated(scene))
    found: dict[int, bpy.types.Object] = {}
    for obj in (*_armatures(scene), *_furniture(scene)):
        _collect(obj, found)
    for armature in _armatures(scene):
        for bone in armature.pose.bones:
            for target in _targets(bone):
                _collect(target, found)
    places = []
    for obj in found.values():
        animated = _animated(obj)
        places.append((reference(obj), tuple(path for path in (*_PLACE, _HIDDEN) if path not in animated)))
    return State(settings, tuple(places), _values(scene, settings, tuple(places)))


def _values(scene: bpy.types.Scene, settings: tuple[str, ...], places: _Places) -> tuple[Any, ...]:
    layer = view_layer(scene)
    steady = {who.uid for who, paths in places if _HIDDEN in paths}
    return (
        tuple(scene.path_resolve(path) for path in settings),
        tuple((armature.session_uid, *_plays(armature)) for armature in _armatures(scene)),
        tuple(_place(who.find(), paths) for who, paths in places),
        tuple(
            (obj.session_uid, obj.name, obj.session_uid in steady and obj.visible_get(view_layer=layer))
            for obj in _furniture(scene)
        ),
    )


def _place(obj: bpy.types.Object | None, paths: tuple[str, ...]) -> tuple[Any, ...]:
    """Return where an object stands in numbers; nothing of one that is gone."""
    if obj is None:
        return ()
    own = (getattr(obj, path) for path in paths if path != _HIDDEN)
    above = (obj.parent.session_uid, *(tuple(row) for row in obj.matrix_parent_inverse)) if obj.parent else ()
    return (*(value if isinstance(value, str) else tuple(value) for value in own), obj.parent_bone, *above)


def _plays(armature: bpy.types.Object) -> tuple[int, int]:
    action, slot = played(armature)
    return (action.session_uid if action is not None else 0, slot.handle if slot is not None else 0)


def _armatures(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    return [actor.armature for actor in scene.interact.actors if actor.armature is not None]  # type: ignore[attr-defined]


def _furniture(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    collection = scene.interact.furniture  # type: ignore[attr-defined]
    return list(collection.all_objects) if collection is not None else []


def _collect(obj: bpy.types.Object, found: dict[int, bpy.types.Object]) -> None:
    """Add an object and all that it hangs on, by their ``session_uid``."""
    if obj.session_uid in found:
        return
    found[obj.session_uid] = obj
    for above in (*_targets(obj), *([obj.parent] if obj.parent is not None else [])):
        _collect(above, found)


def _targets(owner: Any) -> Iterator[bpy.types.Object]:
    """Yield the objects that the constraints of an object or of a bone aim at."""
    for constraint in owner.constraints:
        several = getattr(constraint, "targets", ())
        for one in (constraint, *several):
            if getattr(one, "target", None) is not None:
                yield one.target


def _animated(owner: Any) -> set[str]:
    """Return the data paths that curves or drivers set, in any frame."""
    if owner.animation_data is None:
        return set()
    curves = (*playing_curves(owner.animation_data, -math.inf, math.inf), *drivers_of(owner))
    return {curve.data_path for curve in curves}
