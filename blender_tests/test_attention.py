"""What actors face, look at and hold on to: strips with a target, read as places in metres on the shot's clock."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from interact_addon.properties import KEEP_BODY
from interact_addon.scene.attention import add_gaze, add_pin
from interact_addon.scene.changes import changes_of
from interact_addon.scene.request import build_request
from interact_addon.scene.strips import add_action
from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import INDEX
from model_runtime.contract import Actor
from model_runtime.errors import InvalidRequest

from .test_request import anna, scene  # noqa: F401 - a fixture


def empty(name: str, place: tuple[float, float, float]) -> bpy.types.Object:
    thing = bpy.data.objects.new(name, None)
    thing.location = place
    bpy.context.scene.collection.objects.link(thing)
    return thing


def floor(scene: bpy.types.Scene) -> float:  # noqa: F811
    from interact_addon.scene.request import cast_scene

    return float(cast_scene(scene)[0].rest.floor)


def test_a_gaze_strip_is_what_the_actor_looks_at(scene: bpy.types.Scene) -> None:  # noqa: F811
    add_gaze(scene, "Anna", empty("Ball", (1.0, -2.0, 1.5)), 31, 91)
    (look,) = anna(scene).gaze
    assert (look.start, look.end) == pytest.approx((1.0, 3.0))
    assert look.places == (pytest.approx((1.0, -2.0, 1.5 - floor(scene))),)


def test_a_target_that_moves_is_followed(scene: bpy.types.Scene) -> None:  # noqa: F811
    ball = empty("Ball", (0.0, -2.0, 1.0))
    ball.keyframe_insert("location", frame=31)
    ball.location.x = 1.0
    ball.keyframe_insert("location", frame=91)
    scene.frame_set(7)
    add_gaze(scene, "Anna", ball, 31, 91)
    (look,) = anna(scene).gaze
    across = np.array(look.places)[:, 0]
    assert len(look.places) == 21 and across[0] == pytest.approx(0.0) and across[-1] == pytest.approx(1.0)
    assert (np.diff(across) > 0.0).all() and scene.frame_current == 7


def test_a_target_that_hangs_on_another_object_is_where_it_is_seen(scene: bpy.types.Scene) -> None:  # noqa: F811
    ball, cart = empty("Ball", (0.0, 0.0, 1.0)), empty("Cart", (2.0, 0.0, 0.0))
    ball.parent = cart
    bpy.context.view_layer.update()
    ball.hide_viewport = True
    add_gaze(scene, "Anna", ball, 31, 91)
    assert anna(scene).gaze[0].places[0][0] == pytest.approx(2.0)


def test_the_partner_as_a_target_is_what_an_actor_looks_at_anyhow(scene: bpy.types.Scene) -> None:  # noqa: F811
    add_gaze(scene, "Anna", bpy.data.objects["Ben"], 31, 91)
    assert anna(scene).gaze == ()


def test_a_gaze_strip_that_begins_later_ends_the_one_before(scene: bpy.types.Scene) -> None:  # noqa: F811
    add_gaze(scene, "Anna", empty("Ball", (1.0, 0.0, 1.0)), 31, 151)
    strip = add_gaze(scene, "Anna", empty("Door", (3.0, 0.0, 1.0)), 181, 241)
    strip.channel += 20
    scene.sequence_editor.channels[strip.channel].name = "Anna Gaze 2"
    strip.frame_final_start, strip.frame_final_end = 91, 211
    assert [(look.start, look.end) for look in anna(scene).gaze] == [
        pytest.approx((1.0, 3.0)),
        pytest.approx((3.0, 7.0)),
    ]


def test_a_pin_strip_says_which_hand_by_its_name(scene: bpy.types.Scene) -> None:  # noqa: F811
    post = empty("Post", (0.2, -0.3, 1.0))
    add_pin(scene, "Anna", "left_hand", post, 31, 91)
    add_pin(scene, "Anna", "right_hand", post, 121, 151).name = "Right Hand.001"
    assert [(pin.part, pin.start, pin.end) for pin in anna(scene).pins] == [
        ("left_hand", pytest.approx(1.0), pytest.approx(3.0)),
        ("right_hand", pytest.approx(4.0), pytest.approx(5.0)),
    ]


@pytest.mark.parametrize(("name", "words"), [("left foot", "not known"), ("left hand", "no target")])
def test_a_pin_that_cannot_be_played_is_one_sentence(scene: bpy.types.Scene, name: str, words: str) -> None:  # noqa: F811
    strip = add_pin(scene, "Anna", "left_hand", empty("Post", (0.2, -0.3, 1.0)), 31, 91)
    strip.name, strip.interact_target = name, None
    with pytest.raises(InvalidRequest, match=words):
        anna(scene)


def test_head_and_root_are_pinned_by_strips_of_their_name_and_a_turned_object_gives_a_heading(
    scene: bpy.types.Scene,  # noqa: F811
) -> None:
    spot, under = empty("Spot", (0.3, -0.5, 0.2)), empty("Under", (0.0, -0.2, 1.4))
    add_pin(scene, "Anna", "root", spot, 31, 91)
    add_pin(scene, "Anna", "head", under, 61, 121)
    pins = {pin.part: pin for pin in anna(scene).pins}
    assert pins["root"].places[0][:2] == pytest.approx((0.3, -0.5)) and pins["root"].heading is None
    assert (pins["head"].start, pins["head"].places[0][2]) == (pytest.approx(2.0), pytest.approx(1.4 - floor(scene)))
    spot.rotation_euler.z = 0.5
    bpy.context.view_layer.update()
    assert next(pin for pin in anna(scene).pins if pin.part == "root").heading == pytest.approx(0.5)


def test_another_place_of_a_pinned_root_is_a_change_from_before_it_on(scene: bpy.types.Scene) -> None:  # noqa: F811
    spot = empty("Spot", (0.3, -0.5, 0.0))
    add_pin(scene, "Anna", "root", spot, 91, 151)
    before = anna(scene)
    spot.location.x = 1.5
    bpy.context.view_layer.update()
    found = changes_of(before, anna(scene), 10.0, lambda old, new: None)
    assert {change.what for change in found} == {"targets", "pins of the root"}
    assert min(change.start for change in found) < 2.0 and max(change.end for change in found) == 10.0
    assert all(change.is_noticed for change in found)


def test_a_stand_faces_its_target(scene: bpy.types.Scene) -> None:  # noqa: F811
    add_action(scene, "Anna", "stand", 1, 151).interact_target = empty("Window", (0.0, 4.0, 1.0))
    add_action(scene, "Anna", "stand", 151, 301).interact_target = bpy.data.objects["Ben"]
    assert [span.facing for span in anna(scene).actions] == [pytest.approx((0.0, 4.0)), None]


def test_an_actor_that_keeps_its_body_has_no_pins(scene: bpy.types.Scene) -> None:  # noqa: F811
    add_pin(scene, "Anna", "left_hand", empty("Post", (0.2, -0.3, 1.0)), 31, 91)
    add_gaze(scene, "Anna", bpy.data.objects["Post"], 31, 91)
    rig = bpy.data.objects["Anna"]
    rig.pose.bones[0].keyframe_insert("location", frame=1)
    scene.interact.actor_a.perform = KEEP_BODY
    assert anna(scene).pins == () and len(anna(scene).gaze) == 1


def test_another_target_is_a_change_of_that_stretch_alone(scene: bpy.types.Scene) -> None:  # noqa: F811
    before: Actor = anna(scene)
    add_gaze(scene, "Anna", empty("Ball", (1.0, -2.0, 1.5)), 91, 151)
    (change,) = changes_of(before, anna(scene), 10.0, lambda old, new: None)
    assert (change.what, change.start, change.end) == ("gaze", pytest.approx(3.0), pytest.approx(5.0))


def test_two_clicks_let_an_actor_look_at_an_object(scene: bpy.types.Scene) -> None:  # noqa: F811
    ball = empty("Ball", (1.0, -2.0, 1.5))
    bpy.context.view_layer.objects.active = ball
    scene.frame_set(31)
    assert bpy.ops.interact.add_target(kind="gaze", actor="0") == {"FINISHED"}
    assert bpy.ops.interact.add_target(kind="right_hand", actor="1") == {"FINISHED"}
    for kind in ("head", "root"):
        assert bpy.ops.interact.add_target(kind=kind, actor="1") == {"FINISHED"}
    request, _ = build_request(scene)
    assert request.actors[0].gaze[0].start == pytest.approx(1.0) and {pin.part for pin in request.actors[1].pins} == {
        "right_hand", "head", "root",
    }  # fmt: skip
    bpy.context.view_layer.objects.active = bpy.data.objects["Anna"]
    with pytest.raises(RuntimeError, match="the actor itself"):
        bpy.ops.interact.add_target(kind="gaze", actor="0")


def test_a_hand_is_seen_at_its_pin(shot: bpy.types.Scene) -> None:
    mia = shot.interact.actor_a.armature
    place = mia.matrix_world @ mia.pose.bones["mixamorig:Hips"].head if "mixamorig:Hips" in mia.pose.bones else None
    hips = place or mia.matrix_world.translation
    ahead = rot.rotate(rot.about_z(np.array([mia.rotation_euler.z])), np.array([[0.0, -0.3, 0.0]]))[0]
    post = empty("Post", (hips.x + ahead[0] + 0.1, hips.y + ahead[1], 1.05))
    add_pin(shot, "Mia", "left_hand", post, shot.frame_start + 20, shot.frame_start + 50)
    assert bpy.ops.interact.generate() == {"FINISHED"}
    shot.frame_set(shot.frame_start + 35)
    from interact_addon.scene.request import cast_scene

    character = cast_scene(shot)[0]
    bone = next(drive.bone for drive in character.rig.drives if drive.joint == "left_wrist")
    assert INDEX["left_wrist"] and (mia.matrix_world @ mia.pose.bones[bone].head - post.location).length < 0.02
