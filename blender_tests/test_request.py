"""The scene as a request: voices and actions on the shot's clock, seats, targets, and one sentence for each error."""

from __future__ import annotations

import math
import re
import wave
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon import compat
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.scene import strips, targets
from interact_addon.scene.channels import ACTIONS, SPEECH
from interact_addon.scene.label_names import LABEL_COLOURS
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.scene.targets import curve_points
from model_runtime.contract import BODY_PARTS, ActionSpan, Actor, MotionConstraints, Request, Style
from model_runtime.errors import InvalidRequest, SpeechFileMissing

from .rigs import add_face, make_rig
from .test_sound import load_wave


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """Three seconds of sound."""
    path = tmp_path / "a voice é.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((8000 * np.sin(np.arange(48000) * 0.1)).astype("<i2").tobytes())
    return path


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, in a shot of ten seconds at 30 fps that begins at frame 1."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 301
    rigs = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    rigs[1].location.x = 1.5
    bpy.context.view_layer.update()
    for actor, rig in zip(scene.interact.actors, rigs):
        actor.armature = rig
    return scene


def request_of(scene: bpy.types.Scene) -> Request:
    return build_request(scene)[0]


def anna(scene: bpy.types.Scene) -> Actor:
    return request_of(scene).actors[0]


def heard_between(actor: Actor) -> tuple[float, float]:
    """Seconds of the first and the last sample that is heard."""
    loud = np.flatnonzero(np.abs(load_wave(actor.speech[0].path)) > 1e-3)
    return float(loud[0] / 48000), float((loud[-1] + 1) / 48000)


def test_the_cast_and_the_settings_are_in_the_request(scene: bpy.types.Scene) -> None:
    scene.interact.seed, scene.interact.quality, scene.interact.guidance = 7, "draft", 3.0
    request = request_of(scene)
    assert (request.seed, request.quality, request.guidance) == (7, "draft", 3.0)
    assert [actor.name for actor in request.actors] == ["Anna", "Ben"]
    assert request.actors[1].position == pytest.approx((1.5, 0.0), abs=0.02)
    assert request.duration == pytest.approx(10.0)


def test_a_voice_is_one_clip_over_the_whole_shot(scene: bpy.types.Scene, voice: Path) -> None:
    for frame in (61, 121):
        strips.add_speech(scene, "Anna", voice, frame)
    (clip,) = anna(scene).speech
    assert (clip.start, clip.trim_start, clip.gain) == (0.0, 0.0, 1.0) and clip.duration == pytest.approx(10.0)
    assert len(load_wave(clip.path)) == 480000


def test_muted_voices_and_those_outside_of_the_shot_are_left_out(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 1).mute = True
    strips.add_speech(scene, "Anna", voice, 500)
    strips.add_speech(scene, "Ben", voice, 1)
    request, warnings = build_request(scene)
    assert request.actors[0].speech == () and len(request.actors[1].speech) == 1
    assert any("'Anna' has no speech" in warning for warning in warnings)


def test_a_muted_channel_is_silent(scene: bpy.types.Scene, voice: Path) -> None:
    strip = strips.add_speech(scene, "Anna", voice, 1)
    scene.sequence_editor.channels[strip.channel].mute = True
    assert anna(scene).speech == ()


@pytest.mark.parametrize(("fps", "base"), [(24, 1.0), (25, 1.0), (30, 1.001), (60, 1.0)])
def test_the_shots_clock_is_seconds_at_any_frame_rate(
    scene: bpy.types.Scene, voice: Path, fps: int, base: float
) -> None:
    scene.render.fps, scene.render.fps_base = fps, base
    rate = fps / base
    scene.frame_start, scene.frame_end = 101, 101 + round(8 * rate)
    strips.add_speech(scene, "Anna", voice, 101 + round(2 * rate))
    strips.add_action(scene, "Anna", "walk", 101 + round(rate), 101 + round(3 * rate))
    actor = anna(scene)
    assert heard_between(actor) == (pytest.approx(2.0, abs=0.5 / rate), pytest.approx(5.0, abs=0.5 / rate))
    assert (actor.actions[0].start, actor.actions[0].end) == pytest.approx((1.0, 3.0), abs=0.5 / rate)


def test_action_strips_become_spans_within_the_shot(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, "Anna", "walk", -30, 91)
    strips.add_action(scene, "Anna", "sit", 91, 400)
    assert anna(scene).actions == (ActionSpan("walk", 0.0, 3.0), ActionSpan("sit", 3.0, 10.0))


