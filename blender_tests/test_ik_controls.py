"""IK controls keyed from the FK of a take: with IK on the same motion is shown, on every rig whose limbs have IK."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.channel import bone_path
from interact_addon.rig.ik_controls import IkKeys, follow_stretch, key_ik_controls
from interact_addon.rig.ik_limbs import ik_limbs
from interact_addon.rig.ik_solution import hinge_pose, pole_places
from interact_addon.rig.keying import key_performance
from interact_addon.rig.stretch_keys import key_stretch
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.watching import watched
from interact_addon.scene.ik import why_no_ik
from interact_addon.takes import edits, library
from interact_addon.takes.record import record_take
from model_runtime import contract
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import Actor, Performance, Request
from model_runtime.errors import InvalidRequest

from .ik_rigs import add_ik, auto_rig_pro_with_ik, stand_walk_sit
from .rigs import curves_in, generate_rigify, make_rig

FRAMES = 61
RIGIFY_BODY = [
    f"DEF-{bone}.{side}" for bone in ("upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe") for side in "LR"
]
MIXAMO_LIMBS = {
    f"{side} {kind}": (f"{side}{upper}", f"{side}{lower}", f"{side}{end}")
    for side in ("Left", "Right")
    for kind, upper, lower, end in (("arm", "Arm", "ForeArm", "Hand"), ("leg", "UpLeg", "Leg", "Foot"))
}
MIXAMO_BODY = [bone for bones in MIXAMO_LIMBS.values() for bone in bones]


def take_of(armature: bpy.types.Object) -> CastActor:
    """Key the performance on a rig and return the character."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    character = cast_actor("Anna", armature)
    key_performance(scene, [character], stand_walk_sit(character, FRAMES))
    return character


def shown(armature: bpy.types.Object, bones: Sequence[str]) -> np.ndarray:
    """Return the matrices (T, B, 4, 4) of bones in armature space, as Blender shows them in every frame."""
    found = np.empty((FRAMES, len(bones), 4, 4))
    with watched(bpy.context.scene, [armature], []) as moment:
        for index in range(FRAMES):
            posed = armature.evaluated_get(moment(1 + index))
            found[index] = [posed.pose.bones[bone].matrix for bone in bones]
    return found


