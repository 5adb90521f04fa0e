"""A stretch written into a take: what lies outside of it, of other parts and other actors stays bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon.rig.artist_keys import artist_frames
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.curves import curves_of
from interact_addon.rig.key_arrays import read_keys
from interact_addon.rig.keying import KeyedPerformance, key_performance
from interact_addon.rig.stretch_keys import key_stretch
from interact_addon.rig.tables.biped import BIPED
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.rig.take_action import actions_before
from interact_addon.rig.verify import verify
from model_runtime.contract import BODY_PARTS, PART_JOINTS, MotionConstraints, Performance
from model_runtime.errors import InvalidRequest

from .rigs import add_face, make_rig, perform

FRAMES = 61
FIRST, LAST = 20, 40  # of the scene, whose shot starts at frame 1
Curves = dict[tuple[str, str, int], dict[str, np.ndarray]]


@pytest.fixture
def cast() -> tuple[CastActor, CastActor]:
    """Anna and Ben with a take of two seconds each."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    rigs = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    for rig in rigs:
        add_face(rig, f"{rig.name} face")
    found = cast_actor("Anna", rigs[0]), cast_actor("Ben", rigs[1])
    key_performance(scene, found, played(found))
    return found


def played(cast: tuple[CastActor, ...], seed: int = 0) -> Performance:
    """Return a performance of two seconds of all actors."""
    face = np.full((FRAMES, 52), 0.1 + 0.2 * seed, np.float32)
    return Performance(tuple(perform(FRAMES, actor, seed=seed, face=face).actors[0] for actor in cast))


def given(performance: Performance) -> list[MotionConstraints]:
    mask = np.ones((FRAMES, len(BODY_PARTS)), bool)
    return [MotionConstraints(a.root_positions, a.rotations, a.face, mask) for a in performance.actors]


def regenerate(cast: tuple[CastActor, ...], *parts: str, kept: Any = None) -> KeyedPerformance:
    """Key another performance between ``FIRST`` and ``LAST`` of these parts of Anna, as a generation would give it."""
    before, after = played(cast), played(cast, seed=1)
    anna, new = before.actors[0], after.actors[0]
    rotations, root = anna.rotations.copy(), anna.root_positions.copy()
    frames = slice(FIRST - 1, LAST)
    for part in set(parts) - {"face"}:
        rotations[frames, list(PART_JOINTS[part])] = new.rotations[frames, list(PART_JOINTS[part])]
    if "lower" in parts:
        root[frames] = new.root_positions[frames]
    face = anna.face.copy()
    if "face" in parts:
        face[frames] = new.face[frames]
    made = replace(anna, rotations=rotations, root_positions=root, face=face)
    performance = Performance((made, *before.actors[1:]))
    return key_stretch(
        bpy.context.scene, cast, performance, given(before), (FIRST, LAST), {"Anna": parts}, {"Anna": kept or {}}
    )


def active(name: str) -> bpy.types.Action:
    action = bpy.data.objects[name].animation_data.action
    assert action is not None
    return action


def curves(action: bpy.types.Action) -> Curves:
    """Return everything that an action's curves hold."""
    return {
        (slot.identifier, curve.data_path, curve.array_index): read_keys(curve)
        for slot in action.slots
        for curve in curves_of(action, slot)
    }


def changed_curves(before: Curves, after: Curves) -> set[str]:
    """Return the paths whose keys are not bit for bit the same."""
    assert before.keys() == after.keys()
    return {
        name[1]
        for name, keys in before.items()
        if any(not np.array_equal(values, after[name][key]) for key, values in keys.items())
    }


