"""Regenerating, as a user does it: with the real runtime, on the demo cut to two seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import bpy
import numpy as np
import pytest

from interact_addon import batch
from interact_addon.compat import strip_left, strip_right
from interact_addon.rig.curves import curves_of
from interact_addon.rig.key_arrays import read_keys
from interact_addon.scene.strips import add_emotion
from interact_addon.takes.decision import undecided
from interact_addon.takes.record import read_record

State = dict[str, object]


@pytest.fixture(scope="module")
def performed(demo_blend: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short demo with a take, saved once."""
    bpy.ops.wm.open_mainfile(filepath=str(demo_blend))
    path = tmp_path_factory.mktemp("regenerate") / "take.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    assert bpy.ops.interact.generate() == {"FINISHED"}
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def scene(performed: Path) -> bpy.types.Scene:
    """The take, open, with a second of the first actor's upper body and hands chosen to be regenerated."""
    bpy.ops.wm.open_mainfile(filepath=str(performed))
    scene = bpy.context.scene
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = scene.frame_start + 15, scene.frame_start + 45
    settings = scene.interact.regenerate
    settings.face = settings.head = settings.lower = False
    settings.seed = 5
    bpy.ops.ed.undo_push(message="before")
    return scene


def action(scene: bpy.types.Scene, actor: int = 0) -> bpy.types.Action:
    return scene.interact.actors[actor].armature.animation_data.action


def keys(scene: bpy.types.Scene, of: bpy.types.Action) -> dict[tuple[str, int], Mapping[str, np.ndarray]]:
    """All keys of the first actor's body in one of its takes."""
    slot = scene.interact.actor_a.armature.animation_data.action_slot
    return {(curve.data_path, curve.array_index): read_keys(curve) for curve in curves_of(of, slot)}


def shown(scene: bpy.types.Scene, of: bpy.types.Action, frames: Iterable[int]) -> dict[tuple[str, int], list[float]]:
    """What the curves of the first actor's body are at some frames in one of its takes."""
    slot = scene.interact.actor_a.armature.animation_data.action_slot
    return {(c.data_path, c.array_index): [c.evaluate(frame) for frame in frames] for c in curves_of(of, slot)}


def plain(value: object) -> str:
    """A custom property as text, without addresses."""
    return str(value.to_dict() if hasattr(value, "to_dict") else value)


def state() -> State:
    """Everything of actions, strips and settings that an undo has to bring back."""
    scene = bpy.context.scene
    found: State = {"frame": scene.frame_current}
    for one in bpy.data.actions:
        for slot in one.slots:
            for curve in curves_of(one, slot):
                bits = b"".join(np.ascontiguousarray(values).tobytes() for values in read_keys(curve).values())
                found[f"{one.name} {slot.identifier} {curve.data_path} {curve.array_index}"] = hash(bits)
        found[f"{one.name} properties"] = {name: plain(one[name]) for name in sorted(one.keys())}
    for strip in scene.sequence_editor.strips:
        found[f"strip {strip.name}"] = (strip.channel, strip_left(strip), strip_right(strip), strip.mute)
    for actor in scene.interact.actors:
        animation = actor.armature.animation_data
        found[f"active {actor.armature.name}"] = (animation.action.name, animation.action_slot.identifier)
    for number, group in enumerate((scene.interact, scene.interact.regenerate, *scene.interact.actors)):
        values = {name: getattr(group, name) for name, _ in group.bl_rna.properties.items()}
        found[f"settings {number}"] = {n: v for n, v in values.items() if isinstance(v, (bool, int, float, str))}
    return found


def test_a_stretch_of_one_part_of_one_actor_is_generated_anew_and_all_else_stays(scene: bpy.types.Scene) -> None:
    before, partner = action(scene), action(scene, 1)
    assert bpy.ops.interact.regenerate() == {"FINISHED"}
    after = action(scene)
    assert after != before and action(scene, 1) == partner
    old, new = keys(scene, before), keys(scene, after)
    first, last = scene.frame_preview_start, scene.frame_preview_end
    moved = set()
    for name, was in old.items():
        frames = was["co"][:, 0]
        outside = (frames < first) | (frames > last)
        same = np.isin(new[name]["co"][:, 0], frames[outside])  # near the stretch there may be more
        for attribute, values in was.items():
            np.testing.assert_array_equal(values[outside], new[name][attribute][same], name[0])
        if not np.array_equal(was["co"], new[name]["co"]):
            moved.add(name[0])
    around = [*range(scene.frame_start, first), *range(last + 1, scene.frame_end + 1)]
    assert shown(scene, after, around) == shown(scene, before, around)
    assert moved and not any(word in path for path in moved for word in ("Leg", "Foot", "Toe", "Head", "Hips"))
    steps = max(np.abs(np.diff(new[name]["co"][:, 1])).max() for name in new if len(new[name]["co"]) > 1)
    assert steps < 1.0, "no curve jumps"


def test_a_stretch_that_the_newest_one_was_built_upon_is_not_asked_about(scene: bpy.types.Scene) -> None:
    settings = scene.interact.regenerate
    settings.actor_b = True
    bpy.ops.interact.regenerate()
    settings.actor_b = False
    bpy.ops.interact.regenerate()
    newest = undecided(scene)
    assert newest is not None
    assert action(scene, 0) in newest.written and action(scene, 1) not in newest.written
    bpy.ops.interact.keep_stretch()
    assert undecided(scene) is None