def apart(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Return the greatest distance (m) of the bones' heads, and the greatest angle (degrees) of their directions."""
    directions = [rot.unit(each[..., :3, 1]) for each in (one, other)]
    angle = np.arccos(np.clip(np.sum(directions[0] * directions[1], axis=-1), -1.0, 1.0))
    return float(np.linalg.norm((one - other)[..., :3, 3], axis=-1).max()), float(np.degrees(angle.max()))


def turned(one: np.ndarray, other: np.ndarray) -> float:
    """Return the greatest angle (degrees) between the whole orientations of bones."""
    q = [rot.from_scaled_matrix(each) for each in (one, other)]
    return float(np.degrees(2.0 * np.arccos(np.clip(np.abs(np.sum(q[0] * q[1], axis=-1)), 0.0, 1.0)).max()))


def key(character: CastActor, play_ik: bool = True) -> IkKeys:
    return key_ik_controls(bpy.context.scene, character, 1, FRAMES, play_ik)


@pytest.fixture(scope="module")
def rigify_blend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A take on a generated Rigify human, saved once."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    take_of(generate_rigify())
    path = tmp_path_factory.mktemp("rigify") / "rigify.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def rigify(rigify_blend: Path) -> CastActor:
    bpy.ops.wm.open_mainfile(filepath=str(rigify_blend))
    return cast_actor("Anna", next(obj for obj in bpy.data.objects if "hand_ik.L" in getattr(obj.pose, "bones", {})))


def armature_of(character: CastActor) -> bpy.types.Object:
    found = character.armature.find()
    assert found is not None
    return found


def set_on_limbs(armature: bpy.types.Object, prop: str, value: float) -> None:
    for bone in armature.pose.bones:
        if prop in bone:
            bone[prop] = type(bone[prop])(value)


@pytest.mark.parametrize("stretch", [0.0, 1.0], ids=["rigid", "stretching"])
@pytest.mark.parametrize("pole", [False, True], ids=["no pole", "pole"])
def test_rigify_shows_the_same_motion_in_ik(rigify: CastActor, pole: bool, stretch: float) -> None:
    """Standing, walking and sitting, with the elbow and knee poles switched on or off."""
    rig = armature_of(rigify)
    fk = shown(rig, RIGIFY_BODY)
    set_on_limbs(rig, "pole_vector", pole)
    set_on_limbs(rig, "IK_Stretch", stretch)
    keyed = key(rigify)
    ik = shown(rig, RIGIFY_BODY)
    assert keyed.limbs == ("left arm", "left leg", "right arm", "right leg")
    assert rig.pose.bones["thigh_parent.L"]["IK_FK"] == 0.0
    distance, angle = apart(fk, ik)
    assert distance < 0.002 and angle < 0.5
    ends = [RIGIFY_BODY.index(bone) for bone in RIGIFY_BODY if any(end in bone for end in ("hand", "foot", "toe"))]
    assert turned(fk[:, ends], ik[:, ends]) < 0.1
    assert not any(found.is_seen for found in keyed.differences)


def test_feet_that_stand_still_in_fk_stand_still_in_ik(rigify: CastActor) -> None:
    rig = armature_of(rigify)
    fk = shown(rig, ["DEF-foot.L", "DEF-foot.R"])
    key(rigify)
    assert apart(fk, shown(rig, ["DEF-foot.L", "DEF-foot.R"]))[0] < 3e-4  # both are keyed within a tolerance


@pytest.mark.parametrize("follows", [2, 6, 7], ids=["body", "chest or shoulder", "hand or foot"])
def test_what_the_ik_controls_are_parented_to_is_honoured(rigify: CastActor, follows: int) -> None:
    rig = armature_of(rigify)
    fk = shown(rig, RIGIFY_BODY)
    set_on_limbs(rig, "pole_vector", True)
    set_on_limbs(rig, "IK_parent", min(follows, 5))
    set_on_limbs(rig, "pole_parent", follows)
    key(rigify)
    assert apart(fk, shown(rig, RIGIFY_BODY))[0] < 0.002


def test_fk_can_be_played_afterwards_and_ik_is_there_when_it_is_switched_on(rigify: CastActor) -> None:
    rig = armature_of(rigify)
    fk = shown(rig, RIGIFY_BODY)
    key(rigify, play_ik=False)
    assert rig.pose.bones["upper_arm_parent.R"]["IK_FK"] == 1.0
    assert apart(fk, shown(rig, RIGIFY_BODY))[0] < 1e-5
    action = rig.animation_data.action
    for curve in curves_in(action):
        if curve.data_path.endswith('["IK_FK"]'):
            curve.keyframe_points[0].co.y = 0.0
            curve.update()
    assert apart(fk, shown(rig, RIGIFY_BODY))[0] < 0.002
    assert apart(fk, shown(rig, ["hand_ik.L"] * len(RIGIFY_BODY)))[0] > 0.1


def test_a_leg_that_was_changed_by_hand_in_fk_is_carried_over(rigify: CastActor) -> None:
    rig = armature_of(rigify)
    before = shown(rig, RIGIFY_BODY)
    path = f"{bone_path('thigh_fk.L')}.rotation_quaternion"
    curve = next(one for one in curves_in(rig.animation_data.action) if (one.data_path, one.array_index) == (path, 3))
    for point in curve.keyframe_points:
        point.co.y += 0.15
    curve.update()
    changed = shown(rig, RIGIFY_BODY)
    key(rigify)
    ik = shown(rig, RIGIFY_BODY)
    assert apart(changed, ik)[0] < 0.002 and apart(before, ik)[0] > 0.05


def test_keying_them_once_more_changes_nothing(rigify: CastActor) -> None:
    rig = armature_of(rigify)
    key(rigify)
    before = shown(rig, RIGIFY_BODY)
    count = len(curves_in(rig.animation_data.action))
    key(rigify)
    assert apart(before, shown(rig, RIGIFY_BODY))[0] < 1e-4 and len(curves_in(rig.animation_data.action)) == count


def test_knees_and_elbows_bend_towards_their_poles(rigify: CastActor) -> None:
    rig = armature_of(rigify)
    key(rigify)
    for upper, lower, end, pole in (
        ("DEF-thigh.L", "DEF-shin.L", "DEF-foot.L", "thigh_ik_target.L"),
        ("DEF-upper_arm.R", "DEF-forearm.R", "DEF-hand.R", "upper_arm_ik_target.R"),
    ):
        hip, knee, ankle, place = shown(rig, [upper, lower, end, pole])[-1, :, :3, 3]
        along = rot.unit(ankle - hip)
        out, to_pole = ((point - hip) - ((point - hip) @ along) * along for point in (knee, place))
        assert Vector(out).angle(Vector(to_pole)) < np.radians(30.0)


def test_the_playhead_and_other_actions_stay(rigify: CastActor) -> None:
    scene, rig = bpy.context.scene, armature_of(rigify)
    other = bpy.data.actions.new("mine")
    scene.frame_set(17, subframe=0.25)
    key(rigify)
    assert (scene.frame_current, scene.frame_subframe) == (17, 0.25)
    assert not curves_in(other) and rig.animation_data.action != other


@pytest.mark.parametrize("objects", [False, True], ids=["bones", "empties"])
@pytest.mark.parametrize("angle", [0.0, 1.2, -1.5707963])
def test_a_plain_rig_with_ik_on_its_own_bones_shows_the_same_motion(objects: bool, angle: float) -> None:
    """Targets and poles of any user's rig: the pole stands where the constraint's pole angle wants it."""
    rig = make_rig(MIXAMO, "Anna")
    add_ik(rig, MIXAMO_LIMBS, angle, objects)
    character = take_of(rig)
    fk = shown(rig, MIXAMO_BODY)
    keyed = key(character)
    constraint = rig.pose.bones["LeftLeg"].constraints["IK"]
    assert constraint.enabled and constraint.influence == 1.0 and len(keyed.limbs) == 4
    ik = shown(rig, MIXAMO_BODY)
    distance, _ = apart(fk, ik)
    assert distance < 0.002 and turned(fk, ik) < 0.5
    moved = bpy.data.objects["IK LeftLeg"] if objects else rig
    assert moved.animation_data.action == rig.animation_data.action
    constraint.target = None  # it is the IK that was seen
    bpy.context.view_layer.update()


def test_the_targets_of_a_plain_rig_move_its_limbs_once_ik_is_on() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_ik(rig, MIXAMO_LIMBS, 0.0)
    key(take_of(rig))
    before = shown(rig, ["LeftFoot"])
    path = f"{bone_path('IK LeftLeg')}.location"
    for curve in curves_in(rig.animation_data.action):
        if curve.data_path == path:
            for point in curve.keyframe_points:
                point.co.y += 0.05
            curve.update()
    assert apart(before, shown(rig, ["LeftFoot"]))[0] > 0.03


def test_the_controls_of_auto_rig_pro_show_the_same_motion_in_ik() -> None:
    rig = auto_rig_pro_with_ik()
    character = take_of(rig)
    assert character.rig.rig == "Auto-Rig Pro"
    body = [f"{bone}.{s}" for bone in ("arm", "forearm", "hand", "thigh", "leg", "foot") for s in "lr"]
    fk = shown(rig, body)
    keyed = key(character)
    assert len(keyed.limbs) == 4 and rig.pose.bones["c_foot_ik.l"]["ik_fk_switch"] == 0.0
    distance, angle = apart(fk, shown(rig, body))
    assert distance < 0.002 and angle < 0.5
    toes = [shown(rig, [name])[:, 0] for name in ("c_toes_fk.l", "c_toes_ik.l")]
    way = [rot.from_scaled_matrix(np.linalg.inv(each[0]) @ each) for each in toes]
    assert np.degrees(2 * np.arccos(np.clip(np.abs(way[0][:, 0]), 0, 1))) == pytest.approx(
        np.degrees(2 * np.arccos(np.clip(np.abs(way[1][:, 0]), 0, 1))), abs=0.2
    )


def test_ik_that_cannot_show_the_motion_is_said() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_ik(rig, MIXAMO_LIMBS, 0.0)
    character = take_of(rig)
    knee = rig.pose.bones["LeftLeg"]
    knee.use_ik_limit_x = knee.use_ik_limit_z = True
    knee.ik_min_x = knee.ik_max_x = knee.ik_min_z = knee.ik_max_z = 0.0
    (found,) = [each for each in key(character).differences if each.is_seen]
    assert found.limb == "left leg" and found.distance > 0.01


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda rig: take_of(rig), "have no IK"),
        (lambda rig: cast_actor("Anna", rig), "generate one"),
    ],
    ids=["no IK", "no take"],
)
def test_a_rig_without_ik_or_take_is_one_sentence(prepare: Callable, sentence: str) -> None:
    character = prepare(make_rig(MIXAMO, "Anna"))
    before = [len(curves_in(action)) for action in bpy.data.actions]
    with pytest.raises(InvalidRequest, match=sentence):
        key(character)
    assert [len(curves_in(action)) for action in bpy.data.actions] == before