@pytest.mark.parametrize("name", ["walk.001", "Walk", " WALK ", "walk.012"])
def test_labels_are_read_with_spaces_capitals_and_the_number_of_a_copy(scene: bpy.types.Scene, name: str) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 91).name = name
    assert anna(scene).actions[0].label == "walk"


def test_an_unknown_label_is_refused_with_the_three_that_are_known(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 91).name = "run"
    with pytest.raises(InvalidRequest, match=r"'run'.*sit, walk, stand"):
        build_request(scene)


def test_of_overlapping_action_strips_the_one_on_top_counts(scene: bpy.types.Scene) -> None:
    walk = strips.add_action(scene, "Anna", "walk", 1, 151)
    walk.interact_target = place_empty(scene, (1.0, -2.0, 0.0))
    strips.add_action(scene, "Anna", "sit", 121, 181)
    small = strips.add_action(scene, "Anna", "stand", 61, 91)
    small.channel = 7
    scene.sequence_editor.channels[7].name = "Anna Actions 2"
    actor = anna(scene)
    assert [(span.label, round(span.start, 2), round(span.end, 2)) for span in actor.actions] == [
        ("walk", 0.0, 2.0),
        ("stand", 2.0, 3.0),
        ("walk", 3.0, 4.0),
        ("sit", 4.0, 6.0),
    ]
    assert [point.time for point in actor.waypoints] == pytest.approx([4.0]), "the walk leads there in its last stretch"


def test_a_missing_sound_file_is_named_with_its_strip(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 1).name = "hello"
    voice.unlink()
    with pytest.raises(SpeechFileMissing, match=r"'hello'.*'Anna'"):
        build_request(scene)


def test_a_packed_sound_is_heard_without_its_file(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 1).sound.pack()
    voice.unlink()
    assert heard_between(anna(scene)) == pytest.approx((0.0, 3.0), abs=0.01)


def test_adding_labels_fills_what_no_strip_covers(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, "Anna", "sit", 100, 200)
    assert strips.add_action_labels(scene, "Anna") == 2
    assert [(span.label, round(span.start, 2)) for span in anna(scene).actions] == [
        ("stand", 0.0),
        ("sit", 3.3),
        ("stand", 6.63),
    ]
    assert strips.add_action_labels(scene, "Anna") == 0


def test_label_strips_lie_in_a_channel_of_the_actor_in_the_labels_colour(scene: bpy.types.Scene) -> None:
    strip = strips.add_action(scene, "Anna", "sit", 1, 50)
    assert scene.sequence_editor.channels[strip.channel].name == f"Anna {ACTIONS}"
    assert tuple(strip.color) == pytest.approx(LABEL_COLOURS["sit"])
    assert f"Anna {SPEECH}" not in [channel.name for channel in scene.sequence_editor.channels]


def test_label_strips_switch_off_the_sequencers_pictures_unless_it_has_others(
    scene: bpy.types.Scene, voice: Path
) -> None:
    strips.add_speech(scene, "Anna", voice, 1)
    strips.add_action(scene, "Anna", "sit", 1, 50)
    assert not scene.render.use_sequencer
    scene.render.use_sequencer = True
    scene.sequence_editor.strips.new_scene("take", scene, 20, 1)
    strips.add_action(scene, "Anna", "walk", 50, 90)
    assert scene.render.use_sequencer


def stool(height: float, location: tuple[float, float], turn: float = 0.0) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=1.0, location=(*location, height / 2))
    seat = bpy.context.object
    seat.scale, seat.rotation_euler = (0.4, 0.4, height), (0, 0, turn)
    bpy.context.view_layer.update()
    return seat


def test_a_sit_label_sends_the_seat_and_nothing_else(scene: bpy.types.Scene) -> None:
    scene.interact.actors[0].seat = stool(0.48, (2.0, 1.0), math.radians(90))
    strips.add_action(scene, "Anna", "walk", 1, 91)
    strips.add_action(scene, "Anna", "sit", 91, 181)
    strips.add_action(scene, "Anna", "stand", 181, 211)
    strips.add_action(scene, "Anna", "sit", 211, 301)
    actor = anna(scene)
    assert actor.seat_height == pytest.approx(0.48, abs=1e-3)
    sits = [span for span in actor.actions if span.label == "sit"]
    assert len(actor.waypoints) == len(sits) == 2
    for span, point in zip(sits, actor.waypoints):
        assert span.start + 0.05 < point.time < span.end  # the border would belong to the walk before
        assert point.position == pytest.approx((2.0, 1.0), abs=1e-5)
        assert point.heading == pytest.approx(math.radians(90))


