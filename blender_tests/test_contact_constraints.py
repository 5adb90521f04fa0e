"""Contacts as constraints for work by hand: nothing moves when they are made, then the limb goes with what it is on."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.contact_constraints import (
    Hold,
    bake_holds,
    frames_held,
    hold_by_constraints,
    holds_in,
    limb_of,
    remove_holds,
)
from interact_addon.rig.curves import curves_of
from interact_addon.rig.ik_controls import key_ik_controls
from interact_addon.rig.ik_limbs import has_ik
from interact_addon.rig.keying import key_performance
from interact_addon.rig.played import played
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.rig.watching import watched
from interact_addon.scene.contact_goals import Ends, add_contact, all_contacts, follow_contacts
from interact_addon.scene.settling import settle_all
from model_runtime.body_model.skeleton import INDEX

from .ik_rigs import stand_walk_sit
from .planted import PALM, plant
from .rigs import generate_rigify, make_rig

FIRST, LAST, FRAMES = 20, 40, 61
KINDS = ("objects", "actions", "collections")


def keyed(name: str, armature: bpy.types.Object) -> CastActor:
    """Key a performance on a rig, and cast it."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    character = cast_actor(name, armature)
    key_performance(scene, [character], stand_walk_sit(character, FRAMES))
    return character


def seen(armature: bpy.types.Object, bone: str) -> np.ndarray:
    """Return the matrices (T, 4, 4) of a bone in the world, as Blender shows it in every frame of the shot."""
    scene, found = bpy.context.scene, []
    with watched(scene, [armature], []) as moment:
        for frame in range(scene.frame_start, scene.frame_end + 1):
            posed = armature.evaluated_get(moment(frame))
            found.append(np.array(posed.matrix_world @ posed.pose.bones[bone].matrix))
    return np.array(found)


def blocks() -> set[tuple[str, str]]:
    return {(kind, block.name) for kind in KINDS for block in getattr(bpy.data, kind)}


def values(armature: bpy.types.Object) -> dict[tuple[str, int], list[float]]:
    curves = curves_of(*played(armature))
    return {(c.data_path, c.array_index): [c.evaluate(frame) for frame in range(1, FRAMES + 1)] for c in curves}


def box(place: tuple[float, float, float]) -> bpy.types.Object:
    """An object that a hand is held on."""
    target = bpy.data.objects.new("Box", None)
    target.location = place
    bpy.context.scene.collection.objects.link(target)
    bpy.context.view_layer.update()
    return target


def in_centimetres() -> bpy.types.Object:
    """A game engine's rig as its importer leaves it: bones a hundred times as long, the object scaled down."""
    armature = make_rig(UNREAL, "Anna", size=100.0)
    armature.scale = (0.01, 0.01, 0.01)
    bpy.context.view_layer.update()
    return armature


RIGS = {
    "Mixamo": (lambda: make_rig(MIXAMO, "Anna"), "RightHand"),
    "Unreal": (in_centimetres, "hand_r"),
    "Rigify": (generate_rigify, "DEF-hand.R"),
}


@pytest.mark.parametrize("rig", RIGS)
def test_nothing_moves_when_they_are_made_and_then_the_hand_goes_with_what_it_is_on(rig: str) -> None:
    make, hand = RIGS[rig]
    character = keyed("Anna", make())
    armature = character.armature.find()
    assert armature is not None
    target, before, there = box((0.5, -0.5, 1.0)), seen(armature, hand), blocks()
    kept = values(armature)
    hold = Hold("1", "Anna's right palm - Box", character, "right arm", FIRST, LAST, target=target)
    assert hold_by_constraints(bpy.context.scene, hold, each_frame=True) < 0.001
    after = seen(armature, hand)
    assert np.linalg.norm((after - before)[:, :3, 3], axis=-1).max() < 0.001
    assert np.abs(after - before)[:, :3, :3].max() < 0.01 * np.abs(before[:, :3, :3]).max(), "the hand does not turn"
    target.location.z += 0.05
    moved = seen(armature, hand)[:, :3, 3] - before[:, :3, 3]
    assert moved[FIRST - 1 : LAST] == pytest.approx(np.tile([0.0, 0.0, 0.05], (LAST - FIRST + 1, 1)), abs=0.004)
    assert np.abs(moved[: FIRST - 10]).max() < 1e-5 and np.abs(moved[LAST + 10 :]).max() < 1e-5
    held = seen(armature, hand)
    assert bake_holds(bpy.context.scene) == 1
    assert not holds_in(bpy.context.scene) and blocks() == there
    assert np.linalg.norm((seen(armature, hand) - held)[:, :3, 3], axis=-1).max() < 0.002
    now = values(armature)
    assert now.keys() == kept.keys()
    for name in kept:
        assert now[name][: FIRST - 8] == kept[name][: FIRST - 8] and now[name][LAST + 8 :] == kept[name][LAST + 8 :]


