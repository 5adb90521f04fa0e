"""Takes: every generation has actions of its own; whatever the artist had is bit for bit as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from interact_addon.rig.cast import CastActor, cast_actor
from interact_addon.rig.keying import PARTS, key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.rig.take_action import actions_before
from interact_addon.rig.verify import verify
from interact_addon.takes.record import RECORD, read_record, record_take, save_performance, takes_of
from model_runtime.contract import Actor, Request, request_from_json

from .rigs import add_face, make_rig, perform

KEY = ("co", "handle_left", "handle_right")
KEY_SETTINGS = ("interpolation", "type", "handle_left_type", "handle_right_type", "easing", "back", "amplitude")
STRIP = ("name", "frame_start", "frame_end", "action", "blend_type", "mute", "influence", "extrapolation", "scale")


@pytest.fixture
def anna() -> bpy.types.Object:
    """Anna with Mixamo names and a face, a performance of a second ahead of her."""
    rig = make_rig(MIXAMO, "Anna")
    add_face(rig, "AnnaHead")
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 31
    return rig


def imported(rig: bpy.types.Object) -> bpy.types.Action:
    """Key every bone on every frame, as importers do, and a shape; return the armature's action."""
    for bone in rig.pose.bones:
        for frame in range(1, 32):
            bone.location.x = 0.01 * frame
            bone.keyframe_insert("location", frame=frame)
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    block = bpy.data.objects["AnnaHead"].data.shape_keys.key_blocks["jawOpen"]
    for frame, value in ((1, 0.3), (20, 0.9)):
        block.value = value
        block.keyframe_insert("value", frame=frame)
    return rig.animation_data.action


def pushed_down(rig: bpy.types.Object, mute: bool = False, solo: bool = False) -> bpy.types.NlaStrip:
    """Move the imported action of the armature into an NLA track."""
    action = imported(rig)
    track = rig.animation_data.nla_tracks.new()
    strip = track.strips.new(action.name, 1, action)
    rig.animation_data.action = None
    track.mute, track.is_solo = mute, solo
    return strip


def active(rig: bpy.types.Object) -> None:
    imported(rig)


def in_tweak_mode(rig: bpy.types.Object) -> None:
    strip = pushed_down(rig)
    animation = rig.animation_data
    animation.nla_tracks.active = animation.nla_tracks[0]
    animation.nla_tracks[0].select = strip.select = True
    animation.use_tweak_mode = True
    assert animation.use_tweak_mode


def under_an_action_with_little_influence(rig: bpy.types.Object) -> None:
    pushed_down(rig)
    rig.animation_data.action_influence, rig.animation_data.action_blend_type = 0.3, "ADD"


SITUATIONS: dict[str, Callable[[bpy.types.Object], Any]] = {
    "active action": active,
    "NLA track": pushed_down,
    "muted track": lambda rig: pushed_down(rig, mute=True),
    "tweak mode": in_tweak_mode,
    "little influence": under_an_action_with_little_influence,
}


def everything_of(action: bpy.types.Action) -> list[Any]:
    """Return every key with all attributes, every modifier and setting of an action's curves."""
    found: list[Any] = [action.name]
    for layer in action.layers:
        for strip in layer.strips:
            for slot in action.slots:
                bag = strip.channelbag(slot)
                for curve in bag.fcurves if bag is not None else ():
                    keys = [
                        (*(tuple(getattr(key, part)) for part in KEY), *(getattr(key, part) for part in KEY_SETTINGS))
                        for key in curve.keyframe_points
                    ]
                    found.append((slot.identifier, curve.data_path, curve.array_index, curve.mute, keys))
    return found


def tracks_of(rig: bpy.types.Object) -> list[Any]:
    return [
        (track.name, track.mute, track.is_solo, track.lock)
        + tuple(tuple(getattr(strip, name) for name in STRIP) for strip in track.strips)
        for track in rig.animation_data.nla_tracks
    ]


