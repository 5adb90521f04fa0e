"""Readers of motion files: the same canonical motion from every format, and a named refusal for every bad file."""

from __future__ import annotations

import io

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, JOINTS
from model_runtime.contract import FPS
from model_runtime.datasets.bone_maps import MODERN, NAMED_BONES, PLAIN
from model_runtime.datasets.clip import ClipUnreadable, finish_clip
from model_runtime.datasets.glitches import mend_glitches
from model_runtime.datasets.rocketbox import _T_POSE, _biped_bone, read_rocketbox
from model_runtime.datasets.skm import parse_sk, parse_skm, read_skm
from model_runtime.datasets.source_rig import BoneMap

from ..motion_samples import (
    amc_clip,
    amc_text,
    asf_text,
    bvh_text,
    clip_of,
    direction,
    glb_bytes,
    glb_clip,
    named_bvh_text,
    place,
)


def test_a_body_at_rest_in_a_t_pose_has_no_rotations():
    clip = clip_of(bvh_text({"Head": (0, 30, 0)}))  # moves, as a still T-pose would be dropped as a calibration pose
    angles = np.linalg.norm(rot.to_axis_angle(clip.rotations[0, :15].astype(float)), axis=-1)
    assert angles.max() < 1e-3
    assert clip.skeleton.height == pytest.approx(1.70, abs=0.25)


def test_arms_hang_and_palms_face_the_thighs():
    clip = clip_of(bvh_text({"LeftArm": (-85, 0, 0), "RightArm": (85, 0, 0)}))
    for side, inward in (("left", -1.0), ("right", 1.0)):
        assert place(clip, f"{side}_wrist")[0, 2] < place(clip, f"{side}_shoulder")[0, 2] - 0.45
        assert direction(clip, f"{side}_wrist", (0, 0, -1))[0, 0] * inward > 0.95
    assert place(clip, "left_wrist")[0, 0] > 0 > place(clip, "right_wrist")[0, 0]


def test_the_arms_of_an_asf_body_hang_like_those_of_a_bvh_body():
    clip = amc_clip(
        amc_text({"lhumerus": (0, 0, -85), "rhumerus": (0, 0, 85), "lfemur": (0, 0, -20), "rfemur": (0, 0, 20)})
    )
    for side, inward in (("left", -1.0), ("right", 1.0)):
        assert place(clip, f"{side}_wrist")[0, 2] < place(clip, f"{side}_shoulder")[0, 2] - 0.45
        assert direction(clip, f"{side}_wrist", (0, 0, -1))[0, 0] * inward > 0.95
    assert clip.frames == 12, "120 frames a second become 30"
    assert clip.skeleton.height == pytest.approx(1.70, abs=0.25)


def test_the_legs_of_an_asf_body_are_straight_and_its_feet_flat_when_its_own_angles_bring_them_together():
    clip = amc_clip(amc_text({"lfemur": (0, 0, -20), "rfemur": (0, 0, 20), "lhumerus": (0, 0, -60)}))
    for joint in ("left_hip", "right_hip", "left_ankle", "right_ankle"):
        assert direction(clip, joint, (0, 0, 1))[0, 2] > 0.99, joint
    bent = amc_clip(amc_text({"ltibia": (70, 0, 0)}))
    assert rot.to_axis_angle(bent.rotations[0, INDEX["left_knee"]].astype(float))[0] == pytest.approx(
        np.radians(70), abs=0.1
    )


def test_an_animated_glb_gives_its_own_angles_on_the_canonical_body():
    turns = {
        "left_shoulder": (0, np.radians(80), 0),
        "left_elbow": (0, 0, -np.radians(70)),
        "right_knee": (np.radians(50), 0, 0),
    }
    clip = glb_clip(glb_bytes(turns))
    for joint, vector in turns.items():
        found = rot.to_axis_angle(clip.rotations[5, INDEX[joint]].astype(float))
        np.testing.assert_allclose(found, vector, atol=0.06, err_msg=joint)  # the rest pose's knees bend 3 degrees
    assert place(clip, "left_elbow")[0, 2] < place(clip, "left_shoulder")[0, 2] - 0.2
    assert clip.frames == 30


