"""A performance written as keys: everything is computed first, then written in one step.

Each actor has one layered action with a slot for the armature and one for each face mesh's shape keys. Generated keys
have the type GENERATED: a later generation replaces those within the frame range and no others, so an artist's keys
stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from .. import compat
from ..runtime_api import Array, contract, errors
from .cast import CastActor
from .channel import Channel, bone_path
from .euler import channels
from .face_bones import face_bone_channels
from .faces import shape_channels
from .resample import resample_body, resample_face, scene_frame_count
from .retarget import BonePose, retarget

_KEY = bpy.types.Keyframe.bl_rna.properties
GENERATED = _KEY["type"].enum_items["GENERATED"].value
_LINEAR = _KEY["interpolation"].enum_items["LINEAR"].value
_AUTO_CLAMPED = _KEY["handle_left_type"].enum_items["AUTO_CLAMPED"].value
# All attributes of a key, to restore an artist's keys exactly: (attribute, values a key, array type).
_KEY_PARTS = (
    ("co", 2, np.float32), ("handle_left", 2, np.float32), ("handle_right", 2, np.float32),
    ("interpolation", 1, np.int32), ("type", 1, np.int32), ("handle_left_type", 1, np.int32),
    ("handle_right_type", 1, np.int32), ("easing", 1, np.int32), ("back", 1, np.float32),
    ("amplitude", 1, np.float32), ("period", 1, np.float32),
)  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    actor: CastActor
    body: list[Channel]
    armature: bpy.types.Object
    faces: list[tuple[bpy.types.Object, list[Channel]]]


def key_performance(
    scene: bpy.types.Scene, cast: Sequence[CastActor], performance: contract.Performance
) -> tuple[int, int]:
    """Key both actors from ``scene.frame_start`` on, at the scene's frame rate; returns the first and last frame.

    Raises ``InvalidRequest``, before anything is written, when an armature or face mesh is gone or cannot be edited.
    """
    fps = scene.render.fps / scene.render.fps_base
    count = min(scene_frame_count(performance.frames, fps), scene.frame_end - scene.frame_start + 1)
    plans = [_plan(actor, part, fps, count) for actor, part in zip(cast, performance.actors, strict=True)]
    for plan in plans:
        _write(plan, scene.frame_start)
    scene.frame_set(scene.frame_current)
    return scene.frame_start, scene.frame_start + count - 1


def _plan(actor: CastActor, part: contract.ActorPerformance, fps: float, count: int) -> _Plan:
    armature = actor.armature.find()
    if armature is None or armature.type != "ARMATURE":
        raise errors.InvalidRequest(f"The armature '{actor.armature.name}' of '{actor.name}' is gone; cast it again.")
    gone = [bone for bone in actor.rest.bones if bone not in armature.pose.bones]
    if gone:
        raise errors.InvalidRequest(f"'{armature.name}' has no bone '{gone[0]}' any more; generate again.")
    _check_editable(armature)
    pose = retarget(*resample_body(part.root_positions, part.rotations, fps, count), actor.rig, actor.rest)
    face = resample_face(part.face, fps, count)
    faces = []
    for mesh in actor.faces:
        obj = mesh.object.find()
        keys = obj.data.shape_keys if obj is not None and obj.type == "MESH" else None
        if keys is None or any(shape not in keys.key_blocks for shape in mesh.shapes):
            raise errors.InvalidRequest(f"The face mesh '{mesh.mesh}' of '{actor.name}' has changed; generate again.")
        _check_editable(keys)
        faces.append((obj, shape_channels(mesh, keys, face)))
    body = [*_body_channels(armature, actor, pose), *face_bone_channels(actor.face_bones, face)]
    return _Plan(actor, body, armature, faces)


def _check_editable(block: bpy.types.ID) -> None:
    if block.library is not None and block.override_library is None:
        raise errors.InvalidRequest(f"'{block.name}' is linked from another file; make a library override of it first.")


def _body_channels(armature: bpy.types.Object, actor: CastActor, pose: BonePose) -> Iterator[Channel]:
    for index, (bone, mode) in enumerate(zip(pose.bones, actor.rest.rotation_modes)):
        name, values = channels(pose.rotations[:, index], mode)
        yield Channel(f"{bone_path(bone)}.{name}", values, bone)
    yield Channel(f"{bone_path(pose.root)}.location", pose.location, pose.root)
    for control, prop, value in actor.rig.switches:
        if control in armature.pose.bones and prop in armature.pose.bones[control]:
            yield Channel(f'{bone_path(control)}["{bpy.utils.escape_identifier(prop)}"]', np.array([[value]]), control)


def _write(plan: _Plan, start: int) -> None:
    armature = plan.armature
    _reset_rig(armature, plan.actor)
    action, bag = _ensure_action(armature, "OBJECT", armature.name, plan.actor.name, None)
    _write_channels(bag, plan.body, start)
    for mesh, curves in plan.faces:
        keys: Any = mesh.data.shape_keys
        _, bag = _ensure_action(keys, "KEY", mesh.name, plan.actor.name, action)
        _write_channels(bag, curves, start)
        keys.update_tag()
    armature.update_tag()


def _reset_rig(armature: bpy.types.Object, actor: CastActor) -> None:
    """Reset the pose of bones that are not keyed and would move the body; set the FK switches."""
    armature.data.pose_position = "POSE"
    bones = armature.pose.bones
    driven = set(actor.rest.bones)
    above = bones[actor.rig.root].parent
    resting = {name for name in actor.rig.neutral if name in bones}
    for drive in actor.rig.drives:
        bone = bones[drive.bone].parent
        while bone is not None and bone != above and bone.name not in driven:
            resting.add(bone.name)
            bone = bone.parent
    for name in resting | driven:
        if bones[name].matrix_basis != Matrix.Identity(4):
            bones[name].matrix_basis = Matrix.Identity(4)
    for control, prop, value in actor.rig.switches:
        if control in bones and prop in bones[control]:
            bones[control][prop] = type(bones[control][prop])(value)


def _ensure_action(
    owner: Any, id_type: str, slot_name: str, actor: str, shared: bpy.types.Action | None
) -> tuple[bpy.types.Action, Any]:
    """Return the action and channelbag of ``owner``: its own editable action, else ``shared``, else a new one."""
    animation = owner.animation_data or owner.animation_data_create()
    action = animation.action
    if action is None or (action.library is not None and action.override_library is None):
        action = shared or bpy.data.actions.new(f"{actor} InterAct")
        animation.action = action
    slot = animation.action_slot
    if slot is None:
        slot = action.slots.new(id_type, slot_name)
        animation.action_slot = slot
    return action, compat.channelbag(action, slot)


def _write_channels(bag: Any, curves: Sequence[Channel], start: int) -> None:
    there = {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}
    frames = np.arange(start, start + max(len(channel.values) for channel in curves), dtype=np.float32)
    for channel in curves:
        for component in range(channel.values.shape[1]):
            curve = there.get((channel.path, component))
            if curve is None:
                curve = compat.new_curve(bag, channel.path, component, channel.group)
            _write_curve(curve, frames, channel.values[:, component])


def _write_curve(curve: bpy.types.FCurve, span: Array, values: Array) -> None:
    """Write ``values`` at the first frames of ``span``; only generated keys within ``span`` are replaced."""
    points = curve.keyframe_points
    others = _keys_to_keep(points, span) if len(points) else None
    frames = span[: len(values)]
    if others is not None:
        taken = np.isin(np.rint(frames), np.rint(others["co"][:, 0]))
        frames, values = frames[~taken], values[~taken]
    keys = _generated_keys(frames, values)
    if others is not None:
        keys = {name: np.zeros((len(frames), *part.shape[1:]), part.dtype) for name, part in others.items()} | keys
        order = np.argsort(np.concatenate([others["co"][:, 0], keys["co"][:, 0]]), kind="stable")
        keys = {name: np.concatenate([others[name], part])[order] for name, part in keys.items()}
    points.clear()
    points.add(len(keys["co"]))
    for name, part in keys.items():
        points.foreach_set(name, np.ascontiguousarray(part).ravel())
    curve.update()


def _generated_keys(frames: Array, values: Array) -> dict[str, Array]:
    constants = {
        "interpolation": _LINEAR,
        "type": GENERATED,
        "handle_left_type": _AUTO_CLAMPED,
        "handle_right_type": _AUTO_CLAMPED,
    }
    keys = {name: np.full(len(frames), value, np.int32) for name, value in constants.items()}
    return {"co": np.stack([frames, values], axis=-1).astype(np.float32), **keys}


def _keys_to_keep(points: Any, span: Array) -> dict[str, Array] | None:
    """Return all attributes of the keys that stay, or None if none stays."""
    types = np.empty(len(points), np.int32)
    places = np.empty(2 * len(points), np.float32)
    points.foreach_get("type", types)
    points.foreach_get("co", places)
    frames = places[::2]
    stays = (types != GENERATED) | (frames < span[0] - 0.5) | (frames > span[-1] + 0.5)
    if not stays.any():
        return None
    keys = {}
    for name, width, kind in _KEY_PARTS:
        flat = np.empty(width * len(points), kind)
        points.foreach_get(name, flat)
        keys[name] = (flat.reshape(-1, width) if width > 1 else flat)[stays]
    return keys