def test_an_actor_seated_from_the_start_keeps_its_own_placement_in_the_request(scene: bpy.types.Scene) -> None:
    scene.interact.actors[0].seat = stool(0.45, (-2.0, 0.0), 0.5)
    strips.add_action(scene, "Anna", "sit", 1, 301)
    actor = anna(scene)
    assert actor.position == pytest.approx((0.0, 0.0), abs=0.02)  # the runtime starts it on the seat
    assert [point.position for point in actor.waypoints] == [pytest.approx((-2.0, 0.0), abs=1e-5)]


LABELS = ("sit", "walk", "stand")


@pytest.mark.parametrize("script", [(a, b, c) for a in LABELS for b in LABELS for c in LABELS])
def test_every_waypoint_is_a_seat_or_a_target(scene: bpy.types.Scene, script: tuple[str, ...]) -> None:
    """Places beside or in front of a seat are the runtime's to plan."""
    scene.interact.actors[0].seat = stool(0.45, (2.0, 1.0), 1.0)
    target = place_empty(scene, (1.0, -2.0, 0.0))
    for number, label in enumerate(script):
        strips.add_action(scene, "Anna", label, 1 + 100 * number, 101 + 100 * number).interact_target = target
    found = sorted(tuple(round(x, 4) for x in point.position) for point in anna(scene).waypoints)
    assert found == sorted([(2.0, 1.0)] * script.count("sit") + [(1.0, -2.0)] * script.count("walk"))


def test_the_constants_of_sitting_down_are_in_the_runtime_only() -> None:
    from model_runtime.planning import motion_plan

    assert motion_plan.BEFORE_THE_SEAT > 0.0 and motion_plan.SITTING_DOWN > 0.0
    for path in Path(targets.__file__).parent.glob("*.py"):
        named = re.findall(r"^_?([A-Z_]+)(?:, _?[A-Z_]+)* = [\d.]+", path.read_text("utf-8"), re.MULTILINE)
        assert not [name for name in named if re.search("SEAT|SIT|RIS", name)], path.name


def test_the_seat_height_property_of_a_chair_comes_before_its_shape(scene: bpy.types.Scene) -> None:
    chair = stool(1.0, (0, 0))
    chair["seat_height"] = -0.04  # of the cube's middle, in the object's own, stretched units
    scene.interact.actors[0].seat = chair
    assert anna(scene).seat_height == pytest.approx(0.46)


# Where walks lead


def place_empty(scene: bpy.types.Scene, location: tuple[float, float, float]) -> bpy.types.Object:
    target = bpy.data.objects.new("there", None)
    scene.collection.objects.link(target)
    target.location = location
    bpy.context.view_layer.update()
    return target


def draw_curve(
    scene: bpy.types.Scene, *splines: list[tuple[float, float]], kind: str = "POLY", bevel: float = 0.0
) -> bpy.types.Object:
    data = bpy.data.curves.new("path", "CURVE")
    data.dimensions, data.bevel_depth = "3D", bevel
    for points in splines:
        spline = data.splines.new(kind)
        spline.points.add(len(points) - 1)
        for point, (x, y) in zip(spline.points, points):
            point.co = (x, y, 0.0, 1.0)
        spline.use_endpoint_u = True
    curve = bpy.data.objects.new("path", data)
    scene.collection.objects.link(curve)
    bpy.context.view_layer.update()
    return curve


def test_each_walk_ends_at_its_own_target_and_one_without_a_target_has_no_waypoint(scene: bpy.types.Scene) -> None:
    for number, place in enumerate([(1.0, -2.0, 0.0), None, (-1.0, 1.0, 0.0)]):
        walk = strips.add_action(scene, "Anna", "walk", 1 + 90 * number, 61 + 90 * number)
        walk.interact_target = None if place is None else place_empty(scene, place)
    first, second = anna(scene).waypoints
    assert (first.time, first.position, first.heading) == (pytest.approx(2.0), (1.0, -2.0), None)
    assert (second.time, second.position, second.heading) == (pytest.approx(8.0), (-1.0, 1.0), None)


def test_a_target_says_nothing_while_its_strip_is_no_walk(scene: bpy.types.Scene) -> None:
    strip = strips.add_action(scene, "Anna", "stand", 1, 151)
    strip.interact_target = place_empty(scene, (1.0, -2.0, 0.0))
    assert anna(scene).waypoints == ()


def test_a_walk_to_the_partner_is_sent_as_such_without_a_waypoint(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 61)
    strips.add_action(scene, "Anna", "walk", 91, 151).interact_target = scene.interact.actor_b.armature
    actor = anna(scene)
    assert [span.to_partner for span in actor.actions] == [False, True] and actor.waypoints == ()


