"""What reading motion files promises: one body language for every source, and a named refusal for every bad file."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime import rotations as rot
from model_runtime.contract import FPS
from model_runtime.corpus.clip import ClipUnreadable, finish_clip
from model_runtime.corpus.glitches import mend_glitches
from model_runtime.corpus.rocketbox import read_rocketbox
from model_runtime.corpus.skm import parse_sk, parse_skm, read_skm
from model_runtime.skeleton import AVERAGE_SKELETON, INDEX, JOINTS

from .motion_samples import bvh_text, clip_of, direction, place


def test_a_body_at_rest_in_a_t_pose_has_no_rotations():
    clip = clip_of(bvh_text({"Head": (0, 30, 0)}))  # not wholly still, or it would be dropped as a calibration pose
    angles = np.linalg.norm(rot.to_axis_angle(clip.rotations[0, :15].astype(float)), axis=-1)
    assert angles.max() < 1e-3
    assert clip.skeleton.height == pytest.approx(1.70, abs=0.25)


def test_hanging_arms_hang_and_palms_face_the_thighs():
    clip = clip_of(bvh_text({"LeftArm": (-85, 0, 0), "RightArm": (85, 0, 0)}))
    for side, inward in (("left", -1.0), ("right", 1.0)):
        assert place(clip, f"{side}_wrist")[0, 2] < place(clip, f"{side}_shoulder")[0, 2] - 0.45
        assert direction(clip, f"{side}_wrist", (0, 0, -1))[0, 0] * inward > 0.95
    assert place(clip, "left_wrist")[0, 0] > 0 > place(clip, "right_wrist")[0, 0]


def test_a_rest_pose_with_lowered_arms_gives_the_same_motion_as_a_t_pose():
    from_t = clip_of(bvh_text({"LeftArm": (-80, 0, 0), "RightArm": (80, 0, 0), "LeftForeArm": (0, 0, -50), "Spine": (0, 10, 0)}))
    lowered = {"LeftArm": (-35, 0, 0), "RightArm": (35, 0, 0), "Spine": (0, 10, 0)}
    from_a = clip_of(bvh_text(lowered, arms_down=45))
    for joint in ("left_shoulder", "right_shoulder", "right_elbow", "right_wrist", "right_index2", "left_hip", "spine1"):
        a, b = from_t.rotations[5, INDEX[joint]], from_a.rotations[5, INDEX[joint]]
        assert abs(float(a @ b)) > np.cos(np.radians(1.0)), joint
    np.testing.assert_allclose(from_a.skeleton.offsets[:22], from_t.skeleton.offsets[:22], atol=0.005)


def test_a_bent_elbow_bends_forward_about_the_hinge():
    clip = clip_of(bvh_text({"LeftForeArm": (0, 0, -70)}))
    hinge = rot.to_axis_angle(clip.rotations[5, INDEX["left_elbow"]].astype(float))
    assert hinge[2] == pytest.approx(-np.radians(70), abs=0.03)
    assert place(clip, "left_wrist")[5, 1] < place(clip, "left_elbow")[5, 1] - 0.2


def test_half_of_the_forearms_turning_lies_in_the_elbow_and_half_in_the_wrist():
    clip = clip_of(bvh_text({"LeftHand": (0, 60, 0)}))
    for joint in ("left_elbow", "left_wrist"):
        assert abs(rot.to_axis_angle(clip.rotations[5, INDEX[joint]].astype(float))[0]) == pytest.approx(np.radians(30), abs=0.02)


def test_a_clip_starts_at_the_origin_with_heading_zero_and_soles_on_the_floor():
    clip = clip_of(bvh_text({"Hips": (0, 0, 130), "Neck": (0, 20, 0)}))
    np.testing.assert_allclose(clip.root_positions[0, :2], 0, atol=1e-5)
    np.testing.assert_allclose(direction(clip, "pelvis", (0, -1, 0))[0], [0, -1, 0], atol=1e-3)
    assert place(clip, "left_foot")[0, 2] == pytest.approx(clip.skeleton.rest_positions[INDEX["left_foot"], 2], abs=2e-3)


@pytest.mark.parametrize(("rate", "frames"), [(24.0, 49), (30.0, 61), (60.0, 121), (120.0, 241)])
def test_every_rate_becomes_thirty_frames_a_second_of_the_same_duration(rate: float, frames: int):
    world = np.tile(rot.IDENTITY, (frames, len(JOINTS), 1))
    angle = np.linspace(0, 2.0, frames)
    world[:, INDEX["head"]] = rot.about_z(angle)
    clip = finish_clip("x", "test", "none", AVERAGE_SKELETON, np.zeros((frames, 3)), world, rate)
    assert clip.frames == 61
    turned = rot.to_axis_angle(clip.rotations[:, INDEX["head"]].astype(float))[:, 2]
    np.testing.assert_allclose(turned, np.arange(61) / FPS, atol=1e-3)


def test_a_joint_that_leaps_away_for_a_frame_is_mended():
    rotations = np.tile(rot.IDENTITY.astype(float), (20, len(JOINTS), 1))
    rotations[9, INDEX["left_hip"]] = rot.about_z(np.array(2.0))
    assert np.allclose(mend_glitches(rotations), rot.IDENTITY)


def test_a_clip_that_jumps_and_stays_is_refused():
    world = np.tile(rot.IDENTITY.astype(float), (30, len(JOINTS), 1))
    world[15:] = rot.from_axis_angle(np.array([2.0, 0, 0]))
    with pytest.raises(ClipUnreadable, match=r"'leaper' jumps: pelvis turns 115 degrees"):
        finish_clip("leaper", "test", "none", AVERAGE_SKELETON, np.zeros((30, 3)), world, 30.0)


# ---- bad input

_SK = "skeleton\nroot JtRoot\n{ offset 0 1 0\n}\n"
_SKM = 'SkMotion\nname "x"\nchannels 2\nJtRoot XPos\nJtRoot Quat\n\nframes 2\nkt 0 fr 0 0 0 0\nkt 0.033 fr 0 0 0 0\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Dear diary,\n", "not a BVH file"),
        (bvh_text().split("MOTION")[0], "not a BVH file"),
        (bvh_text(frames=0), "promises 0 frames"),
        (bvh_text()[:-400], "promises 20 frames"),
        (bvh_text().replace("0.033333", "0"), "frame time of 0"),
        (bvh_text(frame_time="5.0"), "0.2 frames a second"),
        (bvh_text({"Head": (float("nan"), 0, 0)}), "not finite"),
        (bvh_text({"Head": (0, 20, 0)}, frames=4), "at least 8 make a clip"),
        (bvh_text().replace("LeftUpLeg", "Tail"), "no known map fits"),
        (bvh_text().replace("OFFSET", "OFFSET x", 1), "broken hierarchy"),
        (bvh_text().replace("}", "", 3), "incomplete hierarchy"),
        (bvh_text().replace("Frame Time: 0.033333\n", "Frame Time: 0.033333\nsix "), "not a number"),
    ],
)
def test_a_bad_bvh_is_refused_by_name_and_reason(text: str, reason: str):
    with pytest.raises(ClipUnreadable, match=reason):
        clip_of(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "lists no channels"),
        (_SKM.replace("frames 2", "frames 9"), "promises 9 frames but holds 2"),
        (_SKM.replace("fr 0 0 0 0", "fr 0 0", 1), "holds 3.0 values a frame where its channels need 4"),
        (_SKM.replace("XPos", "Wobble"), "channels that cannot be read"),
        (_SKM.replace("fr 0 0 0 0", "fr 0 0 0 zero", 1), "not a number"),
    ],
)
def test_a_bad_skm_is_refused_by_name_and_reason(text: str, reason: str):
    with pytest.raises(ClipUnreadable, match=rf"'x'.*{reason}"):
        parse_skm("x", text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_SKM, "does not move the whole body"),
        (_SKM.replace("kt 0.033", "kt 0"), "uneven times"),
        (_SKM.replace("fr 0 0 0 0", "fr nan 0 0 0", 1), "not finite"),
        (_SKM.replace("frames 2", "frames 1").replace("kt 0.033 fr 0 0 0 0\n", ""), "single pose"),
    ],
)
def test_an_skm_without_a_whole_moving_body_is_refused(text: str, reason: str):
    with pytest.raises(ClipUnreadable, match=reason):
        read_skm("smartbody/Set/motions/x.skm", text.encode(), {"smartbody/Set/skeletons/x.sk": parse_sk("x", _SK)})


def test_a_rocketbox_file_that_is_none_is_refused():
    with pytest.raises(ClipUnreadable, match="'m_odd' is not a Rocketbox array file"):
        read_rocketbox("static__m_odd.npz", b"PK\x03\x04 but no more")
