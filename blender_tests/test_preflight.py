"""What would make a performance invisible or wrong: found, said, mended, and then seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from mathutils import Vector

from interact_addon import compat
from interact_addon.properties import KEEP_BODY, KEEP_FACE
from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables import MIXAMO
from interact_addon.runtime_api import contract, errors
from interact_addon.scene.preflight import Problem, check_scene, find_problems, mend, mend_all
from interact_addon.scene.reading import Action
from interact_addon.scene.request import cast_scene
from interact_addon.scene.strips import add_action
from interact_addon.scene.targets import lead_walks, seat_place, walk_strips
from interact_addon.worker_client.generation import disabled_reason

from .rigs import add_face, counted_calls, generate_rigify, joint_error, make_rig, perform

FRAMES = 17  # just longer than the shortest shot
Break = Callable[[bpy.types.Object, bpy.types.Object], object]


@pytest.fixture
def anna(addon: None) -> tuple[bpy.types.Object, bpy.types.Object]:
    """A clean character, cast: her rig and her face."""
    bpy.context.scene.frame_end = FRAMES
    rig = make_rig(MIXAMO, "Anna")
    bpy.context.scene.interact.actor_a.armature = rig
    return rig, add_face(rig, "Anna Head")


def problems_of(rig: bpy.types.Object) -> list[Problem]:
    bpy.context.view_layer.update()
    return find_problems(bpy.context.scene, [cast_actor(rig.name, rig)])


def mesh_of(rig: bpy.types.Object) -> Any:
    """Return the data of a character's face mesh."""
    face: Any = cast_actor(rig.name, rig).faces[0].object.find()
    return face.data


def only(rig: bpy.types.Object, code: str) -> Problem:
    """Return the one problem of a character, which must be of this kind and name her."""
    found = problems_of(rig)
    assert [problem.code for problem in found] == [code]
    assert f"'{rig.name}'" in found[0].sentence and found[0].sentence.endswith(".") and "\n" not in found[0].sentence
    return found[0]