@pytest.mark.parametrize("situation", [*SITUATIONS, "soloed track"])
def test_existing_animation_is_bit_for_bit_as_before(anna: bpy.types.Object, situation: str) -> None:
    SITUATIONS.get(situation, lambda rig: pushed_down(rig, solo=True))(anna)
    before = [everything_of(action) for action in bpy.data.actions]
    tracks = tracks_of(anna)
    character = cast_actor("Anna", anna)
    key_performance(bpy.context.scene, [character], perform(31, character))
    takes = [action for action in bpy.data.actions if "Take" in action.name]
    assert len(takes) == 1
    assert [everything_of(action) for action in bpy.data.actions if action not in takes] == before
    assert tracks_of(anna) == tracks


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_take_is_seen_whatever_played_before(anna: bpy.types.Object, situation: str) -> None:
    SITUATIONS[situation](anna)
    character = cast_actor("Anna", anna)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character))
    found = verify(bpy.context.scene, keyed)
    assert found.distance < 1e-3 and found.shape < 1e-5, [str(difference) for difference in found.differences]


def test_an_animation_that_was_active_survives_saving_though_nothing_uses_it(anna: bpy.types.Object, tmp_path) -> None:
    before = everything_of(imported(anna))
    character = cast_actor("Anna", anna)
    key_performance(bpy.context.scene, [character], perform(31, character))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    take = bpy.data.objects["Anna"].animation_data.action
    assert before in [everything_of(action) for action in actions_before(take)]
    assert len(actions_before(take)) == 2  # the body's and the face's


def test_the_modifiers_on_an_older_curve_do_not_move_the_take(anna: bpy.types.Object) -> None:
    action = imported(anna)
    curve = action.layers[0].strips[0].channelbag(anna.animation_data.action_slot).fcurves[0]
    curve.modifiers.new("NOISE").strength = 5.0
    character = cast_actor("Anna", anna)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character))
    assert verify(bpy.context.scene, keyed).distance < 1e-3 and len(curve.modifiers) == 1


def test_the_objects_own_keys_are_left_out_with_a_word(anna: bpy.types.Object) -> None:
    for frame, place in ((1, 2.0), (31, 9.0)):
        anna.location.x = place
        anna.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(1)
    character = cast_actor("Anna", anna)
    bpy.context.scene.frame_set(25)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character))
    assert "'Anna' itself are left out" in keyed.warnings[0]
    assert verify(bpy.context.scene, keyed).distance < 1e-3
    bpy.context.scene.frame_set(31)
    assert anna.location.x == pytest.approx(2.0) and character.rest.position[0] == pytest.approx(2.0)


def test_only_the_parts_asked_for_are_written(anna: bpy.types.Object) -> None:
    imported(anna)
    before = everything_of(anna.animation_data.action)
    character = cast_actor("Anna", anna)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character), {"Anna": ("face",)})
    assert everything_of(anna.animation_data.action) == before
    face = bpy.data.objects["AnnaHead"].data.shape_keys.animation_data.action
    assert face == keyed.actors[0].action and [slot.target_id_type for slot in face.slots] == ["KEY"]


def test_generated_hands_go_on_a_copy_of_the_body_that_is_kept(anna: bpy.types.Object) -> None:
    old = imported(anna)
    before = everything_of(old)
    character = cast_actor("Anna", anna)
    key_performance(bpy.context.scene, [character], perform(31, character), {"Anna": ("hands",)})
    take = anna.animation_data.action
    assert take != old and everything_of(old) == before

    def curve(action: bpy.types.Action, bone: str) -> list[Any]:
        path = f'pose.bones["{bone}"].rotation_quaternion'
        return [entry[4] for entry in everything_of(action)[1:] if entry[1] == path]

    assert curve(take, "LeftArm") == curve(old, "LeftArm") and curve(take, "LeftHandIndex1") != curve(
        old, "LeftHandIndex1"
    )