def test_a_rest_pose_with_lowered_arms_gives_the_same_motion_as_a_t_pose():
    from_t = clip_of(
        bvh_text({"LeftArm": (-80, 0, 0), "RightArm": (80, 0, 0), "LeftForeArm": (0, 0, -50), "Spine": (0, 10, 0)})
    )
    lowered = {"LeftArm": (-35, 0, 0), "RightArm": (35, 0, 0), "Spine": (0, 10, 0)}
    from_a = clip_of(bvh_text(lowered, arms_down=45))
    for joint in (
        "left_shoulder",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
        "right_index2",
        "left_hip",
        "spine1",
    ):
        a, b = from_t.rotations[5, INDEX[joint]], from_a.rotations[5, INDEX[joint]]
        assert abs(float(a @ b)) > np.cos(np.radians(1.0)), joint
    np.testing.assert_allclose(from_a.skeleton.offsets[:22], from_t.skeleton.offsets[:22], atol=0.005)


@pytest.mark.parametrize(
    "bones", [*NAMED_BONES[1:2], MODERN, PLAIN], ids=["MotionBuilder", "SmartBody Jt", "SmartBody plain"]
)
def test_a_bvh_can_have_the_joint_names_of_motionbuilder_and_both_kinds_of_smartbody(bones: BoneMap):
    if "left_foot" not in bones.position:
        bones = BoneMap(
            {**bones.position, "left_foot": "LToe", "right_foot": "RToe"},
            {**bones.rotation, "left_foot": "LToe", "right_foot": "RToe"},
        )
    clip = clip_of(named_bvh_text(bones, {"left_shoulder": (-80, 0, 0), "right_elbow": (0, 0, 60), "head": (0, 20, 0)}))
    assert place(clip, "left_wrist")[0, 2] < place(clip, "left_shoulder")[0, 2] - 0.45
    assert direction(clip, "left_wrist", (0, 0, -1))[0, 0] < -0.9
    bend = rot.to_axis_angle(clip.rotations[5, INDEX["right_elbow"]].astype(float))
    assert bend[2] == pytest.approx(np.radians(60), abs=0.08)


def test_a_bent_elbow_bends_forward_about_the_hinge():
    clip = clip_of(bvh_text({"LeftForeArm": (0, 0, -70)}))
    hinge = rot.to_axis_angle(clip.rotations[5, INDEX["left_elbow"]].astype(float))
    assert hinge[2] == pytest.approx(-np.radians(70), abs=0.03)
    assert place(clip, "left_wrist")[5, 1] < place(clip, "left_elbow")[5, 1] - 0.2


def test_half_of_the_forearm_twist_is_in_the_elbow_and_half_in_the_wrist():
    clip = clip_of(bvh_text({"LeftHand": (0, 60, 0)}))
    for joint in ("left_elbow", "left_wrist"):
        assert abs(rot.to_axis_angle(clip.rotations[5, INDEX[joint]].astype(float))[0]) == pytest.approx(
            np.radians(30), abs=0.02
        )


def test_a_clip_starts_at_the_origin_with_heading_zero_and_soles_on_the_floor():
    clip = clip_of(bvh_text({"Hips": (0, 0, 130), "Neck": (0, 20, 0)}))
    np.testing.assert_allclose(clip.root_positions[0, :2], 0, atol=1e-5)
    np.testing.assert_allclose(direction(clip, "pelvis", (0, -1, 0))[0], [0, -1, 0], atol=1e-3)
    assert place(clip, "left_foot")[0, 2] == pytest.approx(
        clip.skeleton.rest_positions[INDEX["left_foot"], 2], abs=2e-3
    )


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


def test_a_body_joint_that_leaps_out_of_range_for_a_third_of_a_second_is_interpolated():
    rotations = np.tile(rot.IDENTITY.astype(float), (40, len(JOINTS), 1))
    rotations[12:21, INDEX["left_ankle"]] = rot.about_z(np.array(2.0))
    assert np.allclose(mend_glitches(rotations), rot.IDENTITY)