def test_the_partners_mesh_counts_as_the_partner(scene: bpy.types.Scene) -> None:
    mesh = add_face(scene.interact.actor_b.armature, "BenHead")
    strips.add_action(scene, "Anna", "walk", 1, 151).interact_target = mesh
    assert anna(scene).actions[0].to_partner


def test_a_target_survives_renaming_saving_splitting_and_undo(scene: bpy.types.Scene, tmp_path: Path) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 151).interact_target = place_empty(scene, (1.0, -2.0, 0.0))
    scene.objects["there"].name = "Mark"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    scene = bpy.context.scene
    scene.sequence_editor.strips[0].select = True
    with bpy.context.temp_override(**compat.sequencer_override(scene)):
        bpy.ops.sequencer.split(frame=76, type="SOFT", side="BOTH")
    bpy.ops.ed.undo_push(message="split")
    assert {strip.interact_target.name for strip in scene.sequence_editor.strips} == {"Mark"}
    for strip in scene.sequence_editor.strips:
        strip.interact_target = None
    bpy.ops.ed.undo_push(message="cleared")
    bpy.ops.ed.undo()
    walks = bpy.context.scene.sequence_editor.strips
    assert len(walks) == 2 and {strip.interact_target.name for strip in walks} == {"Mark"}
    bpy.data.objects.remove(bpy.data.objects["Mark"])
    assert {strip.interact_target for strip in walks} == {None}


def test_opening_a_file_of_an_older_version_gives_its_walk_target_to_the_last_walk(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    for start in (1, 91):
        strips.add_action(scene, "Anna", "walk", start, start + 60)
    scene.interact.actor_a.walk_target = scene.interact.actor_b.walk_target = place_empty(scene, (1.0, -2.0, 0.0))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    scene = bpy.context.scene
    assert [point.time for point in anna(scene).waypoints] == [5.0]
    assert scene.interact.actor_a.walk_target is None, "it is moved, not copied"
    assert scene.interact.actor_b.walk_target is not None, "without a walk it waits"


def test_a_scene_appended_from_a_file_of_an_older_version_gives_its_walk_target_to_the_last_walk_too(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 61)
    scene.interact.actor_a.walk_target = place_empty(scene, (1.0, -2.0, 0.0))
    path = str(tmp_path / "old.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.append(directory=f"{path}/Scene/", filename="Scene")
    targets_of = [
        strip.interact_target.name
        for one in bpy.data.scenes
        for strip in (one.sequence_editor.strips if one.sequence_editor is not None else ())
    ]
    assert targets_of == ["there"]


def test_a_curve_is_a_path_at_even_pace_along_a_walk(scene: bpy.types.Scene) -> None:
    curve = draw_curve(scene, [(0.0, 0.0), (3.0, 0.0), (3.0, 1.0)])
    curve.location.x = 10.0
    bpy.context.view_layer.update()
    strips.add_action(scene, "Anna", "walk", 31, 151).interact_target = curve
    points = anna(scene).waypoints
    assert [point.time for point in points] == pytest.approx([2.0, 3.0, 4.0, 5.0])
    assert np.array([point.position for point in points]) == pytest.approx(
        np.array([(11.0, 0.0), (12.0, 0.0), (13.0, 0.0), (13.0, 1.0)]), abs=1e-5
    )
    assert {point.heading for point in points} == {None}


def test_a_walk_of_less_than_a_second_leads_to_the_end_of_the_path(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 13).interact_target = draw_curve(scene, [(0.0, 0.0), (1.0, 0.0)])
    (point,) = anna(scene).waypoints
    assert point.position == pytest.approx((1.0, 0.0)) and point.time == pytest.approx(0.4)


@pytest.mark.parametrize("bevel", [0.0, 0.1])
def test_a_path_is_followed_along_its_middle_whatever_its_bevel(scene: bpy.types.Scene, bevel: float) -> None:
    curve = draw_curve(scene, [(0.0, 0.0), (1.0, 2.0), (3.0, -2.0), (4.0, 0.0)], kind="NURBS", bevel=bevel)
    points = curve_points(curve, bpy.context.scene)
    assert points[[0, -1]] == pytest.approx(np.array([(0.0, 0.0, 0.0), (4.0, 0.0, 0.0)]), abs=1e-5)
    assert np.linalg.norm(np.diff(points, axis=0), axis=-1).max() < 0.5
    assert np.abs(points[:, 1]).max() < 1.0  # smooth: the control points are not passed through


def test_of_several_splines_the_first_is_the_path_and_a_cyclic_one_ends_where_it_begins(scene: bpy.types.Scene) -> None:
    curve = draw_curve(scene, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)], [(5.0, 5.0), (6.0, 6.0)])
    curve.data.splines[0].use_cyclic_u = True
    assert curve_points(curve, bpy.context.scene)[:, :2] == pytest.approx(
        np.array([(0, 0), (1, 0), (1, 1), (0, 0)], float)
    )