def test_nothing_is_written_where_no_part_is_asked_for(anna: bpy.types.Object) -> None:
    character = cast_actor("Anna", anna)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character), {"Anna": ()})
    assert not bpy.data.actions and keyed.actors[0].action is None and "body" in PARTS


@pytest.fixture
def recorded(anna: bpy.types.Object, tmp_path: Path) -> tuple[CastActor, bpy.types.Action]:
    """A take of Anna in a saved file, with its record."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    character = cast_actor("Anna", anna)
    performance = perform(31, character)
    performance.report["seconds"] = {"Faces": 0.5}
    path, warnings = save_performance(performance)
    keyed = key_performance(bpy.context.scene, [character], performance)
    record_take(keyed, Request(1.0, (Actor("Anna", character.rest.skeleton),), seed=7), performance, path)
    assert not warnings and keyed.actors[0].action is not None
    return character, keyed.actors[0].action


def test_a_take_says_what_made_it(recorded: tuple[CastActor, bpy.types.Action], tmp_path: Path) -> None:
    record = read_record(recorded[1])
    assert record is not None and (record.take, record.actor, record.seed, record.frames) == (1, "Anna", 7, (1, 31))
    assert record.performance.startswith("//shot.takes/") and len(list((tmp_path / "shot.takes").iterdir())) == 1
    assert record.load_performance().frames == 31 and record.measures["seconds"] == {"Faces": 0.5}
    assert request_from_json(record.request).seed == 7 and record.date.startswith("20")


def test_takes_are_listed_in_order_and_after_opening_again(recorded, tmp_path: Path) -> None:
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    (take,) = takes_of("Anna")
    record = read_record(take)
    assert record is not None and record.load_performance().frames == 31 and takes_of("Ben") == []


def test_takes_are_the_actors_by_its_id_and_in_older_records_by_its_name(recorded, tmp_path: Path) -> None:
    take = recorded[1]
    assert takes_of("Anna", "an id") == [take], "a record without an id goes by the name"
    take[RECORD] = json.dumps({**json.loads(take[RECORD]), "identity": "an id"})
    assert takes_of("Zoe, who was Anna", "an id") == [take] and takes_of("Anna", "another id") == []
    del (written := json.loads(take[RECORD]))["identity"]  # as written before there were ids
    take[RECORD] = json.dumps(written)
    assert takes_of("Anna", "an id") == [take]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 9}', '{"version": 1, "frames": [1, 2], "surprise": 1}'])
def test_a_record_that_cannot_be_read_is_no_take(recorded, text: str) -> None:
    recorded[1]["interact_take"] = text
    assert read_record(recorded[1]) is None


def test_a_take_of_an_unsaved_file_is_kept_in_the_temporary_folder(anna: bpy.types.Object) -> None:
    character = cast_actor("Anna", anna)
    path, warnings = save_performance(perform(31, character))
    assert Path(path).is_relative_to(bpy.app.tempdir) and Path(path).is_file() and not warnings


def test_a_folder_that_cannot_be_written_is_said(anna: bpy.types.Object, tmp_path: Path) -> None:
    (tmp_path / "shot.takes").write_text("in the way")
    path, warnings = save_performance(perform(31, cast_actor("Anna", anna)), tmp_path / "shot.blend")
    assert Path(path).is_file() and "until Blender ends only" in warnings[0]


@pytest.mark.parametrize("in_nla", [False, True], ids=["active action", "NLA track"])
def test_a_root_bone_that_an_import_moves_is_held_where_it_is_on_the_first_frame(in_nla: bool) -> None:
    rig = make_rig(UNREAL, "Anna")
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    root = rig.data.edit_bones.new("root")
    root.head, root.tail = (0, 0, 0), (0, 0.2, 0)
    rig.data.edit_bones["pelvis"].parent = root
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 31
    for frame, place in ((1, 1.0), (31, 4.0)):
        rig.pose.bones["root"].location.x = place
        rig.pose.bones["root"].keyframe_insert("location", frame=frame)
    if in_nla:
        action = rig.animation_data.action
        rig.animation_data.nla_tracks.new().strips.new(action.name, 1, action)
        rig.animation_data.action = None
    bpy.context.scene.frame_set(25)
    character = cast_actor("Anna", rig, scene=bpy.context.scene)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character))
    assert character.rest.position[0] == pytest.approx(1.0, abs=1e-3)
    assert verify(bpy.context.scene, keyed).distance < 1e-3


@pytest.mark.parametrize("name", ["花子" * 10, "A" * 63, "🙂" * 15])
def test_a_name_at_blenders_limit_keeps_the_number_of_the_take(name: str) -> None:
    rig = make_rig(MIXAMO, name)
    character = cast_actor(rig.name, rig)
    keyed = [key_performance(bpy.context.scene, [character], perform(3, character)).actors[0] for _ in range(2)]
    names = [keys.action.name for keys in keyed if keys.action is not None]
    assert [found[-7:] for found in names] == [" Take 1", " Take 2"] and all(name.startswith(n[:-7]) for n in names)


@pytest.mark.parametrize("in_nla", [False, True], ids=["active action", "NLA track"])
def test_a_rotation_mode_that_is_keyed_is_held_in_the_take(anna: bpy.types.Object, in_nla: bool) -> None:
    leg = anna.pose.bones["LeftLeg"]
    for frame, mode in ((1, "XYZ"), (10, "ZYX"), (20, "QUATERNION")):
        leg.rotation_mode = mode
        leg.keyframe_insert("rotation_mode", frame=frame)
    if in_nla:
        action = anna.animation_data.action
        anna.animation_data.nla_tracks.new().strips.new(action.name, 1, action)
        anna.animation_data.action = None
    bpy.context.scene.frame_set(25)
    character = cast_actor("Anna", anna)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character))
    assert verify(bpy.context.scene, keyed).distance < 1e-3


def test_a_rotation_mode_that_is_changed_while_it_generates_is_keyed_as_it_is(anna: bpy.types.Object) -> None:
    character = cast_actor("Anna", anna)
    anna.pose.bones["LeftLeg"].rotation_mode = "YZX"
    keyed = key_performance(bpy.context.scene, [character], perform(31, character))
    assert verify(bpy.context.scene, keyed).distance < 1e-3 and anna.pose.bones["LeftLeg"].rotation_mode == "YZX"


def test_a_bone_whose_scale_is_keyed_keeps_the_one_of_the_first_frame(anna: bpy.types.Object) -> None:
    spine = anna.pose.bones["Spine"]
    for frame, size in ((1, 1.5), (31, 1.0)):
        spine.scale = (size, size, size)
        spine.keyframe_insert("scale", frame=frame)
    bpy.context.scene.frame_set(31)
    character = cast_actor("Anna", anna, scene=bpy.context.scene)
    keyed = key_performance(bpy.context.scene, [character], perform(31, character))
    assert verify(bpy.context.scene, keyed).distance < 1e-3 and spine.scale.x == pytest.approx(1.5)


def test_one_undo_takes_a_take_back(anna: bpy.types.Object) -> None:
    imported(anna)
    before = [everything_of(action) for action in bpy.data.actions]
    active_before = anna.animation_data.action.name
    character = cast_actor("Anna", anna)
    bpy.ops.ed.undo_push(message="before")
    key_performance(bpy.context.scene, [character], perform(31, character))
    bpy.ops.ed.undo_push(message="Generate")
    assert len(bpy.data.actions) == 3
    bpy.ops.ed.undo()
    assert [everything_of(action) for action in bpy.data.actions] == before
    assert bpy.data.objects["Anna"].animation_data.action.name == active_before
    face = bpy.data.objects["AnnaHead"].data.shape_keys.animation_data.action
    assert face is not None and "Take" not in face.name