def test_a_chain_in_rest_of_another_length_is_no_ik_of_the_limb() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_ik(rig, {"left leg": MIXAMO_LIMBS["Left leg"]}, 0.0)
    spine = rig.pose.bones["Spine2"].constraints.new("IK")
    spine.target, spine.subtarget, spine.chain_count = rig, "IK LeftLeg", 2
    assert [limb.name for limb in ik_limbs(rig, cast_actor("Anna", rig).rig)] == ["left leg"]


def test_a_hinged_knee_brings_all_three_joints_to_their_places_however_it_bends() -> None:
    rng = np.random.default_rng(0)
    count = 200
    start = rng.normal(size=(count, 3))
    thigh, shin = (rot.unit(rng.normal(size=(count, 3))) for _ in range(2))
    shin = rot.unit(shin + 1.2 * thigh)
    joints = np.stack([start, start + 0.45 * thigh, start + 0.45 * thigh + 0.4 * shin], axis=1)
    relation = np.eye(4)
    relation[:3, :3] = rot.to_matrix(rot.from_axis_angle(np.array([0.2, 0.1, 0.05])))
    relation[:3, 3] = (0.0, 0.45, 0.0)
    end = np.array([0.0, 0.4, 0.0])
    upper = rot.between(np.broadcast_to([0.0, 1.0, 0.0], thigh.shape), thigh)
    found, lower = hinge_pose(joints, upper, relation, end, 0)
    knee = joints[:, 0] + rot.rotate(found, np.broadcast_to(relation[:3, 3], start.shape))
    ankle = knee + rot.rotate(lower, np.broadcast_to(end, start.shape))
    assert np.abs(knee - joints[:, 1]).max() < 1e-6
    bent = np.sum(thigh * shin, axis=-1) < np.cos(np.radians(8.0))
    reachable = np.linalg.norm(ankle - joints[:, 2], axis=-1) < 1e-5
    assert reachable[bent].mean() > 0.95