def test_a_stretch_is_kept_or_rejected(scene: bpy.types.Scene) -> None:
    before = state()
    actions = len(bpy.data.actions)
    assert undecided(scene) is None and not bpy.ops.interact.reject_stretch.poll()
    bpy.ops.interact.regenerate()
    assert undecided(scene) is not None and len(bpy.data.actions) == actions + 1
    bpy.ops.interact.reject_stretch()
    assert state() == before and undecided(scene) is None
    bpy.ops.interact.regenerate()
    bpy.ops.interact.keep_stretch()
    assert undecided(scene) is None and len(bpy.data.actions) == actions + 1


def test_another_try_takes_the_place_of_the_first_with_the_next_seed(scene: bpy.types.Scene) -> None:
    actions = len(bpy.data.actions)
    bpy.ops.interact.regenerate()
    bpy.ops.interact.another_stretch()
    record = read_record(action(scene))
    assert record is not None and record.seed == 6 and len(bpy.data.actions) == actions + 1
    assert record.stretch["first"] == scene.frame_preview_start


@pytest.mark.parametrize("operator", ["keep_stretch", "reject_stretch"])
def test_keeping_and_rejecting_are_undone_too(scene: bpy.types.Scene, operator: str) -> None:
    bpy.ops.interact.regenerate()
    before = state()
    getattr(bpy.ops.interact, operator)()
    bpy.ops.ed.undo_push(message=operator)
    assert state() != before
    bpy.ops.ed.undo()
    assert state() == before


def test_one_undo_restores_all_of_the_file(scene: bpy.types.Scene) -> None:
    before = state()
    bpy.ops.interact.regenerate()
    assert state() != before
    bpy.ops.ed.undo()
    assert state() == before


def test_between_two_poses_of_a_person_the_frames_are_generated(scene: bpy.types.Scene) -> None:
    armature = scene.interact.actor_a.armature
    armature.animation_data.action = None
    first, last = scene.frame_start + 10, scene.frame_start + 50
    for frame, bend in ((first, 0.0), (last, 0.5)):
        for bone in armature.pose.bones:
            bone.rotation_mode = "QUATERNION"
            bone.rotation_quaternion = (1.0, bend if "Arm" in bone.name else 0.0, 0.0, 0.0)
            bone.keyframe_insert("rotation_quaternion", frame=frame)
            bone.keyframe_insert("location", frame=frame)
    poses = keys(scene, action(scene))
    scene.frame_set(first + 20)
    settings = scene.interact.regenerate
    settings.head = settings.lower = True
    assert bpy.ops.interact.in_between() == {"FINISHED"}
    made = keys(scene, action(scene))
    for name, posed in poses.items():
        np.testing.assert_array_equal(made[name]["co"][[0, -1]], posed["co"], name[0])
        if "Arm" in name[0] and "rotation" in name[0]:
            assert len(made[name]["co"]) > 2


def test_two_poses_are_needed(scene: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="No two poses of yours lie around frame"):
        bpy.ops.interact.in_between()


def test_the_command_line_regenerates_a_stretch(performed: Path, tmp_path: Path) -> None:
    options = ["--from", "0.5", "--to", "1.5", "--actor", "mia", "--parts", "upper,hands", "--seed", "9"]
    assert batch.main(["generate", str(performed), "--out", str(tmp_path), *options]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "take.blend"))
    record = read_record(action(bpy.context.scene))
    assert record is not None and record.seed == 9
    assert record.stretch["parts"] == {record.actor: ["upper", "hands"]}


def test_the_command_line_regenerates_what_was_changed(performed: Path, tmp_path: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(performed))
    scene = bpy.context.scene
    add_emotion(scene, scene.interact.actor_a.name, "joy", 1.0, scene.frame_start + 45, scene.frame_end)
    changed = performed.with_name("changed.blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(changed))
    assert batch.main(["generate", str(changed), "--out", str(tmp_path), "--only-changed"]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "changed.blend"))
    record = read_record(action(bpy.context.scene))
    assert record is not None and record.stretch["first"] == bpy.context.scene.frame_start + 15


def test_the_whole_shot_with_the_same_seed_keeps_what_lies_before_a_change(scene: bpy.types.Scene) -> None:
    before, frames = action(scene), range(scene.frame_start, scene.frame_start + 20)
    partner = action(scene, 1)
    add_emotion(scene, scene.interact.actor_a.name, "joy", 1.5, scene.frame_start + 50, scene.frame_end)
    assert bpy.ops.interact.generate() == {"FINISHED"}
    assert shown(scene, action(scene), frames) == shown(scene, before, frames)
    assert action(scene) != before and action(scene, 1) != partner, "the rest is made of both"
    record = read_record(action(scene))
    assert record is not None and set(record.stretch["parts"]) == {one.name for one in scene.interact.actors}
    scene.interact.seed += 1
    assert bpy.ops.interact.generate() == {"FINISHED"}
    assert shown(scene, action(scene), frames) != shown(scene, before, frames), "another seed is another performance"


def test_only_what_changed_is_generated_and_what_lies_before_stays(scene: bpy.types.Scene) -> None:
    name = scene.interact.actor_a.name
    with pytest.raises(RuntimeError, match="Nothing was changed since Take"):
        bpy.ops.interact.generate(only_changed=True)
    before = action(scene)
    add_emotion(scene, name, "joy", 1.5, scene.frame_start + 50, scene.frame_end)
    assert bpy.ops.interact.generate(only_changed=True) == {"FINISHED"}
    record = read_record(action(scene))
    assert record is not None and (record.stretch["first"], record.stretch["last"]) == (
        scene.frame_start + 20,
        scene.frame_end,
    )
    earlier = range(scene.frame_start, record.stretch["first"])
    assert shown(scene, action(scene), earlier) == shown(scene, before, earlier)
    with pytest.raises(RuntimeError, match="Nothing was changed since Take"):
        bpy.ops.interact.generate(only_changed=True)
