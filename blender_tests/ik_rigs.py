"""Rigs with inverse kinematics for the tests, and a performance that stands, walks and sits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from interact_addon.rig.cast import CastActor
from interact_addon.rig.channel import bone_path
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ActorPerformance, Performance

from .real_rigs import AUTO_RIG_PRO
from .rigs import A_POSE
from .test_rig_names import make_real, tie_arms


def stand_walk_sit(character: CastActor, frames: int = 61) -> Performance:
    """Return a performance that stands nearly straight, walks, and sits down with bent knees.

    Knees and elbows also turn about their other axes, as captured ones do.
    """
    time = np.arange(frames) / (frames - 1)
    walk = np.clip(np.minimum(4 * time - 1, 3 - 4 * time), 0.0, 1.0)
    sit = np.clip(4 * time - 3, 0.0, 1.0)
    stride = np.sin(12 * np.pi * time) * walk
    vectors = np.zeros((frames, 52, 3), np.float32)

    def turn(joint: str, x: Any = 0.0, y: Any = 0.0, z: Any = 0.0) -> None:
        for axis, degrees in enumerate((x, y, z)):
            vectors[:, sk.INDEX[joint], axis] = np.radians(degrees)

    for side, sign in (("left", 1.0), ("right", -1.0)):
        turn(f"{side}_hip", -28 * sign * stride - 85 * sit - 4, 4 * sign, 6 * stride)
        turn(f"{side}_knee", 8 + 30 * np.maximum(-sign * stride, 0) + 80 * sit, 3 * sign, 5 * stride)
        turn(f"{side}_ankle", 10 * sign * stride - 4, 0, 5 * sign)
        turn(f"{side}_foot", -20 * np.maximum(-sign * stride, 0))
        turn(f"{side}_shoulder", 10 * stride, sign * 65, -25 * stride - 20 * sign * sit)
        turn(f"{side}_elbow", 25 * stride, 0, -sign * (20 + 30 * walk + 50 * sit))
        turn(f"{side}_wrist", 15 * stride, 10 * sign * sit, -8 * sign)
    turn("spine2", 12 * sit, 0, 10 * stride)
    turn("pelvis", 3, 4 * stride, 40 * time)
    root = np.zeros((frames, 3), np.float32)
    root[:, :2] = np.array(character.rest.position) + np.outer(time, (0.4, -1.2))
    root[:, 2] = character.rest.skeleton.pelvis_height * (0.98 - 0.42 * sit)
    rotations = rot.from_axis_angle(vectors).astype(np.float32)
    nothing = np.zeros((frames, 52), np.float32)
    return Performance((ActorPerformance(character.name, root, rotations, nothing, nothing[:, :4]),))


def add_ik(
    armature: bpy.types.Object, limbs: dict[str, tuple[str, str, str]], pole_angle: float, objects: bool = False
) -> None:
    """Add an IK constraint to each limb (thigh, shin, foot), switched off, with a target and a pole in front of it.

    Targets and poles are bones ("IK shin", "pole shin"), or with ``objects`` empties of those names.
    """
    places = {}
    for upper, lower, end in limbs.values():
        knee, ankle = (Vector(armature.data.bones[bone].head_local) for bone in (lower, end))
        places[f"IK {lower}"] = ankle
        forward = Vector((0.0, -0.5, 0.0)) if "Leg" in upper or "thigh" in upper else Vector((0.0, 0.5, 0.0))
        places[f"pole {lower}"] = knee + forward
    if objects:
        for name, place in places.items():
            empty = bpy.data.objects.new(name, None)
            empty.location = armature.matrix_world @ place
            bpy.context.scene.collection.objects.link(empty)
    else:
        add_bones(armature, {name: (None, place, place + Vector((0, 0, 0.1))) for name, place in places.items()})
    for _, lower, _ in limbs.values():
        constraint: Any = armature.pose.bones[lower].constraints.new("IK")
        constraint.chain_count = 2
        for prop, name in (("target", f"IK {lower}"), ("pole_target", f"pole {lower}")):
            setattr(constraint, prop, bpy.data.objects[name] if objects else armature)
            if not objects:
                setattr(constraint, prop.replace("target", "subtarget"), name)
        constraint.pole_angle = pole_angle
        constraint.mute = True
    bpy.context.view_layer.update()


def add_bones(armature: bpy.types.Object, bones: dict[str, tuple[str | None, Vector, Vector]]) -> None:
    """Add bones: the parent, head and tail of each, in armature space."""
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    edit = armature.data.edit_bones
    for name, (parent, head, tail) in bones.items():
        bone = edit.new(name)
        bone.head, bone.tail = head, tail
        bone.parent = edit[parent] if parent else None
    bpy.ops.object.mode_set(mode="OBJECT")


def auto_rig_pro_with_ik() -> bpy.types.Object:
    """Make Auto-Rig Pro's controls with the parts of its IK: names, parents and constraints of a generated rig.

    Each limb has two solvers, one that stretches and one that does not; the legs' target hangs below the control that
    rolls the foot; hands and poles are carried by Child Of constraints. Bones that follow FK or IK have no parents
    here, so that one constraint carries them from any rest pose.
    """
    armature = make_real(AUTO_RIG_PRO, A_POSE)
    tie_arms(armature)
    add_bones(armature, {name: place for side in "lr" for name, place in _ik_bones(armature, side)})
    for side in "lr":
        for control in ("c_hand_ik", "c_foot_ik"):
            armature.pose.bones[f"{control}.{side}"]["ik_fk_switch"] = 1.0
        _carry(armature, f"c_hand_ik.{side}", "c_traj")
        _carry(armature, f"c_arms_pole.{side}", "c_root_master.x")
        _tie(armature, side, ("arm", "forearm"), "c_hand_ik", "c_arms_pole", "c_hand_ik")
        _tie(armature, side, ("thigh", "leg"), "foot_ik_target", "c_leg_pole", "c_foot_ik")
        _follow(armature, f"foot.{side}", f"c_foot_fk.{side}", f"foot_ik_target.{side}", f"c_foot_ik.{side}")
        _follow(armature, f"hand.{side}", f"c_hand_fk.{side}", f"c_hand_ik.{side}", f"c_hand_ik.{side}")
    bpy.context.view_layer.update()
    return armature


def _ik_bones(armature: bpy.types.Object, s: str) -> Iterator[tuple[str, tuple[str | None, Vector, Vector]]]:
    """Yield the parent, head and tail of each bone of the IK of one side."""
    rest = {bone.name: bone.head_local.copy() for bone in armature.data.bones}
    for carrier, upper, lower, end in (
        (f"c_shoulder.{s}", "arm", "forearm", "hand"),
        (f"c_thigh_b.{s}", "thigh", "leg", "foot"),
    ):
        hip, knee, ankle = (rest[f"c_{bone}_fk.{s}"] for bone in (upper, lower, end))
        yield f"{upper}.{s}", (None, hip, knee)
        yield f"{lower}.{s}", (None, knee, ankle)
        for kind in ("_ik", "_ik_nostr"):
            yield f"{upper}{kind}.{s}", (carrier, hip, knee)
            yield f"{lower}{kind}.{s}", (f"{upper}{kind}.{s}", knee, ankle)
    ankle, toes, elbow = (rest[f"c_{bone}_fk.{s}"] for bone in ("foot", "toes", "forearm"))
    ball = Vector((toes.x, toes.y, 0.0))
    yield f"foot.{s}", (None, ankle, toes)
    yield f"c_foot_roll_cursor.{s}", (f"c_foot_ik.{s}", ball, ball + Vector((0, 0.05, 0)))
    yield f"c_foot_01.{s}", (f"c_foot_ik.{s}", toes, ankle)
    yield f"foot_ik_target.{s}", (f"c_foot_01.{s}", ankle, ankle + Vector((0, 0, 0.05)))
    yield f"c_toes_ik.{s}", (f"c_foot_01.{s}", toes, toes + Vector((0, -0.06, 0)))
    yield f"c_arms_pole.{s}", ("c_pos", elbow + Vector((0, 0.5, 0)), elbow + Vector((0, 0.6, 0)))


def _tie(armature: bpy.types.Object, s: str, bones: tuple[str, str], target: str, pole: str, switch: str) -> None:
    """Add the solvers of a limb, and let its bones follow FK or IK."""
    for kind in ("_ik", "_ik_nostr"):
        solver: Any = armature.pose.bones[f"{bones[1]}{kind}.{s}"].constraints.new("IK")
        solver.target, solver.subtarget, solver.chain_count = armature, f"{target}.{s}", 2
        solver.pole_target, solver.pole_subtarget, solver.pole_angle = armature, f"{pole}.{s}", 0.3
        solver.use_stretch = kind == "_ik"
    for bone in bones:
        _follow(armature, f"{bone}.{s}", f"c_{bone}_fk.{s}", f"{bone}_ik.{s}", f"{switch}.{s}")


def _carry(armature: bpy.types.Object, bone: str, carrier: str) -> None:
    constraint: Any = armature.pose.bones[bone].constraints.new("CHILD_OF")
    constraint.target, constraint.subtarget = armature, carrier
    constraint.inverse_matrix = (armature.matrix_world @ armature.data.bones[carrier].matrix_local).inverted()


def _follow(armature: bpy.types.Object, bone: str, fk: str, ik: str, switch: str) -> None:
    """Let a bone move with one of two others, as it lies at rest beside them."""
    posed = armature.pose.bones[bone]
    constraint: Any = posed.constraints[0] if posed.constraints else posed.constraints.new("ARMATURE")
    for source in (fk, ik)[len(constraint.targets) :]:
        target = constraint.targets.new()
        target.target, target.subtarget = armature, source
    path = f'{bone_path(bone)}.constraints["{constraint.name}"].targets'
    for number, expression in enumerate(("v", "1 - v")):
        _drive(armature, f"{path}[{number}].weight", switch, expression)


def _drive(armature: bpy.types.Object, path: str, switch: str, expression: str) -> None:
    driver = armature.driver_add(path).driver
    driver.expression = expression
    variable = driver.variables.new()
    variable.name = "v"
    variable.targets[0].id = armature
    variable.targets[0].data_path = f'{bone_path(switch)}["ik_fk_switch"]'