def test_where_a_rig_plays_ik_its_control_is_held() -> None:
    character = keyed("Anna", generate_rigify())
    armature = character.armature.find()
    assert armature is not None
    key_ik_controls(bpy.context.scene, character, 1, FRAMES, play_ik=True)
    target, before = box((0.5, -0.5, 1.0)), seen(armature, "DEF-hand.R")
    hold = Hold("1", "Anna's right palm - Box", character, "right arm", FIRST, LAST, target=target)
    assert hold_by_constraints(bpy.context.scene, hold, each_frame=True) < 0.002
    (empty,) = holds_in(bpy.context.scene)
    kinds = [one.type for one in armature.pose.bones["hand_ik.R"].constraints if getattr(one, "target", None) == empty]
    assert kinds == ["COPY_LOCATION", "COPY_ROTATION"]
    target.location.z += 0.03
    moved = seen(armature, "DEF-hand.R")[:, :3, 3] - before[:, :3, 3]
    assert moved[FIRST - 1 : LAST, 2] == pytest.approx(0.03, abs=0.006)


def test_they_are_no_ik_of_the_rig_and_removed_they_leave_the_take_as_it_was() -> None:
    character = keyed("Anna", make_rig(MIXAMO, "Anna"))
    armature = character.armature.find()
    assert armature is not None
    before, kept = blocks(), values(armature)
    target = box((0.5, -0.5, 1.0))
    with_target = blocks()
    hold = Hold("1", "Anna's left sole - Box", character, "left leg", FIRST, LAST, target=target)
    hold_by_constraints(bpy.context.scene, hold, each_frame=False)
    again = blocks()
    hold_by_constraints(bpy.context.scene, hold, each_frame=False)
    assert blocks() == again and len(again) > len(with_target) > len(before)
    assert not has_ik(armature)
    assert remove_holds(bpy.context.scene) == 1
    assert blocks() == with_target and values(armature) == kept
    assert not [one for bone in armature.pose.bones for one in bone.constraints]


def test_a_palm_on_a_shoulder_is_held_from_a_strip_or_an_event_and_follows_the_others_bone(
    shot: bpy.types.Scene,
) -> None:
    plant(shot)
    first, second = (actor.identity for actor in shot.interact.actors)
    strip = add_contact(shot, Ends(first, "left_shoulder", second, "right_palm"), PALM[0], PALM[1] + 1)
    assert bpy.ops.interact.constrain_contacts() == {"FINISHED"}
    mia, tom = (actor.armature for actor in shot.interact.actors)
    (empty,) = holds_in(shot)
    assert empty.parent == mia and empty.parent_bone and strip.name.strip() in empty.name
    wrist = next(bone.name for bone in tom.pose.bones if any(one.type == "COPY_ROTATION" for one in bone.constraints))
    before = seen(tom, wrist)[PALM[0]]
    mia.location.x += 0.04
    shift = seen(tom, wrist)[PALM[0]][:3, 3] - before[:3, 3]
    assert shift == pytest.approx([0.04, 0.0, 0.0], abs=0.004)
    mia.location.x -= 0.04
    assert bpy.ops.interact.remove_constraints() == {"FINISHED"} and not holds_in(shot)
    bpy.ops.interact.check()
    check = shot.interact.check
    check.active = next(
        index
        for index, event in enumerate(check.events)
        if event.kind == "contact" and {event.part, event.other_part} == {"right_hand", "left_shoulder"}
    )
    assert bpy.ops.interact.constrain_contacts(source="EVENT") == {"FINISHED"} and len(holds_in(shot)) == 1
    check.events[check.active].start += 1  # found anew a little later, of somebody who was renamed
    shot.interact.actors[1].name = "Thomas"
    assert bpy.ops.interact.constrain_contacts(source="EVENT") == {"FINISHED"} and len(holds_in(shot)) == 1
    select(shot, strip)
    with pytest.raises(RuntimeError, match="Nothing that is selected"):
        bpy.ops.interact.remove_constraints()
    assert bpy.ops.interact.remove_constraints(source="EVENT") == {"FINISHED"} and not holds_in(shot)