def test_a_bvh_is_cut_at_a_leap_to_its_longer_part():
    text = bvh_text({"LeftArm": (-80, 0, 0), "RightArm": (80, 0, 0)}, frames=200)
    head, _, motion = text.partition("Frame Time: 0.033333\n")
    rows = motion.splitlines()
    turned = rows[0].split()
    turned[2] = "150"  # the hips' turn about the vertical
    cut = clip_of(head + "Frame Time: 0.033333\n" + "\n".join([*rows[:60], *[" ".join(turned)] * 140]) + "\n")
    assert 130 <= cut.frames <= 140 and "cut" in cut.tags


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
        (bvh_text({"Head": (0, 20, 0)}, frames=1), "at least 8 make a clip"),
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


_GLB = glb_bytes({"left_shoulder": (0, 1.2, 0)})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"solid nonsense that is no glTF", "not a binary glTF"),
        (_GLB[:-500], "breaks off"),
        (_GLB[:12] + b"\xff\xff\xff\x00" + _GLB[16:], "reaches beyond its end"),
        (_GLB[:20] + b"?" + _GLB[21:], "no readable description"),
        (glb_bytes(change={"skins": []}), "no skinned body"),
        (
            glb_bytes(
                change={
                    "nodes": [{"name": "a", "children": [1]}, {"name": "b", "children": [0]}],
                    "skins": [{"joints": [0, 1]}],
                }
            ),
            "ring",
        ),
        (glb_bytes(change={"skins": [{"joints": [0, 999]}]}), "contradicts itself"),
        (glb_bytes(change={"nodes": [{"name": f"bone{n}"} for n in range(52)]}), "no known map fits"),
        (
            glb_bytes(
                change={"accessors": [{"bufferView": 0, "componentType": 5126, "count": 10**6, "type": "SCALAR"}] * 60}
            ),
            "beyond the file's end",
        ),
        (
            glb_bytes(
                change={"accessors": [{"bufferView": 0, "componentType": 5123, "count": 4, "type": "SCALAR"}] * 60}
            ),
            "plain floats",
        ),
        (glb_bytes(frames=0), "no frames"),
        (glb_bytes(), "a T-pose and no motion"),
        (glb_bytes({"left_shoulder": (0, 1.2, 0)}, frames=5), "at least 8 make a clip"),
        (glb_bytes({"left_shoulder": (0, float("nan"), 0)}), "not finite"),
    ],
)
def test_a_bad_glb_is_refused_by_name_and_reason(content: bytes, reason: str):
    with pytest.raises(ClipUnreadable, match=rf"made'.*{reason}"):
        glb_clip(content)


@pytest.mark.parametrize(
    ("skeleton", "reason"),
    [
        ("Dear diary", "lacks units, root, bonedata, hierarchy"),
        (asf_text().replace("order", "disorder"), "order the root moves"),
        (asf_text().replace("direction 1 0 0", "direction 1 zero 0", 1), "broken skeleton"),
        (asf_text().replace("lradius", "ltail"), "no known map fits"),
        (asf_text().replace("lowerback upperback", "lowerback wing"), "broken skeleton"),
    ],
)
def test_a_bad_asf_is_refused_by_name_and_reason(skeleton: str, reason: str):
    with pytest.raises(ClipUnreadable, match=rf"'body'.*({reason})"):
        amc_clip(amc_text(), skeleton)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Dear diary", "no first frame"),
        (amc_text(frames=0), "no first frame"),
        (amc_text()[:-30], "breaks off"),
        (amc_text(frames=12), "at least 8 make a clip"),
        (amc_text().replace("lradius 0 0 0", "lradius 0 0 zero", 1), "does not fit its skeleton"),
        (amc_text().replace("lradius", "tail"), "does not fit its skeleton"),
        (amc_text().replace("lradius 0 0 0", "lradius 0 0", 48), "does not fit its skeleton"),
        (amc_text().replace("lfemur 0 0 0\n", ""), "no lfemur"),
        (amc_text({"head": (float("nan"), 0, 0)}), "not finite"),
    ],
)
def test_a_bad_amc_is_refused_by_name_and_reason(text: str, reason: str):
    with pytest.raises(ClipUnreadable, match=rf"made'.*{reason}"):
        amc_clip(text)