def test_keys_outside_of_the_stretch_stay_bit_for_bit_with_handles_and_types(
    cast: tuple[CastActor, CastActor],
) -> None:
    before = curves(active("Anna"))
    regenerate(cast, *BODY_PARTS)
    after = curves(active("Anna"))
    assert before.keys() == after.keys()
    for name, keys in before.items():
        frames = keys["co"][:, 0]
        outside = (frames < FIRST) | (frames > LAST)
        same = np.isin(after[name]["co"][:, 0], frames[outside])  # beside them there may be more near the stretch
        for attribute, values in keys.items():
            np.testing.assert_array_equal(values[outside], after[name][attribute][same], str(name))


def test_curves_have_the_same_values_on_every_frame_outside_of_the_stretch(cast: tuple[CastActor, CastActor]) -> None:
    outside = [*range(1, FIRST), *range(LAST + 1, FRAMES + 1)]

    def values() -> list[list[float]]:
        action = active("Anna")
        return [[c.evaluate(frame) for frame in outside] for slot in action.slots for c in curves_of(action, slot)]

    before = values()
    regenerate(cast, *BODY_PARTS)
    assert values() == before


def test_curves_of_other_parts_stay_bit_for_bit(cast: tuple[CastActor, CastActor]) -> None:
    before = curves(active("Anna"))
    regenerate(cast, "head", "face")
    changed = changed_curves(before, curves(active("Anna")))
    assert changed and all(any(word in path for word in ("Neck", "Head", "key_blocks")) for path in changed)


def test_the_stretch_shows_the_new_motion(cast: tuple[CastActor, CastActor]) -> None:
    keyed = regenerate(cast, *BODY_PARTS)
    seen = verify(bpy.context.scene, keyed)
    assert (keyed.first, keyed.last) == (FIRST, LAST) and min(seen.frames) == FIRST and max(seen.frames) == LAST
    assert seen.distance < 1e-3 and seen.angle < 0.01 and seen.shape < 1e-3 and not seen.differences


def test_the_take_before_stays_as_it_was(cast: tuple[CastActor, CastActor]) -> None:
    old, before = active("Anna"), curves(active("Anna"))
    regenerate(cast, *BODY_PARTS)
    assert active("Anna") != old and not changed_curves(before, curves(old))
    assert actions_before(active("Anna")) == [old] and active("Anna").name == "Anna Take 2"


def test_face_and_body_stay_together_in_one_action(cast: tuple[CastActor, CastActor]) -> None:
    regenerate(cast, "upper")
    face = bpy.data.objects["Anna face"].data.shape_keys.animation_data
    assert face.action == active("Anna") and face.action_slot is not None


def test_the_other_actor_keeps_its_action(cast: tuple[CastActor, CastActor]) -> None:
    action = active("Ben")
    keyed = regenerate(cast, *BODY_PARTS)
    assert active("Ben") == action and [keys.actor.name for keys in keyed.actors] == ["Anna"]


@pytest.mark.parametrize("mode", ["QUATERNION", "XYZ", "ZXY", "AXIS_ANGLE"])
def test_curves_do_not_jump_where_a_rotation_can_be_written_in_two_ways(mode: str) -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    rig = make_rig(MIXAMO, "Anna")
    for bone in rig.pose.bones:
        bone.rotation_mode = mode
    cast = (cast_actor("Anna", rig),)
    performance = played(cast)
    turned = performance.actors[0].rotations.copy()
    angle = np.linspace(0.0, 2.0 * np.pi, FRAMES)  # a whole turn: later signs and angles are not those near identity
    turned[:, 0] = np.stack([np.cos(angle / 2), 0 * angle, 0 * angle, np.sin(angle / 2)], -1)
    performance = Performance((replace(performance.actors[0], rotations=turned),))
    key_performance(scene, cast, performance)
    before = curves(active("Anna"))
    key_stretch(scene, cast, performance, given(performance), (FIRST + 20, LAST + 15), {"Anna": BODY_PARTS})
    for slot in active("Anna").slots:
        for curve in curves_of(active("Anna"), slot):
            old = before[slot.identifier, curve.data_path, curve.array_index]["co"]
            now = [curve.evaluate(frame) for frame in old[:, 0].tolist()]
            np.testing.assert_allclose(now, old[:, 1], atol=2e-3, err_msg=curve.data_path)


