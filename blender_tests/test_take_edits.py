"""Takes changed afterwards: parts moved in time or mirrored give a new take, all else stays bit for bit."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from interact_addon.rig.cast import cast_actor
from interact_addon.takes import edits, library
from interact_addon.takes.edits import mirrored, shifted
from interact_addon.takes.record import read_record
from interact_addon.takes.shown_motion import shown_motion
from model_runtime.body_model import rotations as rot
from model_runtime.body_model import skeleton as sk
from model_runtime.contract import ARKIT_NAMES, ActorPerformance

from .rigs import perform
from .test_amplitude import LEFT_ARM, THIGH, shown_values
from .test_take_library import file_state, generate, pair  # noqa: F401 - a fixture


@pytest.fixture
def motion(addon: None) -> ActorPerformance:
    from interact_addon.rig.tables.mixamo import MIXAMO

    from .rigs import make_rig

    return perform(31, cast_actor("Anna", make_rig(MIXAMO, "Anna"))).actors[0]


def test_a_motion_moved_by_whole_frames_is_the_same_later(motion: ActorPerformance) -> None:
    later = shifted(motion, 4.0)
    dots = np.abs((later.rotations[4:] * motion.rotations[:-4]).sum(-1))
    assert np.allclose(dots, 1.0, atol=1e-5) and np.allclose(later.root_positions[4:], motion.root_positions[:-4])
    assert np.allclose(later.root_positions[:4], motion.root_positions[0])


def test_a_motion_moved_by_half_a_frame_lies_between(motion: ActorPerformance) -> None:
    half = shifted(motion, 0.5)
    angle = rot.to_axis_angle(rot.multiply(rot.conjugate(half.rotations[1:]), motion.rotations[1:]))
    whole = rot.to_axis_angle(rot.multiply(rot.conjugate(motion.rotations[:-1]), motion.rotations[1:]))
    assert np.allclose(angle, 0.5 * whole, atol=1e-3)


def test_a_mirrored_body_has_its_joints_on_the_other_side(motion: ActorPerformance) -> None:
    still = motion.rotations.copy()
    still[:, 0] = [1, 0, 0, 0]
    places, _ = sk.forward_kinematics(np.zeros((31, 3), np.float32), still, sk.AVERAGE_SKELETON)
    other = mirrored(ActorPerformance("A", motion.root_positions, still, motion.face, motion.foot_contacts))
    mirror, _ = sk.forward_kinematics(np.zeros((31, 3), np.float32), other.rotations, sk.AVERAGE_SKELETON)
    for left, right in (("left_wrist", "right_wrist"), ("left_index3", "right_index3"), ("head", "head")):
        wanted = places[:, sk.INDEX[left]] * [-1, 1, 1]
        assert np.allclose(mirror[:, sk.INDEX[right]], wanted, atol=0.01)  # the mean body is not quite symmetric


def test_a_face_is_mirrored_by_its_names(motion: ActorPerformance) -> None:
    face = np.zeros((31, 52), np.float32)
    face[:, ARKIT_NAMES.index("mouthSmileLeft")] = 0.7
    face[:, ARKIT_NAMES.index("jawOpen")] = 0.4
    other = mirrored(ActorPerformance("A", motion.root_positions, motion.rotations, face, motion.foot_contacts)).face
    assert other[0, ARKIT_NAMES.index("mouthSmileRight")] == np.float32(0.7)
    assert other[0, ARKIT_NAMES.index("mouthSmileLeft")] == 0.0
    assert other[0, ARKIT_NAMES.index("jawOpen")] == np.float32(0.4)


def test_gestures_moved_in_time_are_a_new_take_with_the_legs_as_before(pair: bpy.types.Scene) -> None:  # noqa: F811
    first = generate(pair, 1)
    kept = file_state()
    assert bpy.ops.interact.offset_take(frames=5.0, actor_a=True, actor_b=False) == {"FINISHED"}
    take = library.shown_take(pair)
    assert take is not None and take.number == 2 and take.own == (True, False)
    assert take.actions[1] == first.actions[1] and file_state()[: len(kept)] != []
    old, new = (shown_values(one.actions[0], LEFT_ARM) for one in (first, take))
    assert all(np.allclose(new[path][6:30], old[path][1:25], atol=2e-3) for path in old)
    legs = [shown_values(one.actions[0], THIGH) for one in (first, take)]
    assert all(np.array_equal(legs[0][path], legs[1][path]) for path in legs[0])
    assert read_record(take.written[0]).edit.startswith("Moved by 5 frames")  # type: ignore[union-attr]


def test_mirrored_gestures_are_seen_on_the_other_arm(pair: bpy.types.Scene) -> None:  # noqa: F811
    generate(pair, 1)
    characters = [cast_actor(actor.armature.name, actor.armature) for actor in pair.interact.actors]
    before = shown_motion(pair, characters)[1]
    assert bpy.ops.interact.mirror_take(actor_a=False, actor_b=True) == {"FINISHED"}
    after = shown_motion(pair, characters)[1]
    wanted = mirrored(before).rotations[:, sk.INDEX["right_elbow"]]
    assert np.allclose(np.abs((after.rotations[:, sk.INDEX["right_elbow"]] * wanted).sum(-1)), 1.0, atol=1e-3)
    assert np.allclose(after.root_positions, before.root_positions, atol=1e-3)


def test_nothing_chosen_is_said_and_changes_nothing(pair: bpy.types.Scene) -> None:  # noqa: F811
    generate(pair, 1)
    before = file_state()
    with pytest.raises(RuntimeError, match="Nothing is chosen"):
        bpy.ops.interact.mirror_take(actor_a=False, actor_b=False)
    assert file_state() == before


def test_an_edited_take_that_cannot_be_kept_beside_the_file_is_said(
    pair: bpy.types.Scene,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take = generate(pair, 1)
    monkeypatch.setattr(edits, "save_performance", lambda performance: ("/gone.npz", ["kept until Blender ends only"]))
    said = edits.edit_take(pair, take, (True, False), ["upper"], mirrored, "Mirrored")
    assert said == ["kept until Blender ends only"]