@pytest.mark.parametrize("rate", [0.0, -30.0, 5.0, 1e6, float("nan"), float("inf")])
def test_an_absurd_frame_rate_is_refused(rate: float):
    with pytest.raises(ClipUnreadable, match=r"'x' claims .* frames a second"):
        finish_clip(
            "x", "test", "none", AVERAGE_SKELETON, np.zeros((60, 3)), np.tile(rot.IDENTITY, (60, len(JOINTS), 1)), rate
        )


def test_a_negative_frame_time_is_refused():
    with pytest.raises(ClipUnreadable, match=r"frame time of -0\.03"):
        clip_of(bvh_text(frame_time="-0.03333"))


def _rocketbox(frames: int = 30, rate: float = 30.0, lacking: str = "", nan: bool = False, unit: float = 1.0) -> bytes:
    """Return a Biped in a T-pose with a turning head."""
    names = [_biped_bone(joint) for joint in JOINTS]
    rest = np.tile(np.eye(4), (52, 1, 1))
    rest[:, :3, :3] = rot.to_matrix(_T_POSE)
    rest[:, :3, 3] = AVERAGE_SKELETON.rest_positions
    world = np.tile(_T_POSE, (frames, 1, 1))
    world[:, INDEX["head"]] = rot.multiply(rot.about_z(np.linspace(0, 0.5, frames)), world[:, INDEX["head"]])
    root = np.tile([0.0, 0.0, 0.955], (frames, 1))
    root[-1:, 0] = np.nan if nan else 0.0
    file = io.BytesIO()
    keep = [n for n, name in enumerate(names) if name != lacking]
    np.savez(
        file,
        names=np.array(names)[keep],
        rest_world=rest[keep],
        world_quat=np.round(world[:, keep] * 32767 * unit).astype(np.int16),
        root_position=root,
        fps=rate,
    )
    return file.getvalue()


def test_a_rocketbox_biped_in_a_t_pose_is_the_canonical_t_pose():
    clip = read_rocketbox("static__m_made.npz", _rocketbox())
    still = [joint for joint in range(52) if joint != INDEX["head"]]
    assert np.linalg.norm(rot.to_axis_angle(clip.rotations[:, still].astype(float)), axis=-1).max() < 1e-3
    np.testing.assert_allclose(
        clip.skeleton.offsets[INDEX["left_wrist"]], AVERAGE_SKELETON.offsets[INDEX["left_wrist"]], atol=1e-4
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_rocketbox(lacking="Bip01 L Forearm"), "lacks a bone"),
        (_rocketbox(nan=True), "not finite"),
        (_rocketbox(rate=0.0), "claims 0 frames a second"),
        (_rocketbox(rate=-30.0), "claims -30 frames a second"),
        (_rocketbox(rate=9000.0), "claims 9e.03 frames a second"),
        (_rocketbox(frames=0), "no frames|shapes"),
        (_rocketbox(frames=5), "at least 8"),
        (_rocketbox(unit=0.5), "not unit quaternions"),
        (_rocketbox()[:-400], "not a Rocketbox array file"),
    ],
)
def test_a_bad_rocketbox_file_is_refused_by_name_and_reason(content: bytes, reason: str):
    with pytest.raises(ClipUnreadable, match=rf"m_made'.*({reason})"):
        read_rocketbox("static__m_made.npz", content)


def test_a_file_that_is_no_rocketbox_array_file_is_refused():
    with pytest.raises(ClipUnreadable, match="'m_odd' is not a Rocketbox array file"):
        read_rocketbox("static__m_odd.npz", b"PK\x03\x04 but no more")