def test_a_hold_stays_that_of_its_strip_when_actors_are_renamed_and_strips_moved_or_copied(
    shot: bpy.types.Scene,
) -> None:
    first, second = (actor.identity for actor in shot.interact.actors)
    start = shot.frame_start
    one = add_contact(shot, Ends(first, "right_palm", second, "left_shoulder"), start + 5, start + 15)
    other = add_contact(shot, Ends(second, "left_palm", first, "chest"), start + 30, start + 40)
    select(shot, one, other)
    assert bpy.ops.interact.constrain_contacts() == {"FINISHED"}
    kept = frames_held(shot)
    assert len(kept) == len(holds_in(shot)) == 2
    shot.interact.actors[0].name = "Maria"
    settle_all()
    follow_contacts(shot)
    compat.move_strip(one, 4)
    select(shot, one)
    assert one.name.startswith("Maria's") and bpy.ops.interact.constrain_contacts() == {"FINISHED"}
    moved = frames_held(shot)
    assert moved.keys() == kept.keys() and len(holds_in(shot)) == 2, "the hold of the strip is replaced"
    assert moved[one.interact_contact.hold] == (start + 9, start + 18)
    with bpy.context.temp_override(**compat.sequencer_override(shot)):
        bpy.ops.sequencer.split(frame=start + 14, type="SOFT", side="BOTH")  # Duplicate asks for an editor
    one, copied, other = all_contacts(shot)
    assert copied.interact_contact.hold == one.interact_contact.hold
    select(shot, copied)
    for verb in (bpy.ops.interact.remove_constraints, bpy.ops.interact.bake_constraints):
        with pytest.raises(RuntimeError, match="Nothing that is selected is held by constraints"):
            verb()
    assert frames_held(shot) == moved
    assert bpy.ops.interact.constrain_contacts() == {"FINISHED"} and len(holds_in(shot)) == 3
    assert copied.interact_contact.hold != one.interact_contact.hold
    select(shot, one)
    assert bpy.ops.interact.remove_constraints() == {"FINISHED"}
    assert frames_held(shot).keys() == {copied.interact_contact.hold, other.interact_contact.hold}
    select(shot)
    assert bpy.ops.interact.remove_constraints() == {"FINISHED"} and not holds_in(shot)
    assert not [one for actor in shot.interact.actors for one in constraints_on(actor.armature)]


def constraints_on(armature: bpy.types.Object) -> list[bpy.types.Constraint]:
    return [one for bone in armature.pose.bones for one in bone.constraints]


def select(scene: bpy.types.Scene, *strips: Any) -> None:
    """Select these contact strips and no other."""
    names = {strip.name for strip in strips}
    for strip in all_contacts(scene):
        strip.select = strip.name in names


def test_what_no_limb_brings_to_a_contact_is_said(shot: bpy.types.Scene) -> None:
    first, second = (actor.identity for actor in shot.interact.actors)
    add_contact(
        shot, Ends(first, "left_shoulder", second, "left_shoulder"), shot.frame_start + 5, shot.frame_start + 20
    )
    with pytest.raises(RuntimeError, match="no hand or foot"):
        bpy.ops.interact.constrain_contacts()
    assert not holds_in(shot)
    assert [limb_of(INDEX[joint]) for joint in ("left_index3", "right_foot", "head", "left_collar")] == [
        "left arm", "right leg", "", "",
    ]  # fmt: skip