def test_keys_of_a_person_inside_the_stretch_stay_bit_for_bit_and_are_known_again(
    cast: tuple[CastActor, CastActor],
) -> None:
    animation = bpy.data.objects["Anna"].animation_data
    for curve in curves_of(animation.action, animation.action_slot):
        if "LeftArm" in curve.data_path and "rotation" in curve.data_path:
            curve.keyframe_points.insert(30, curve.evaluate(30) + 0.05)
    kept = artist_frames(cast[0], FIRST, LAST)
    assert kept == {"upper": [30]}
    before = curves(active("Anna"))
    regenerate(cast, *BODY_PARTS, kept=kept)
    for name, keys in curves(active("Anna")).items():
        if "LeftArm" in name[1] and "rotation" in name[1]:
            old, new = (each["co"][:, 0].tolist() for each in (before[name], keys))
            for attribute, values in keys.items():
                np.testing.assert_array_equal(values[new.index(30)], before[name][attribute][old.index(30)])
            assert {29, 31} <= set(new), "the new motion is lost beside it alone"
    assert artist_frames(cast[0], 1, FRAMES) == kept


def test_generated_keys_of_the_stretch_are_no_persons(cast: tuple[CastActor, CastActor]) -> None:
    regenerate(cast, *BODY_PARTS)
    assert artist_frames(cast[0], 1, FRAMES) == {}
    regenerate(cast, "upper", "hands")
    assert artist_frames(cast[0], 1, FRAMES) == {}


def test_thighs_that_hang_on_a_regenerated_spine_keep_their_place() -> None:
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    cast = (cast_actor("Anna", make_rig(BIPED, "Anna")),)
    key_performance(scene, cast, played(cast))
    before = curves(active("Anna"))
    seen = verify(scene, regenerate(cast, "upper"))
    changed = changed_curves(before, curves(active("Anna")))
    assert seen.distance < 0.005, seen.differences
    assert not any("Toe" in path for path in changed)


def test_a_curve_that_was_not_there_holds_still_before_and_after(cast: tuple[CastActor, CastActor]) -> None:
    animation = bpy.data.objects["Anna"].animation_data
    bag = animation.action.layers[0].strips[0].channelbag(animation.action_slot)
    path = next(curve.data_path for curve in bag.fcurves if "LeftHandIndex1" in curve.data_path)
    for curve in [curve for curve in bag.fcurves if curve.data_path == path]:
        bag.fcurves.remove(curve)
    regenerate(cast, "hands")
    found = [c for c in curves_of(active("Anna"), animation.action_slot) if c.data_path == path]
    assert len(found) == 4
    for curve in found:
        assert curve.evaluate(1) == curve.evaluate(FIRST - 1) and curve.evaluate(LAST + 1) == curve.evaluate(FRAMES)


def test_without_an_action_there_is_nothing_to_change_a_stretch_of(cast: tuple[CastActor, CastActor]) -> None:
    bpy.data.objects["Anna"].animation_data.action = None
    with pytest.raises(
        InvalidRequest, match=r"'Anna' has no active action on 'Anna' of which the rest could be kept; generate"
    ):
        regenerate(cast, "upper")
    regenerate(cast, "face")


def test_one_undo_takes_a_stretch_back(cast: tuple[CastActor, CastActor]) -> None:
    before = {action.name: curves(action) for action in bpy.data.actions}
    bpy.ops.ed.undo_push(message="before")
    regenerate(cast, *BODY_PARTS)
    bpy.ops.ed.undo_push(message="Regenerate")
    bpy.ops.ed.undo()
    assert {action.name for action in bpy.data.actions} == set(before)
    assert all(not changed_curves(before[action.name], curves(action)) for action in bpy.data.actions)
    assert active("Anna").name == "Anna Take 1"