def test_a_curve_of_one_point_is_a_place(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 151).interact_target = draw_curve(scene, [(2.0, 1.0)])
    assert {point.position for point in anna(scene).waypoints} == {(2.0, 1.0)}


def test_a_curve_without_points_is_one_clear_sentence(scene: bpy.types.Scene) -> None:
    strips.add_action(scene, "Anna", "walk", 1, 151).interact_target = draw_curve(scene)
    with pytest.raises(InvalidRequest, match=r"^The curve 'path' has no points; draw the path or choose another "):
        build_request(scene)


# Style and motion constraints


def test_a_style_is_sent_only_for_an_actor_that_has_its_own(scene: bpy.types.Scene) -> None:
    first = scene.interact.actors[0]
    first.style_liveliness, first.style_height, first.style_reach = 1.5, -1.0, 9.0
    assert [actor.style for actor in request_of(scene).actors] == [None, None]
    first.own_style = True
    assert [actor.style for actor in request_of(scene).actors] == [Style(1.5, -1.0, 3.0), None]


def still(frames: int) -> MotionConstraints:
    rotations = np.tile(np.array([1, 0, 0, 0], np.float32), (frames, 52, 1))
    nothing = np.zeros((frames, 52), np.float32)
    return MotionConstraints(nothing[:, :3], rotations, nothing, np.ones((frames, len(BODY_PARTS)), bool))


def test_motion_constraints_are_sent_for_the_actor_they_are_given_for(scene: bpy.types.Scene) -> None:
    given = still(60)
    request, _ = build_request(scene, constraints={"Ben": given})
    assert request.actors[0].constraints is None and request.actors[1].constraints is given


def test_motion_constraints_of_nobody_or_longer_than_the_shot_are_refused(scene: bpy.types.Scene) -> None:
    with pytest.raises(InvalidRequest, match="'Carla', who is not cast"):
        build_request(scene, constraints={"Carla": still(60)})
    with pytest.raises(InvalidRequest, match="cut it to the shot"):
        build_request(scene, constraints={"Anna": still(600)})


# The cast


def test_a_cast_with_an_error_is_one_clear_sentence(scene: bpy.types.Scene) -> None:
    first, second = scene.interact.actors
    ben = second.armature
    second.armature = None
    with pytest.raises(InvalidRequest, match="no armature"):
        cast_scene(scene)
    second.armature = first.armature
    with pytest.raises(InvalidRequest, match="two different"):
        cast_scene(scene)
    second.armature = ben
    scene.collection.objects.unlink(ben)
    with pytest.raises(InvalidRequest, match="not in the scene"):
        cast_scene(scene)


def test_reading_changes_nothing_in_the_scene(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 1)
    strips.add_action(scene, "Anna", "walk", 1, 151).interact_target = draw_curve(scene, [(0.0, 0.0), (1.0, 0.0)])

    def counts() -> list[int]:
        kinds = (bpy.data.actions, bpy.data.sounds, bpy.data.objects, bpy.data.curves, bpy.data.meshes)
        return [len(scene.sequence_editor.strips), *(len(kind) for kind in kinds)]

    before = counts()
    build_request(scene)
    assert counts() == before


def test_an_actor_without_a_voice_is_told_of_a_channel_that_is_no_actors(scene: bpy.types.Scene, voice: Path) -> None:
    strips.add_speech(scene, "Anna", voice, 31)
    scene.interact.actor_a.armature = make_rig(MIXAMO, "Zoe")
    _, warnings = build_request(scene)
    said = "'Zoe' has no speech strip (the channel 'Anna Speech' is no actor's; call it 'Zoe Speech'"
    assert any(warning.startswith(said) for warning in warnings)


def test_two_names_that_differ_in_case_only_would_share_their_voices(scene: bpy.types.Scene, voice: Path) -> None:
    scene.interact.actor_b.name = "ANNA"
    strips.add_speech(scene, "Anna", voice, 31)
    with pytest.raises(InvalidRequest, match="'Anna' and 'ANNA' have the same channels"):
        build_request(scene)