def test_a_pole_stands_as_far_away_as_it_is_told_and_beside_the_knee() -> None:
    joints = np.array([[[0.0, 0.0, 1.0], [0.0, -0.1, 0.5], [0.0, 0.0, 0.0]]])
    places = pole_places(joints, joints[:, 0], np.array([[1.0, 0.0, 0.0, 0.0]]), 0.0, 0.7)
    assert places[0] == pytest.approx([0.7, 0.0, 0.5])


@pytest.fixture
def shot_in_takes(addon: None, rigify: CastActor) -> bpy.types.Object:
    """Anna's take on Rigify and one of Ben on a rig without IK, both cast; returns Anna's rig."""
    scene, rig = bpy.context.scene, armature_of(rigify)
    rig.name = "Anna"
    ben = make_rig(MIXAMO, "Ben")
    character = cast_actor("Ben", ben)
    key_performance(scene, [character], stand_walk_sit(character, FRAMES))
    scene.interact.actor_a.armature, scene.interact.actor_b.armature = rig, ben
    return rig


def test_the_button_keys_the_rigs_that_have_ik_and_one_undo_takes_it_back(shot_in_takes: bpy.types.Object) -> None:
    takes = [action.name for action in bpy.data.actions]
    counts = [len(curves_in(bpy.data.actions[name])) for name in takes]
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.interact.key_ik_controls(play="IK") == {"FINISHED"}
    after = [len(curves_in(bpy.data.actions[name])) for name in takes]
    assert [now > before for now, before in zip(after, counts)] == ["Ben" not in name for name in takes]
    bpy.ops.ed.undo()
    assert [len(curves_in(bpy.data.actions[name])) for name in takes] == counts
    rig = bpy.context.scene.interact.actor_a.armature
    assert rig.pose.bones["thigh_parent.L"]["IK_FK"] == 1.0


def test_the_button_is_there_for_takes_on_rigs_with_ik_alone(shot_in_takes: bpy.types.Object) -> None:
    scene = bpy.context.scene
    assert why_no_ik(scene) == ""
    shot_in_takes.animation_data.action = None
    assert why_no_ik(scene) == "The rigs of the takes have no IK"
    scene.interact.actor_b.armature.animation_data.action = None
    assert why_no_ik(scene).startswith("No actor plays a take")
    assert not bpy.ops.interact.key_ik_controls.poll()


def test_ik_of_a_plain_rig_is_off_in_a_take_that_has_no_ik_keys() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_ik(rig, MIXAMO_LIMBS, 0.0)
    first = take_of(rig)
    fk = shown(rig, MIXAMO_BODY)
    before = rig.animation_data.action
    key(take_of(rig))
    with_ik = rig.animation_data.action
    library.play(rig, before)
    rig.pose.bones["IK LeftLeg"].location.x = 0.5
    assert apart(fk, shown(rig, MIXAMO_BODY))[0] < 1e-5 and first.name == "Anna"
    library.play(rig, with_ik)
    assert apart(fk, shown(rig, MIXAMO_BODY))[0] < 0.002
    bpy.context.scene.frame_set(5)
    assert rig.pose.bones["LeftLeg"].constraints["IK"].influence == 1.0


