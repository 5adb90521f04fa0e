"""What would make a performance invisible or wrong: found, said, mended, and then seen."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables import MIXAMO
from interact_addon.runtime_api import errors
from interact_addon.scene.preflight import Problem, check_scene, find_problems, mend

from .rigs import add_face, generate_rigify, joint_error, make_rig, perform

FRAMES = 11
Break = Callable[[bpy.types.Object, bpy.types.Object], object]


@pytest.fixture
def anna() -> tuple[bpy.types.Object, bpy.types.Object]:
    """A clean character: her rig and her face."""
    bpy.context.scene.frame_end = FRAMES
    rig = make_rig(MIXAMO, "Anna")
    return rig, add_face(rig, "Anna Head")


def problems_of(rig: bpy.types.Object) -> list[Problem]:
    bpy.context.view_layer.update()
    return find_problems(bpy.context.scene, [cast_actor(rig.name, rig)])


def only(rig: bpy.types.Object, code: str) -> Problem:
    """Return the one problem of a character, which must be of this kind and name her."""
    found = problems_of(rig)
    assert [problem.code for problem in found] == [code]
    assert f"'{rig.name}'" in found[0].sentence and found[0].sentence.endswith(".") and "\n" not in found[0].sentence
    return found[0]


def unseen(rig: bpy.types.Object) -> tuple[float, float]:
    """Key a made performance; return how far what Blender shows is from it: joints (m), and shape values."""
    scene = bpy.context.scene
    actor: CastActor = cast_actor(rig.name, rig)
    face = np.linspace(0.0, 1.0, FRAMES)[:, None] * np.linspace(0.5, 1.0, 52)
    performance = perform(FRAMES, actor, face=face.astype(np.float32))
    keyed = key_performance(scene, [actor], performance)
    start, end = keyed.first, keyed.last
    part, body, shapes = performance.actors[0], 0.0, 0.0
    for frame in (start, (start + end) // 2, end):
        scene.frame_set(frame)
        row = frame - start
        body = max(body, joint_error(rig, actor, part.root_positions[row], part.rotations[row]))
        for mesh in actor.faces:
            shapes = max(shapes, _shapes_off(mesh.object.find(), mesh.shapes, part.face[row] @ mesh.weights.T))
    return body, shapes


def _shapes_off(face: bpy.types.Object, names: tuple[str, ...], expected: np.ndarray) -> float:
    """Return how far the evaluated face is from its basis moved by the shapes, in units of a shape's own travel."""
    keys = face.data.shape_keys.key_blocks
    modifiers = [modifier for modifier in face.modifiers if modifier.show_viewport]
    for modifier in modifiers:
        modifier.show_viewport = False
    seen = face.evaluated_get(bpy.context.evaluated_depsgraph_get()).data.vertices[0].co.x
    for modifier in modifiers:
        modifier.show_viewport = True
    travel = np.array([keys[name].data[0].co.x - keys[0].data[0].co.x for name in names])
    return float(abs(seen - keys[0].data[0].co.x - travel @ expected) / travel.sum())


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


def test_a_generated_rigify_has_no_problem() -> None:
    assert problems_of(generate_rigify()) == []


@pytest.mark.data
@pytest.mark.parametrize("character", ["female_mixamo", "male_gameengine", "male_rigify"])
def test_ready_characters_have_no_problem(load_character, character: str) -> None:
    assert problems_of(load_character(character)) == []


def test_the_demo_has_no_problem(shot: bpy.types.Scene) -> None:
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


def test_a_constraint_to_a_capture_on_rigify_controls_is_found_among_its_own() -> None:
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


# All of it


def test_the_first_blocking_sentence_is_raised_with_the_number_of_the_others(anna) -> None:
    drive(shapes(anna[1])[0])
    constrain(arm(anna[0]))
    anna[0].data.pose_position = "REST"
    actor = cast_actor("Anna", anna[0])
    with pytest.raises(errors.InvalidRequest, match=r"constraints \(Copy Rotation\).*1 more problem under Generate"):
        check_scene(bpy.context.scene, [actor])
