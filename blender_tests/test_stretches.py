"""Regenerating a stretch: what the runtime is given, what it may change, and what the record of the take says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy
import numpy as np
import pytest

from interact_addon.properties import kept_parts
from interact_addon.rig import read_back
from interact_addon.rig.curves import curves_of
from interact_addon.rig.keying import key_performance
from interact_addon.rig.tables.mixamo import MIXAMO
from interact_addon.rig.tables.unreal import UNREAL
from interact_addon.rig.verify import verify
from interact_addon.scene.ranges import chosen_range
from interact_addon.scene.request import build_request, cast_scene
from interact_addon.scene.stretch import ShotFrames, Stretch, between, check_stretch, given_around
from interact_addon.scene.strips import add_action
from interact_addon.takes import shown_motion as module
from interact_addon.takes.record import read_record, record_take, save_performance
from interact_addon.takes.shown_motion import shown_motion, shown_motion_in_steps
from interact_addon.takes.stretches import (
    PlannedStretch,
    is_locked,
    key_planned,
    plan_around_locks_in_steps,
    plan_stretch,
)
from model_runtime.common.steps import finished
from model_runtime.contract import BODY_PARTS, ActorPerformance, MotionConstraints, Performance
from model_runtime.errors import InvalidRequest

from .rigs import add_face, make_rig, perform

FRAMES = 61
HEAD = Stretch(21, 40, {"Anna": ("head", "face")})


@pytest.fixture
def scene(addon: None) -> bpy.types.Scene:
    """Anna and Ben, cast, with a take of two seconds each."""
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    rigs = make_rig(MIXAMO, "Anna"), make_rig(UNREAL, "Ben")
    rigs[1].location.x = 1.5
    for actor, rig in zip(scene.interact.actors, rigs):
        actor.armature = rig
        add_face(rig, f"{rig.name} face")
    bpy.context.view_layer.update()
    record(scene, key_performance(scene, cast_scene(scene), played(scene)), played(scene))
    return scene


def played(scene: bpy.types.Scene, seed: int = 0) -> Performance:
    face = np.full((FRAMES, 52), 0.2 + 0.1 * seed, np.float32)
    return Performance(tuple(perform(FRAMES, one, seed=seed, face=face).actors[0] for one in cast_scene(scene)))


def record(scene: bpy.types.Scene, keyed: Any, performance: Performance) -> None:
    request, _ = build_request(scene)
    record_take(keyed, request, performance, save_performance(performance)[0])


def generated(scene: bpy.types.Scene, planned: PlannedStretch) -> Performance:
    """Return what a runtime makes of what it is given: another motion, and the given one in its place."""
    actors = []
    for actor in played(scene, seed=1).actors:
        given = planned.given.get(actor.name)
        actors.append(actor if given is None else _with(actor, given))
    return Performance(tuple(actors))


def _with(made: ActorPerformance, given: MotionConstraints) -> ActorPerformance:
    from model_runtime.contract import PART_JOINTS

    rotations, root, face = made.rotations.copy(), made.root_positions.copy(), made.face.copy()
    for part, joints in PART_JOINTS.items():
        mask = given.part(part)
        both = np.ix_(mask, np.array(joints))
        rotations[both] = given.rotations[both]
    root[given.part("lower")] = given.root_positions[given.part("lower")]
    face[given.part("face")] = given.face[given.part("face")]
    return replace(made, root_positions=root, rotations=rotations, face=face)


def action_of(name: str) -> bpy.types.Action:
    action = bpy.data.objects[name].animation_data.action
    assert action is not None
    return action


# ---- what is given ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "free"), [(30.0, (20, 40)), (24.0, (24, 50)), (60.0, (10, 20))])
def test_the_runtime_is_given_all_frames_but_those_between_the_keys_that_stay(
    rate: float, free: tuple[int, int], scene: bpy.types.Scene
) -> None:
    given = given_around(HEAD, ShotFrames(1, 121, rate), played(scene).actors)["Anna"]
    found = np.flatnonzero(~given.part("head"))
    assert (found[0], found[-1] + 1) == free and (~given.part("face") == ~given.part("head")).all()
    assert given.covers(FRAMES, "lower", "upper", "hands")


def test_the_partner_is_given_whole(scene: bpy.types.Scene) -> None:
    given = given_around(HEAD, ShotFrames(1, FRAMES, 30.0), played(scene).actors)["Ben"]
    assert given.covers(FRAMES, *BODY_PARTS)


def test_poses_of_a_person_inside_the_stretch_are_given_too(scene: bpy.types.Scene) -> None:
    kept = {"Anna": {"head": [30]}}
    given = given_around(HEAD, ShotFrames(1, FRAMES, 30.0), played(scene).actors, kept)["Anna"]
    assert given.part("head")[29] and not given.part("face")[29] and not given.part("head")[[28, 30]].any()


@pytest.mark.parametrize(
    ("stretch", "sentence"),
    [
        (Stretch(30, 70, {"Anna": ("head",)}), "not all in the shot, 1 to 61; choose a range within it"),
        (Stretch(30, 31, {"Anna": ("head",)}), "less than 0.2 s; choose a longer range"),
        (Stretch(20, 40, {}), "Nothing is left to regenerate; choose an actor and a part that is not locked"),
        (Stretch(20, 40, {"Carla": ("head",)}), "There is no actor 'Carla' to regenerate; use one of: Anna, Ben"),
    ],
)
def test_a_stretch_that_cannot_be_generated_is_refused_with_what_to_do(stretch: Stretch, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        check_stretch(stretch, ShotFrames(1, FRAMES, 30.0), ["Anna", "Ben"])


def test_in_between_are_the_frames_between_the_poses_around_the_playhead() -> None:
    assert between([10, 40, 90], 50) == (41, 89) and between([10, 40, 90], 40) == (41, 89)
    assert between([10, 40, 90], 95) is None and between([10, 11], 10) is None


# ---- what is seen -------------------------------------------------------------------------------------------------


def test_what_an_untouched_take_shows_is_read_from_its_file(
    scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def counted(find: Any, cast: Any, start: int, frames: int, *more: Any) -> Any:
        read.append(frames)
        return read_back.read_back_in_steps(find, cast, start, frames, *more)

    monkeypatch.setattr(module, "read_back_in_steps", counted)
    motion = shown_motion(scene, cast_scene(scene))
    for actor, expected in zip(motion, played(scene).actors):
        np.testing.assert_array_equal(actor.rotations, expected.rotations)
    assert len(read) == 1 and read[0] < 10


@pytest.mark.parametrize("edit", ["a key", "a constraint", "a moved object", "another action"])
def test_an_actor_that_shows_something_else_is_read_back(scene: bpy.types.Scene, edit: str) -> None:
    rig = bpy.data.objects["Anna"]
    if edit == "a key":
        curve = next(c for c in curves_of(action_of("Anna"), rig.animation_data.action_slot) if "Hips" in c.data_path)
        curve.keyframe_points[5].co.y += 0.3
    elif edit == "a constraint":
        rig.pose.bones["LeftArm"].constraints.new("COPY_ROTATION").target = bpy.data.objects["Ben"]
    elif edit == "a moved object":
        rig.location.y += 0.5
    else:
        rig.animation_data.action = bpy.data.actions.new("by hand")
    cast = cast_scene(scene)
    anna, ben = shown_motion(scene, cast)
    seen = read_back.read_back(scene, cast[0], 1, FRAMES)
    np.testing.assert_array_equal(anna.rotations, seen.rotations)
    np.testing.assert_array_equal(ben.rotations, played(scene).actors[1].rotations)


def test_reading_back_leaves_the_window_usable_and_gives_the_same(scene: bpy.types.Scene) -> None:
    bpy.data.objects["Anna"].location.y += 0.5
    cast, steps, breaks = cast_scene(scene), shown_motion_in_steps(lambda: scene, cast_scene(scene), 0.002), 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            motion = end.value
            break
        breaks += 1
    assert breaks > 3
    np.testing.assert_array_equal(motion[0].rotations, shown_motion(scene, cast)[0].rotations)


# ---- planned and keyed --------------------------------------------------------------------------------------------


def test_only_the_chosen_actor_gets_a_new_action(scene: bpy.types.Scene) -> None:
    before = action_of("Anna"), action_of("Ben")
    cast = cast_scene(scene)
    planned = plan_stretch(scene, cast, HEAD)
    keyed = key_planned(scene, cast, generated(scene, planned), planned)
    assert action_of("Anna") != before[0] and action_of("Ben") == before[1]
    assert [keys.actor.name for keys in keyed.actors] == ["Anna"]


def test_a_range_that_is_changed_meanwhile_moves_nothing(scene: bpy.types.Scene) -> None:
    cast = cast_scene(scene)
    planned = plan_stretch(scene, cast, HEAD)
    performance = generated(scene, planned)
    scene.frame_start = 11
    keyed = key_planned(scene, cast, performance, planned)
    assert (keyed.first, keyed.last) == (21, 40) and keyed.stretch["shot"] == (1, FRAMES)
    assert verify(scene, keyed).distance < 1e-3


def test_the_record_of_a_stretch_gives_the_whole_request_again(scene: bpy.types.Scene) -> None:
    cast = cast_scene(scene)
    planned = plan_stretch(scene, cast, HEAD)
    performance = generated(scene, planned)
    record(scene, key_planned(scene, cast, performance, planned), performance)
    found = read_record(action_of("Anna"))
    assert found is not None and found.frames == (1, FRAMES)
    assert len(found.request) < 60_000  # no motion is in it, which lies in a file; two body shapes take half of that
    for actor in found.load_request().actors:
        given = planned.given[actor.name]
        assert actor.constraints is not None
        np.testing.assert_array_equal(actor.constraints.mask, given.mask)
        whole = given.part("upper")
        np.testing.assert_array_equal(actor.constraints.rotations[whole][:, 16], given.rotations[whole][:, 16])


def test_a_stretch_of_a_stretch_is_read_from_its_file_again(scene: bpy.types.Scene) -> None:
    cast = cast_scene(scene)
    planned = plan_stretch(scene, cast, HEAD)
    performance = generated(scene, planned)
    record(scene, key_planned(scene, cast, performance, planned), performance)
    np.testing.assert_array_equal(shown_motion(scene, cast)[0].rotations, performance.actors[0].rotations)


def test_locked_parts_are_left_out_of_a_stretch(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.locks.face = True
    planned = plan_stretch(scene, cast_scene(scene), HEAD)
    assert planned.stretch.parts == {"Anna": ("head",)} and planned.given["Anna"].covers(FRAMES, "face")
    scene.interact.actor_a.locks.head = True
    with pytest.raises(InvalidRequest, match="Nothing is left to regenerate"):
        plan_stretch(scene, cast_scene(scene), HEAD)


def test_parts_that_perform_keeps_count_as_locked(scene: bpy.types.Scene) -> None:
    actor = scene.interact.actor_a
    assert kept_parts(actor) == frozenset()
    actor.perform = "KEEP_BODY"
    assert kept_parts(actor) == {"lower", "upper", "head", "hands"}
    actor.generate_head = True
    assert kept_parts(actor) == {"lower", "upper", "hands"}
    actor.perform = "KEEP_FACE"
    assert kept_parts(actor) == {"face"}


def test_without_locks_a_generate_is_no_stretch(scene: bpy.types.Scene) -> None:
    assert not is_locked(scene)
    scene.interact.actor_b.locks.head = True
    assert is_locked(scene)


def test_with_a_lock_a_generate_keeps_the_locked_part_to_the_last_key(scene: bpy.types.Scene) -> None:
    scene.interact.actor_a.locks.upper = True
    cast, before = cast_scene(scene), action_of("Anna")
    planned = finished(plan_around_locks_in_steps(lambda: scene, cast))
    assert planned.whole == ("Ben",) and set(planned.given) == {"Anna"}
    assert planned.given["Anna"].covers(FRAMES, "upper") and not planned.given["Anna"].part("lower").any()
    key_planned(scene, cast, generated(scene, planned), planned)
    slot = bpy.data.objects["Anna"].animation_data.action_slot
    old, new = ({(c.data_path, c.array_index): c for c in curves_of(a, slot)} for a in (before, action_of("Anna")))
    changed = {
        path
        for (path, i), curve in new.items()
        if [key.co.y for key in curve.keyframe_points] != [key.co.y for key in old[path, i].keyframe_points]
    }
    assert not any("Arm" in path or "Spine" in path for path in changed)
    assert any("Hips" in path for path in changed) and any("Head" in path for path in changed)
    assert action_of("Anna").name == "Anna Take 2" and action_of("Ben").name == "Ben Take 2"


# ---- which frames -------------------------------------------------------------------------------------------------


def test_the_range_is_the_preview_range_within_the_shot(scene: bpy.types.Scene) -> None:
    with pytest.raises(InvalidRequest, match="There is no preview range; drag one in the timeline with P"):
        chosen_range(scene)
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 20, 400
    assert chosen_range(scene) == (20, FRAMES)


def test_the_range_is_that_of_the_selected_strips(scene: bpy.types.Scene) -> None:
    scene.interact.regenerate.frames_from = "STRIPS"
    with pytest.raises(InvalidRequest, match="No strip of an actor is selected"):
        chosen_range(scene)
    for first, last, chosen in ((1, 20, False), (20, 30, True), (30, 45, True)):
        add_action(scene, "Anna", "stand", first, last).select = chosen
    assert chosen_range(scene) == (20, 44)