def moved_in(performance: Performance, span: tuple[int, int]) -> Performance:
    """Return a performance in which a leg and an arm do something else within the frames of a stretch."""
    (part,) = performance.actors
    rotations = part.rotations.copy()
    inside = np.arange(span[0] - 1, span[1])
    swing = np.sin(np.pi * (inside - inside[0]) / (len(inside) - 1)) ** 2
    for joint, way in (("left_hip", (-0.6, 0.0, 0.2)), ("right_elbow", (0.0, 0.0, 0.9)), ("left_knee", (0.4, 0, 0))):
        turn = rot.from_axis_angle(np.outer(swing, way)).astype(np.float32)
        rotations[inside, sk.INDEX[joint]] = rot.multiply(rotations[inside, sk.INDEX[joint]], turn)
    return Performance((replace(part, rotations=rotations),))


def keys_outside(action: bpy.types.Action, span: tuple[int, int]) -> list[tuple[str, int, float, float]]:
    return [
        (curve.data_path, curve.array_index, *point.co)
        for curve in curves_in(action)
        for point in curve.keyframe_points
        if "_ik" in curve.data_path and not span[0] - 1.5 < point.co.x < span[1] + 1.5
    ]


def test_ik_controls_follow_a_stretch_that_is_generated_anew(rigify: CastActor) -> None:
    scene, rig, span = bpy.context.scene, armature_of(rigify), (15, 35)
    key_ik_controls(scene, rigify, 1, FRAMES, True, exact=True)
    before = shown(rig, RIGIFY_BODY)
    outside = keys_outside(rig.animation_data.action, span)
    performance = stand_walk_sit(rigify, FRAMES)
    given = [contract.constraints_from_performance(actor) for actor in performance.actors]
    keyed = key_stretch(scene, [rigify], moved_in(performance, span), given, span, {"Anna": ("lower", "upper")})
    follow_stretch(scene, keyed)
    assert keys_outside(rig.animation_data.action, span) == outside and outside
    ik = shown(rig, RIGIFY_BODY)
    assert rig.pose.bones["thigh_parent.L"]["IK_FK"] == 0.0 and apart(before, ik)[0] > 0.1
    assert apart(before[: span[0] - 1], ik[: span[0] - 1])[0] < 1e-5
    key(rigify, play_ik=False)
    distance, angle = apart(shown(rig, RIGIFY_BODY), ik)
    assert distance < 0.003 and angle < 0.5


def test_ik_controls_follow_a_take_that_is_mirrored(shot_in_takes: bpy.types.Object) -> None:
    scene, rig = bpy.context.scene, shot_in_takes
    character = cast_actor("Anna", rig)
    keyed = key_performance(scene, [character], stand_walk_sit(character, FRAMES))
    bodies = tuple(Actor(name, character.rest.skeleton) for name in ("Anna", "Ben"))
    record_take(keyed, Request(2.0, bodies), stand_walk_sit(character, FRAMES), "//shot.takes/1.npz")
    key(character)
    take = library.takes_in(scene)[-1]
    edits.edit_take(scene, take, (True, False), ("upper",), edits.mirrored, "Mirrored")
    ik = shown(rig, RIGIFY_BODY)
    key(cast_actor("Anna", rig), play_ik=False)
    assert apart(shown(rig, RIGIFY_BODY), ik)[0] < 0.003


def test_targets_that_are_objects_play_the_take_that_is_shown() -> None:
    rig = make_rig(MIXAMO, "Anna")
    add_ik(rig, MIXAMO_LIMBS, 0.0, objects=True)
    key(take_of(rig))
    first = rig.animation_data.action
    fk = shown(rig, MIXAMO_BODY)
    rig.pose.bones["LeftLeg"].constraints["IK"].influence = 0.0
    character = cast_actor("Anna", rig)
    key_performance(bpy.context.scene, [character], moved_in(stand_walk_sit(character, FRAMES), (1, FRAMES)))
    key(character)
    second, target = rig.animation_data.action, bpy.data.objects["IK LeftLeg"]
    assert target.animation_data.action == second
    target.name = "renamed"
    library.play(rig, first)
    assert target.animation_data.action == first and apart(fk, shown(rig, MIXAMO_BODY))[0] < 0.002