def unseen(rig: bpy.types.Object) -> tuple[float, float]:
    """Key a made performance; return how far what Blender shows is from it: joints (m), and shape values."""
    scene = bpy.context.scene
    actor: CastActor = cast_actor(rig.name, rig, scene=scene)
    face = np.linspace(0.0, 1.0, FRAMES)[:, None] * np.linspace(0.5, 1.0, 52)
    performance = perform(FRAMES, actor, face=face.astype(np.float32))
    keyed = key_performance(scene, [actor], performance)
    part = performance.actors[0]
    frames = (keyed.first, (keyed.first + keyed.last) // 2, keyed.last)
    body = max(_joints_off(scene, frame, rig, actor, part) for frame in frames)
    return body, max(_shapes_off(scene, frame, actor, part) for frame in frames)


def _joints_off(
    scene: bpy.types.Scene, frame: int, rig: bpy.types.Object, actor: CastActor, part: contract.ActorPerformance
) -> float:
    scene.frame_set(frame)
    row = frame - scene.frame_start
    return joint_error(rig, actor, part.root_positions[row], part.rotations[row])


def _shapes_off(scene: bpy.types.Scene, frame: int, actor: CastActor, part: contract.ActorPerformance) -> float:
    """Return how far evaluated faces are from their basis moved by the shapes, in units of all shapes' travel."""
    worst = 0.0
    for mesh in actor.faces:
        face: Any = mesh.object.find()
        for modifier in face.modifiers:
            modifier.show_viewport = False
        scene.frame_set(frame)
        seen = face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices[0].co.x
        for modifier in face.modifiers:
            modifier.show_viewport = True
        keys = face.data.shape_keys.key_blocks
        travel = np.array([keys[name].data[0].co.x - keys[0].data[0].co.x for name in mesh.shapes])
        expected = travel @ (mesh.weights @ part.face[frame - scene.frame_start])
        worst = max(worst, float(abs(seen - keys[0].data[0].co.x - expected) / travel.sum()))
    return worst


def assert_seen(rig: bpy.types.Object) -> None:
    body, shapes = unseen(rig)
    assert body < 0.01 and shapes < 0.02, (body, shapes)


def assert_mended(rig: bpy.types.Object, code: str, fix: str) -> None:
    """The problem blocks, its button has this verb, and after mending the performance is seen."""
    problem = only(rig, code)
    assert problem.blocks and problem.fix == fix and problem.done.endswith(".")
    mend(bpy.context.scene, problem)
    assert problems_of(rig) == []
    assert_seen(rig)


# Clean characters


def test_a_clean_character_has_no_problem_and_is_seen(anna) -> None:
    assert problems_of(anna[0]) == []
    assert_seen(anna[0])


def test_a_search_of_two_characters_is_cheap_enough_for_any_change(shot: bpy.types.Scene) -> None:
    cast = cast_scene(shot)
    with counted_calls() as calls:
        find_problems(shot, cast)
    assert calls[0] < 10_000, calls  # 3 ms; casting them takes 100,000


def test_a_generated_rigify_has_no_problem(addon: None) -> None:
    assert problems_of(generate_rigify()) == []


@pytest.mark.data
@pytest.mark.parametrize("character", ["female_mixamo", "male_gameengine", "male_rigify"])
def test_ready_characters_have_no_problem(addon: None, load_character, character: str) -> None:
    assert problems_of(load_character(character)) == []


def test_the_demo_has_no_problem_but_that_two_seconds_cut_its_voices(shot: bpy.types.Scene) -> None:
    assert [problem.code for problem in find_problems(shot)] == ["voice outside the range"]
    mend(shot, find_problems(shot)[0])
    assert find_problems(shot) == []


# Shape keys


def drive(block: bpy.types.ShapeKey) -> bpy.types.FCurve:
    driver = block.driver_add("value")
    driver.driver.expression = "0.0"
    return driver


def shapes(face: bpy.types.Object) -> list[bpy.types.ShapeKey]:
    return list(face.data.shape_keys.key_blocks)[1:]


def mute(face: bpy.types.Object) -> None:
    for shape in shapes(face):
        shape.mute = True


def break_slider(face: bpy.types.Object, low: float, high: float) -> None:
    for shape in shapes(face)[10:]:
        shape.slider_min, shape.slider_max = low, high


def break_value(face: bpy.types.Object) -> None:
    face.shape_key_add(name="Scar").value = float("nan")


FACE_PROBLEMS: list[tuple[str, str, Break]] = [
    ("driven shapes", "Mute Drivers", lambda rig, face: [drive(shape) for shape in shapes(face)]),
    ("muted shapes", "Unmute Shapes", lambda rig, face: mute(face)),
    ("pinned shape", "Unpin Shape", lambda rig, face: setattr(face, "show_only_shape_key", True)),
    ("absolute shapes", "Make Relative", lambda rig, face: setattr(face.data.shape_keys, "use_relative", False)),
    ("short sliders", "Widen Sliders", lambda rig, face: break_slider(face, 0.0, 0.3)),
    ("short sliders", "Widen Sliders", lambda rig, face: break_slider(face, 0.6, 1.0)),
    (
        "shape values not finite",
        "Set to Zero",
        lambda rig, face: break_value(face),
    ),
]


@pytest.mark.parametrize(
    ("code", "fix", "make"), FACE_PROBLEMS, ids=lambda value: value if str(value)[0].islower() else ""
)
def test_a_face_that_would_not_show_its_keys_is_mended(anna, code: str, fix: str, make: Break) -> None:
    make(*anna)
    assert "Anna Head" in only(anna[0], code).sentence
    assert_mended(anna[0], code, fix)


@pytest.mark.parametrize("make", [make for code, _, make in FACE_PROBLEMS if "finite" not in code])
def test_without_mending_such_a_face_is_not_seen(anna, make: Break) -> None:
    make(*anna)
    assert unseen(anna[0])[1] > 0.1


def test_drivers_are_muted_and_not_removed(anna) -> None:
    for shape in shapes(anna[1]):
        drive(shape)
    mend(bpy.context.scene, only(anna[0], "driven shapes"))
    drivers = anna[1].data.shape_keys.animation_data.drivers
    assert len(drivers) == 52 and all(driver.mute and driver.driver.expression == "0.0" for driver in drivers)


def test_the_sentence_counts_the_driven_shapes_and_names_some(anna) -> None:
    for shape in shapes(anna[1])[:5]:
        drive(shape)
    sentence = only(anna[0], "driven shapes").sentence
    assert "5 shapes" in sentence and shapes(anna[1])[0].name in sentence and "and 2 more" in sentence


def test_a_driven_shape_that_is_not_keyed_is_no_problem(anna) -> None:
    drive(anna[1].shape_key_add(name="Corrective elbow"))
    assert problems_of(anna[0]) == []


def test_locked_shapes_are_no_problem_for_keys(anna) -> None:
    for shape in shapes(anna[1]):
        shape.lock_shape = True
    assert problems_of(anna[0]) == []
    assert_seen(anna[0])


def test_wide_sliders_are_no_problem(anna) -> None:
    break_slider(anna[1], -1.0, 2.0)
    assert problems_of(anna[0]) == []


# Bones


def arm(rig: bpy.types.Object) -> bpy.types.PoseBone:
    return rig.pose.bones["LeftForeArm"]


def empty(name: str = "Mocap") -> bpy.types.Object:
    found = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(found)
    found.rotation_euler, found.location = (1.0, 0.5, 0.2), (2.0, 0.0, 1.0)
    return found


def constrain(bone: bpy.types.PoseBone, kind: str = "COPY_ROTATION", influence: float = 1.0) -> bpy.types.Constraint:
    constraint = bone.constraints.new(kind)
    constraint.target = empty()
    constraint.influence = influence
    return constraint


def reach(bone: bpy.types.PoseBone, length: int) -> bpy.types.Constraint:
    constraint = constrain(bone, "IK")
    constraint.chain_count = length
    return constraint


def drive_influence(rig: bpy.types.Object) -> None:
    driver = constrain(arm(rig), influence=0.0).driver_add("influence").driver
    driver.expression = "1.0"


def limit(bone: bpy.types.PoseBone) -> None:
    constraint = bone.constraints.new("LIMIT_ROTATION")
    constraint.use_limit_x = constraint.use_limit_y = constraint.use_limit_z = True
    constraint.owner_space = "LOCAL"


def drive_bone(rig: bpy.types.Object) -> None:
    arm(rig).rotation_mode = "XYZ"
    for curve in arm(rig).driver_add("rotation_euler"):
        curve.driver.expression = "1.0"


BONE_PROBLEMS: list[tuple[str, str, Break]] = [
    ("constrained bones", "Mute Constraints", lambda rig, face: constrain(arm(rig))),
    ("constrained bones", "Mute Constraints", lambda rig, face: reach(rig.pose.bones["LeftHand"], 3)),
    ("constrained bones", "Mute Constraints", lambda rig, face: reach(rig.pose.bones["LeftHandIndex3"], 0)),
    ("constrained bones", "Mute Constraints", lambda rig, face: drive_influence(rig)),
    ("constrained bones", "Mute Constraints", lambda rig, face: limit(arm(rig))),
    ("driven bones", "Mute Drivers", lambda rig, face: drive_bone(rig)),
    ("unevenly scaled bones", "Reset Scale", lambda rig, face: setattr(arm(rig), "scale", (1.0, 2.0, 1.0))),
    ("unevenly scaled bones", "Reset Scale", lambda rig, face: setattr(arm(rig), "scale", (-1.0, -1.0, -1.0))),
    ("pose not finite", "Clear Pose", lambda rig, face: setattr(arm(rig), "location", (float("nan"), 0.0, 0.0))),
    ("edit mode", "Leave Edit Mode", lambda rig, face: bpy.ops.object.mode_set(mode="EDIT")),
]


@pytest.mark.parametrize(
    ("code", "fix", "make"), BONE_PROBLEMS, ids=lambda value: value if str(value)[0].islower() else ""
)
def test_a_body_that_would_not_show_its_keys_is_mended(anna, code: str, fix: str, make: Break) -> None:
    make(*anna)
    assert_mended(anna[0], code, fix)


@pytest.mark.parametrize(
    "make", [make for code, _, make in BONE_PROBLEMS if code in ("constrained bones", "driven bones")]
)
def test_without_mending_such_a_body_is_not_seen(anna, make: Break) -> None:
    make(*anna)
    assert unseen(anna[0])[0] > 0.01


@pytest.mark.parametrize(
    "make",
    [
        lambda rig: constrain(arm(rig), influence=0.0),
        lambda rig: setattr(constrain(arm(rig)), "enabled", False),
        lambda rig: arm(rig).constraints.new("COPY_ROTATION"),
        lambda rig: setattr(arm(rig), "lock_rotation", (True, True, True)),
        lambda rig: setattr(rig.data.bones["LeftArm"], "inherit_scale", "NONE"),
        lambda rig: setattr(rig.data.bones["Head"], "hide", True),
    ],
    ids=["no influence", "muted", "no target", "locked", "inherits no scale", "hidden bone"],
)
def test_what_does_not_hold_a_bone_is_no_problem(anna, make: Callable[[bpy.types.Object], object]) -> None:
    make(anna[0])
    assert problems_of(anna[0]) == []
    assert_seen(anna[0])


def test_a_constraint_to_a_capture_on_rigify_controls_is_found_among_its_own(addon: None) -> None:
    rig = generate_rigify()
    constrain(rig.pose.bones["upper_arm_fk.L"])
    assert "upper_arm_fk.L" in only(rig, "constrained bones").sentence


def test_a_toon_head_is_no_problem(anna) -> None:
    anna[0].pose.bones["Head"].scale = (1.4, 1.4, 1.4)
    assert problems_of(anna[0]) == []


def test_the_rest_position_is_said_and_switched_off_by_keying(anna) -> None:
    anna[0].data.pose_position = "REST"
    problem = only(anna[0], "rest position")
    assert not problem.blocks
    assert check_scene(bpy.context.scene, [cast_actor("Anna", anna[0])]) == [problem.sentence]
    assert_seen(anna[0])


def test_a_rest_pose_that_is_no_number_is_said_without_a_button(anna) -> None:
    actor = cast_actor("Anna", anna[0])
    bpy.context.view_layer.objects.active = anna[0]
    bpy.ops.object.mode_set(mode="EDIT")
    anna[0].data.edit_bones["LeftForeArm"].head.x = float("nan")
    bpy.ops.object.mode_set(mode="OBJECT")
    problem = find_problems(bpy.context.scene, [actor])[0]
    assert problem.code == "rest bones not finite" and problem.blocks and not problem.fix
    with pytest.raises(errors.InvalidRequest, match="LeftForeArm"):
        mend(bpy.context.scene, problem)


# Animation


def keyed_action(
    owner: bpy.types.ID, kind: str, path: str, values: tuple[float, float], *indices: int
) -> bpy.types.Action:
    """Make an action with the same curve over the shot for each index, and a slot for this kind of owner."""
    action = bpy.data.actions.new("Before")
    slot = action.slots.new(kind, owner.name)
    for index in indices:
        curve = compat.new_curve(compat.channelbag(action, slot), path, index, "Before")
        for frame, value in zip((1, FRAMES), values):
            curve.keyframe_points.insert(frame, value)
    return action


def add_track(owner: bpy.types.ID, action: bpy.types.Action) -> bpy.types.NlaTrack:
    animation = owner.animation_data or owner.animation_data_create()
    track = animation.nla_tracks.new()
    track.name = "Walk"
    strip = track.strips.new("Walk", 1, action)
    strip.action_slot = action.slots[0]
    return track


def arm_track(rig: bpy.types.Object, prop: str = "rotation_quaternion", value: float = 0.7) -> bpy.types.NlaTrack:
    return add_track(rig, keyed_action(rig, "OBJECT", f'pose.bones["LeftForeArm"].{prop}', (value, value), 0, 1, 2))


def face_track(face: bpy.types.Object) -> bpy.types.NlaTrack:
    keys = face.data.shape_keys
    return add_track(keys, keyed_action(keys, "KEY", 'key_blocks["jawOpen"].value', (1.0, 1.0), 0))


def tweak(owner: bpy.types.ID, track: bpy.types.NlaTrack) -> None:
    track.select = track.strips[0].select = True
    owner.animation_data.use_tweak_mode = True
    assert owner.animation_data.use_tweak_mode


def blend(owner: bpy.types.ID, track: bpy.types.NlaTrack, influence: float, blending: str) -> None:
    assert len(track.strips)
    owner.animation_data.action_influence, owner.animation_data.action_blend_type = influence, blending


def keys_of(face: bpy.types.Object) -> bpy.types.Key:
    return face.data.shape_keys


def add_root_control(rig: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    control = rig.data.edit_bones.new("Control")
    control.tail = (0.0, 0.3, 0.0)
    rig.data.edit_bones["Hips"].parent = control
    bpy.ops.object.mode_set(mode="OBJECT")


def carry(rig: bpy.types.Object) -> bpy.types.NlaTrack:
    add_root_control(rig)
    return add_track(rig, keyed_action(rig, "OBJECT", 'pose.bones["Control"].location', (0.0, 2.0), 0))


ANIMATION_PROBLEMS: dict[str, tuple[str, str, Break]] = {
    "solo": ("solo track", "Switch Solo Off", lambda rig, face: setattr(arm_track(rig), "is_solo", True)),
    "solo of the face": ("solo track", "Switch Solo Off", lambda rig, face: setattr(face_track(face), "is_solo", True)),
}


@pytest.mark.parametrize("kind", ANIMATION_PROBLEMS)
def test_animation_that_a_take_cannot_play_over_is_mended(anna, kind: str) -> None:
    code, fix, make = ANIMATION_PROBLEMS[kind]
    make(*anna)
    assert_mended(anna[0], code, fix)


@pytest.mark.parametrize("kind", ANIMATION_PROBLEMS)
def test_without_mending_such_animation_is_seen_and_not_the_take(anna, kind: str) -> None:
    ANIMATION_PROBLEMS[kind][2](*anna)
    assert max(unseen(anna[0])) > 0.01


PLAYED_OVER: dict[str, Break] = {
    "a track": lambda rig, face: arm_track(rig),
    "a track that moves a root control": lambda rig, face: carry(rig),
    "a muted track": lambda rig, face: setattr(carry(rig), "mute", True),
    "a track that shifts a bone": lambda rig, face: arm_track(rig, "location", 0.2),
    "a track that scales a bone": lambda rig, face: arm_track(rig, "scale", 1.3),
    "an added strip": lambda rig, face: setattr(arm_track(rig).strips[0], "blend_type", "ADD"),
    "tweak mode": lambda rig, face: tweak(rig, arm_track(rig)),
    "tweak mode of the face": lambda rig, face: tweak(keys_of(face), face_track(face)),
    "half influence": lambda rig, face: blend(rig, arm_track(rig), 0.5, "REPLACE"),
    "an added action": lambda rig, face: blend(rig, arm_track(rig), 1.0, "ADD"),
    "an added action of the face": lambda rig, face: blend(keys_of(face), face_track(face), 1.0, "ADD"),
    "a playhead between frames": lambda rig, face: bpy.context.scene.frame_set(3, subframe=0.4),
    "a cyclic action": lambda rig, face: make_cyclic(rig),
}


def make_cyclic(rig: bpy.types.Object) -> None:
    action = keyed_action(rig, "OBJECT", 'pose.bones["LeftForeArm"].rotation_quaternion', (0.1, 0.7), 0, 1, 2, 3)
    for curve in compat.channelbag(action, action.slots[0]).fcurves:
        curve.modifiers.new("CYCLES")
        curve.modifiers.new("NOISE")
    give(rig, action)


def give(rig: bpy.types.Object, action: bpy.types.Action) -> None:
    rig.animation_data_create().action = action
    rig.animation_data.action_slot = action.slots[0]


@pytest.mark.parametrize("kind", PLAYED_OVER)
def test_animation_that_a_take_plays_over_is_no_problem(anna, kind: str) -> None:
    bpy.context.scene.frame_set(FRAMES // 2)
    PLAYED_OVER[kind](*anna)
    assert problems_of(anna[0]) == []
    assert_seen(anna[0])


# Objects


def moving_empty() -> bpy.types.Object:
    car = empty("Car")
    for frame, x in ((1, 0.0), (FRAMES, 3.0)):
        car.location.x = x
        car.keyframe_insert("location", frame=frame)
    return car


def hold_to(rig: bpy.types.Object, target: bpy.types.Object) -> bpy.types.Constraint:
    constraint = rig.constraints.new("COPY_LOCATION")
    constraint.target = target
    return constraint


def ride(rig: bpy.types.Object, on: bpy.types.Object) -> None:
    rig.parent = on
    rig.matrix_parent_inverse = on.matrix_world.inverted()


def drive_object(rig: bpy.types.Object) -> None:
    rig.driver_add("location", 0).driver.expression = "frame / 10"


def leave_out(rig: bpy.types.Object, face: bpy.types.Object) -> None:
    collection = bpy.data.collections.new("Backup")
    scene = bpy.context.scene
    scene.collection.children.link(collection)
    for obj in (rig, face):
        scene.collection.objects.unlink(obj)
        collection.objects.link(obj)
    bpy.context.view_layer.layer_collection.children["Backup"].exclude = True


def hide_all(rig: bpy.types.Object, face: bpy.types.Object) -> None:
    rig.hide_viewport = face.hide_viewport = True


OBJECT_PROBLEMS: dict[str, tuple[str, str, Break]] = {
    "mirrored": ("mirrored", "Unmirror", lambda rig, face: setattr(rig, "scale", (-1.0, 1.0, 1.0))),
    "uneven": ("unevenly scaled", "Apply Scale", lambda rig, face: setattr(rig, "scale", (1.0, 1.0, 1.3))),
    "no number": (
        "place not finite",
        "Clear Transform",
        lambda rig, face: setattr(rig, "location", (float("nan"), 0.0, 0.0)),
    ),
    "driven": ("driven object", "Mute Drivers", lambda rig, face: drive_object(rig)),
    "held by what moves": ("moving constraint", "Mute Constraints", lambda rig, face: hold_to(rig, moving_empty())),
    "rides": ("moving parent", "Clear Parent", lambda rig, face: ride(rig, moving_empty())),
    "excluded": ("actor left out", "Show Actor", leave_out),
    "hidden": ("actor left out", "Show Actor", hide_all),
}


@pytest.mark.parametrize("kind", OBJECT_PROBLEMS)
def test_an_object_that_would_carry_or_hide_a_performance_is_mended(anna, kind: str) -> None:
    actor = cast_actor("Anna", anna[0])
    code, fix, make = OBJECT_PROBLEMS[kind]
    make(*anna)
    bpy.context.view_layer.update()
    found = find_problems(bpy.context.scene, [actor])
    assert [problem.code for problem in found] == [code]
    assert found[0].blocks and found[0].fix == fix and "'Anna'" in found[0].sentence
    mend(bpy.context.scene, found[0])
    assert problems_of(anna[0]) == []
    assert_seen(anna[0])


@pytest.mark.parametrize("kind", ["mirrored", "uneven", "driven", "held by what moves", "rides"])
def test_without_mending_such_a_performance_is_elsewhere(anna, kind: str) -> None:
    OBJECT_PROBLEMS[kind][2](*anna)
    bpy.context.view_layer.update()
    assert unseen(anna[0])[0] > 0.01


@pytest.mark.parametrize(
    "make",
    [
        lambda rig: setattr(rig, "scale", (0.01, 0.01, 0.01)),
        lambda rig: setattr(rig, "rotation_euler", (0.0, 0.0, 2.0)),
        lambda rig: hold_to(rig, empty()),
        lambda rig: setattr(hold_to(rig, moving_empty()), "enabled", False),
        lambda rig: ride(rig, empty()),
        lambda rig: rig.hide_set(True),
        lambda rig: setattr(rig, "hide_viewport", True),
    ],
    ids=["in centimetres", "turned", "held still", "muted", "on a still parent", "hidden rig", "rig off in viewports"],
)
def test_such_an_object_is_no_problem(anna, make: Callable[[bpy.types.Object], object]) -> None:
    make(anna[0])
    assert problems_of(anna[0]) == []
    assert_seen(anna[0])


def test_an_armature_that_is_off_in_viewports_stands_where_it_stood_after_loading(anna, tmp_path: Path) -> None:
    anna[0].location = (1.0, 2.0, 0.0)
    anna[0].hide_viewport = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    rig = bpy.context.scene.interact.actor_a.armature
    assert rig.matrix_world.translation.xy == Vector((1.0, 2.0))
    assert_seen(rig)


def test_a_parent_whose_place_is_no_number_is_said_without_a_button(anna) -> None:
    actor, anna[0].parent = cast_actor("Anna", anna[0]), empty("Table")
    anna[0].parent.location.x = float("nan")
    bpy.context.view_layer.update()
    (problem,) = find_problems(bpy.context.scene, [actor])
    assert problem.code == "carried place not finite" and problem.blocks and not problem.fix


def test_a_pose_from_keys_that_are_no_number_is_cleared_and_the_take_is_seen(anna) -> None:
    nan = float("nan")
    path = 'pose.bones["LeftForeArm"].rotation_quaternion'
    give(anna[0], keyed_action(anna[0], "OBJECT", path, (nan, nan), 0, 1, 2, 3))
    bpy.context.scene.frame_set(FRAMES // 2)
    assert_mended(anna[0], "pose not finite", "Clear Pose")


def test_muting_a_moving_constraint_leaves_the_character_where_it_was(anna) -> None:
    hold_to(anna[0], moving_empty())
    bpy.context.scene.frame_set(FRAMES)
    place = anna[0].matrix_world.translation.copy()
    mend(bpy.context.scene, only(anna[0], "moving constraint"))
    assert anna[0].matrix_world.translation == place and place.x > 2.0


@pytest.mark.parametrize("carry", [hold_to, ride], ids=["constraint", "parent"])
def test_an_object_with_keys_of_its_own_is_not_parted_from_what_moves_it(anna, carry: Callable[..., object]) -> None:
    anna[0].keyframe_insert("location", frame=1)  # without what carries it, these would put it elsewhere
    carry(anna[0], moving_empty())
    problem = only(anna[0], "moving and keyed")
    assert problem.blocks and not problem.fix and "Bake Action" in problem.sentence


def test_applying_the_scale_leaves_every_vertex_where_it_was(anna) -> None:
    rig, face = anna
    rig.scale, rig.location = (1.2, 0.9, 1.3), (1.0, 2.0, 0.0)
    for shape in shapes(face):
        shape.value = 0.0  # 5.x adds shapes at full weight
    bpy.context.view_layer.update()

    def vertices() -> np.ndarray:
        seen = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
        return np.array([seen.matrix_world @ vertex.co for vertex in seen.data.vertices])

    before = vertices()
    mend(bpy.context.scene, only(rig, "unevenly scaled"))
    assert np.allclose(vertices(), before, atol=1e-5) and tuple(rig.scale) == (1.0, 1.0, 1.0)


def test_a_hidden_face_is_said_and_shown(anna) -> None:
    anna[1].hide_viewport = True
    problem = only(anna[0], "hidden face")
    assert not problem.blocks and "'Anna Head'" in problem.sentence
    mend(bpy.context.scene, problem)
    assert problems_of(anna[0]) == [] and anna[1].visible_get()


def test_a_mesh_whose_armature_modifier_is_off_is_said_and_switched_on(anna) -> None:
    anna[1].modifiers["Armature"].show_viewport = False
    problem = only(anna[0], "modifier off")
    assert not problem.blocks
    mend(bpy.context.scene, problem)
    assert problems_of(anna[0]) == [] and anna[1].modifiers["Armature"].show_viewport


# Linked and shared data


@pytest.fixture
def library(anna, tmp_path: Path) -> Path:
    """A file with Anna in the collection "Cast"; the file that is open then is empty."""
    collection = bpy.data.collections.new("Cast")
    bpy.context.scene.collection.children.link(collection)
    for obj in anna:
        collection.objects.link(obj)
    path = tmp_path / "anna.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.fps, bpy.context.scene.frame_end = 30, FRAMES
    return path


def link_objects(path: Path) -> bpy.types.Object:
    with bpy.data.libraries.load(str(path), link=True) as (_, here):
        here.objects = ["Anna", "Anna Head"]
    for obj in here.objects:
        bpy.context.scene.collection.objects.link(obj)
    return here.objects[0]


def link_collection(path: Path) -> bpy.types.Object:
    with bpy.data.libraries.load(str(path), link=True) as (_, here):
        here.collections = ["Cast"]
    bpy.context.scene.collection.children.link(here.collections[0])
    return next(obj for obj in here.collections[0].objects if obj.type == "ARMATURE")


def override_objects_alone(path: Path) -> bpy.types.Object:
    """As Blender's menu does it: the objects are overridden, mesh and shape keys stay linked."""
    with bpy.data.libraries.load(str(path), link=True) as (_, here):
        here.collections = ["Cast"]
    scene = bpy.context.scene
    instance = bpy.data.objects.new("Cast", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", here.collections[0]
    scene.collection.objects.link(instance)
    own = here.collections[0].override_hierarchy_create(scene, bpy.context.view_layer, reference=instance)
    return next(obj for obj in own.all_objects if obj.type == "ARMATURE")


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (link_objects, "linked armature"),
        (link_collection, "linked armature"),
        (override_objects_alone, "linked shape keys"),
    ],
)
def test_a_linked_character_is_overridden_performed_saved_and_still_there(
    library: Path, tmp_path: Path, link: Callable[[Path], bpy.types.Object], code: str
) -> None:
    scene = bpy.context.scene
    scene.interact.actor_a.armature = link(library)
    problem = only(scene.interact.actor_a.armature, code)
    assert problem.blocks and problem.fix == "Make Override" and "anna.blend" in problem.sentence
    mend(scene, problem)
    rig = scene.interact.actor_a.armature
    assert rig.library is None and scene in rig.users_scene and problems_of(rig) == []
    assert not any(obj.library for obj in scene.objects), "the linked character stands in the overridden one"
    assert_seen(rig)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    scene.frame_set(FRAMES)
    rig = scene.interact.actor_a.armature
    jaw = mesh_of(rig).shape_keys.key_blocks["jawOpen"]
    assert rig.pose.bones["LeftForeArm"].rotation_quaternion.angle > 0.01 and jaw.value > 0.5


def test_a_character_that_only_an_instance_shows_is_to_be_overridden_first(library: Path) -> None:
    with bpy.data.libraries.load(str(library), link=True) as (_, here):
        here.collections = ["Cast"]
    scene = bpy.context.scene
    instance = bpy.data.objects.new("Cast", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", here.collections[0]
    scene.collection.objects.link(instance)
    scene.interact.actor_a.armature = next(obj for obj in here.collections[0].objects if obj.type == "ARMATURE")
    scene.interact.actor_b.armature = make_rig(MIXAMO, "Ben")
    assert "'Anna' is linked" in disabled_reason(scene) and "Library Override > Make" in disabled_reason(scene)
    with pytest.raises(errors.InvalidRequest, match=r"'Anna' is linked.*Library Override > Make"):
        find_problems(scene)


def test_two_linked_from_one_file_get_a_mesh_of_their_own(library: Path) -> None:
    scene = bpy.context.scene
    for actor in scene.interact.actors:
        actor.armature = override_objects_alone(library)
    first, second = (actor.armature for actor in scene.interact.actors)
    assert first != second
    scene.interact.actor_b.name = "Ben"
    second.location.x = 2.0
    bpy.context.view_layer.update()
    assert mend_all(scene)
    assert find_problems(scene) == []
    assert mesh_of(first) != mesh_of(second)


def test_a_linked_character_is_not_mistaken_for_a_local_one_of_its_name(library: Path) -> None:
    make_rig(MIXAMO, "Anna")
    linked = link_objects(library)
    assert linked.name == "Anna" and only(linked, "linked armature")


def duplicate_linked(rig: bpy.types.Object, face: bpy.types.Object) -> bpy.types.Object:
    """Alt+D: new objects on the same data."""
    copies = [obj.copy() for obj in (rig, face)]
    for obj in copies:
        bpy.context.scene.collection.objects.link(obj)
    copies[0].name, copies[0].location.x = "Ben", 2.0
    copies[1].parent = copies[1].modifiers["Armature"].object = copies[0]
    bpy.context.view_layer.update()
    return copies[0]


def test_the_second_of_two_characters_with_one_mesh_gets_its_own(anna) -> None:
    scene, ben = bpy.context.scene, duplicate_linked(*anna)
    scene.interact.actor_a.armature, scene.interact.actor_b.armature = anna[0], ben
    mesh = anna[1].data
    (problem,) = find_problems(scene)
    assert problem.code == "shared mesh" and problem.blocks and problem.fix == "Make Single User"
    assert "'Ben'" in problem.sentence and "'Anna'" in problem.sentence
    mend(scene, problem)
    assert find_problems(scene) == [] and anna[1].data == mesh
    cast = cast_scene(scene)
    faces = [np.full((FRAMES, 52), value, np.float32) for value in (0.2, 0.8)]
    both = [perform(FRAMES, actor, face=face).actors[0] for actor, face in zip(cast, faces)]
    key_performance(scene, cast, contract.Performance(tuple(both)))
    scene.frame_set(FRAMES)
    values = [mesh_of(rig).shape_keys.key_blocks["jawOpen"].value for rig in (anna[0], ben)]
    assert values == pytest.approx([0.2, 0.8])


def test_a_mesh_that_both_armatures_move_is_said_without_a_button(anna) -> None:
    scene, ben = bpy.context.scene, make_rig(MIXAMO, "Ben")
    anna[1].modifiers.new("Second", "ARMATURE").object = ben
    scene.interact.actor_a.armature, scene.interact.actor_b.armature = anna[0], ben
    (problem,) = find_problems(scene)
    assert problem.code == "one mesh for both" and problem.blocks and not problem.fix


# Seats and walk targets


@pytest.fixture
def two(anna) -> bpy.types.Scene:
    """Anna and Ben, cast and clean."""
    scene, ben = bpy.context.scene, make_rig(MIXAMO, "Ben")
    ben.location.x = 2.0
    scene.interact.actor_a.armature, scene.interact.actor_b.armature = anna[0], ben
    bpy.context.view_layer.update()
    return scene


def chair(height: float = 0.4) -> bpy.types.Object:
    """A seat that a modifier raises by 0.05 m, on a table that stands off the origin."""
    mesh = bpy.data.meshes.new("Chair")
    mesh.from_pydata([(-0.3, -0.3, height), (0.3, -0.3, height), (0, 0.4, height)], [], [(0, 1, 2)])
    seat = bpy.data.objects.new("Chair", mesh)
    seat.rotation_euler.z = 0.5
    lift = seat.modifiers.new("Lift", "DISPLACE")
    lift.direction, lift.strength, lift.mid_level = "Z", 0.05, 0.0
    seat.parent = empty("Table")
    seat.parent.rotation_euler, seat.parent.location = (0.0, 0.0, 0.7), (3.0, 1.0, 0.02)
    return seat


def exclude(obj: bpy.types.Object) -> None:
    collection = bpy.data.collections.new("Set")
    bpy.context.scene.collection.children.link(collection)
    collection.objects.link(obj)
    bpy.context.scene.collection.objects.unlink(obj)
    bpy.context.view_layer.layer_collection.children["Set"].exclude = True


def move_to_another_scene(obj: bpy.types.Object) -> None:
    bpy.data.scenes.new("Other").collection.objects.link(obj)
    bpy.context.scene.collection.objects.unlink(obj)


UNSEEN: dict[str, Callable[[bpy.types.Object], object]] = {
    "off in viewports": lambda obj: setattr(obj, "hide_viewport", True),
    "hidden": lambda obj: obj.hide_set(True),
    "excluded": exclude,
    "in another scene": move_to_another_scene,
}


@pytest.mark.parametrize("how", UNSEEN)
def test_a_seat_that_is_not_seen_has_the_same_place_also_after_loading(
    two: bpy.types.Scene, tmp_path: Path, how: str
) -> None:
    seat = chair()
    two.collection.objects.link(seat)
    two.interact.actor_a.seat = seat
    bpy.context.view_layer.update()
    seen = seat_place(seat, two)
    assert seen.top == pytest.approx(0.47, abs=1e-4) and seen.middle == pytest.approx((3.0, 1.0))
    UNSEEN[how](seat)
    (problem,) = find_problems(two)
    assert problem.code == "unseen place" and not problem.blocks and "'Chair'" in problem.sentence
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    there = [len(blocks) for blocks in (bpy.data.scenes, bpy.data.objects, bpy.data.meshes, bpy.data.collections)]
    place = seat_place(scene.interact.actor_a.seat, scene)
    assert place.middle == pytest.approx(seen.middle) and place.heading == pytest.approx(seen.heading)
    assert place.top == pytest.approx(seen.top)
    after = [len(blocks) for blocks in (bpy.data.scenes, bpy.data.objects, bpy.data.meshes, bpy.data.collections)]
    assert after == there
    mend(scene, find_problems(scene)[0])
    assert find_problems(scene) == [] and scene.interact.actor_a.seat.visible_get()


@pytest.mark.parametrize("how", UNSEEN)
def test_a_walk_leads_to_a_target_that_is_not_seen(two: bpy.types.Scene, tmp_path: Path, how: str) -> None:
    mark = empty("Mark")
    mark.location = (1.5, -2.0, 0.0)
    add_action(two, two.interact.actor_a.armature.name, "walk", 1, 61).interact_target = mark
    UNSEEN[how](mark)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    (strip,) = walk_strips(scene, "Anna")
    walk = Action(contract.ActionSpan("walk", 0.0, 2.0), strip.interact_target)
    _, (waypoint,) = lead_walks([walk], scene.interact.actor_b.armature, scene)
    assert waypoint.position == pytest.approx((1.5, -2.0))


def test_a_hidden_walk_target_in_the_scene_is_no_problem(two: bpy.types.Scene) -> None:
    mark = add_action(two, two.interact.actor_a.armature.name, "walk", 1, 61).interact_target = empty("Mark")
    mark.hide_viewport = True
    assert find_problems(two) == []


def test_a_walk_target_that_was_deleted_from_the_scene_is_said(two: bpy.types.Scene) -> None:
    mark = add_action(two, two.interact.actor_a.armature.name, "walk", 1, 61).interact_target = empty("Mark")
    two.collection.objects.unlink(mark)
    assert [problem.sentence for problem in find_problems(two)] == [
        f"The walk target 'Mark' of 'Anna' is not in the scene '{two.name}'; its place is used all the same."
    ]


@pytest.mark.parametrize("by", ["keys", "a track"])
def test_an_object_with_keys_of_its_own_is_held_where_it_stands_on_the_first_frame(
    two: bpy.types.Scene, by: str
) -> None:
    rig = two.interact.actor_a.armature
    action = keyed_action(rig, "OBJECT", "location", (1.0, 3.0), 0)
    if by == "keys":
        give(rig, action)
    else:
        add_track(rig, action)
    two.frame_set(FRAMES // 2)
    assert find_problems(two) == []
    cast = cast_scene(two, first_frame=True)
    assert two.frame_current == FRAMES // 2 and cast[0].rest.position[0] == pytest.approx(1.0, abs=0.05)
    performance = perform(FRAMES, *cast)
    key_performance(two, cast, performance)
    for frame in (1, FRAMES):
        assert _joints_off(two, frame, rig, cast[0], performance.actors[0]) < 0.01


def test_two_who_ride_on_one_moving_parent_are_no_problem(two: bpy.types.Scene) -> None:
    train = moving_empty()
    for actor in two.interact.actors:
        ride(actor.armature, train)
    bpy.context.view_layer.update()
    assert find_problems(two) == []


# All of it


def test_the_first_blocking_sentence_is_raised_with_the_number_of_the_others(anna) -> None:
    drive(shapes(anna[1])[0])
    constrain(arm(anna[0]))
    anna[0].data.pose_position = "REST"
    actor = cast_actor("Anna", anna[0])
    with pytest.raises(errors.InvalidRequest, match=r"constraints \(Copy Rotation\).*1 more problem under Generate"):
        check_scene(bpy.context.scene, [actor])


def test_everything_is_mended_in_one_go_and_said(two: bpy.types.Scene, anna) -> None:
    drive(shapes(anna[1])[0])
    anna[1].show_only_shape_key = True
    anna[0].scale = (1.0, 1.2, 1.0)
    ben = two.interact.actor_b.armature
    constrain(arm(ben))
    bpy.context.view_layer.update()
    done = mend_all(two)
    assert sorted(done) == [
        "Applied the scale of 'Anna' and its meshes; places in its earlier actions stay unscaled.",
        "Muted 1 constraint on bones of 'Ben'.",
        "Muted the drivers of 1 shape of 'Anna Head'.",
        "Unpinned the active shape key of 'Anna Head'.",
    ]
    assert find_problems(two) == [] and mend_all(two) == []


def test_mending_all_leaves_what_only_the_user_can_mend(two: bpy.types.Scene, anna) -> None:
    anna[1].modifiers.new("Second", "ARMATURE").object = two.interact.actor_b.armature
    assert mend_all(two) == []
    assert [problem.code for problem in find_problems(two)] == ["one mesh for both"]


def test_stretched_time_would_part_motion_and_voices(two: bpy.types.Scene) -> None:
    two.render.frame_map_new = 200
    (problem,) = find_problems(two)
    assert problem.code == "stretched time" and problem.blocks and "100 frames of keys in 200" in problem.sentence
    mend(two, problem)
    assert find_problems(two) == [] and (two.render.frame_map_old, two.render.frame_map_new) == (100, 100)


# What is kept is not keyed


def test_what_holds_a_body_that_is_kept_is_no_problem(two: bpy.types.Scene, anna) -> None:
    constrain(arm(anna[0]))
    drive_object(anna[0])
    two.interact.actor_a.perform = KEEP_BODY
    assert find_problems(two) == []
    two.interact.actor_a.generate_hands = True
    constrain(anna[0].pose.bones["LeftHandIndex1"])
    bpy.context.view_layer.update()
    assert [problem.code for problem in find_problems(two)] == ["constrained bones"]


def test_a_driven_face_that_is_kept_is_no_problem(two: bpy.types.Scene, anna) -> None:
    drive(shapes(anna[1])[0])
    two.interact.actor_a.perform = KEEP_FACE
    assert find_problems(two) == []
