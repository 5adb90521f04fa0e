"""The real captures, read: people hang their arms, bend the right way, walk the way they face."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from model_runtime import rotations as rot
from model_runtime.corpus.bvh import parse_bvh, read_bvh
from model_runtime.corpus.clip import Clip
from model_runtime.corpus.rocketbox import read_rocketbox
from model_runtime.corpus.skm import parse_sk, parse_skm, read_skm
from model_runtime.skeleton import INDEX

from .motion_samples import direction, place

MOTION = Path(__file__).parents[3] / "shared" / "data" / "motion"
needs_data = [pytest.mark.data, pytest.mark.skipif(not MOTION.is_dir(), reason="needs ../shared/data/motion")]

_IDLES = (
    "rocketbox/static__m_idle_breathe_01.npz", "rocketbox/static__f_idle_neutral_01.npz",
    "smartbody/Gestures/motions/ChrBrad@Idle01_MeLf01.skm", "smartbody/MaleGestures/motions/ChrGarza@IdleStand01.skm",
    "smartbody/FemaleGestures/motions/ChrConnor@IdleStand01.skm", "smartbody/ChrRachel/motions/ChrRachel_ChrBrad@Idle02_ToIdle03.skm",
    "smartbody/MaleLocomotion/motions/ChrUtah_Idle001.skm", "smartbody/MaleMocapLocomotion/motions/ChrMarine02@Idle01.skm",
    "smartbody/PNGestures/motions/idle2.skm",
)  # fmt: skip
_WALKS = (
    "rocketbox/xy__m_walk_neutral_01.npz", "rocketbox/xy__f_walk_neutral_01.npz", "smartbody/FemaleLocomotion/motions/ChrHarmony@Walk01.skm",
    "smartbody/MaleMocapLocomotion/motions/ChrMarine02@Walk01.skm", "smartbody/MaleLocomotion/motions/ChrUtah_Walk001.skm",
    "cmu/bvh/007/007_04.bvh",
)  # fmt: skip
_GESTURES = (
    "smartbody/Gestures/motions/ChrBrad@Idle01_BeatHighBt01.skm", "smartbody/Gestures2/motions/ChrBrad@Idle01_YouLf01.skm",
    "smartbody/FemaleGestures/motions/ChrConnor@IdleStand01_MeRt01.skm", "rocketbox/static__f_gestic_presentation_left_01.npz",
    "rocketbox/xyz__m_turn_left_90.npz", "rocketbox/xyz__f_sit_down_chair_01.npz", "smartbody/FemaleLocomotion/motions/ChrHarmony@Turn90Rt01.skm",
)  # fmt: skip


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The archive members that the tests below look at, and all skeletons."""
    wanted = {*_IDLES, *_WALKS, *_GESTURES}
    found: dict[str, bytes] = {}
    for archive in ("rocketbox.tar", "smartbody.tar.xz", "cmu.tar.xz"):
        missing = {name for name in wanted if name.startswith(archive.split(".")[0] + "/")}
        with tarfile.open(MOTION / archive, "r|*") as tar:
            for member in tar:
                if member.name in missing or ("/skeletons/" in member.name and member.isfile()):
                    found[member.name] = tar.extractfile(member).read()  # type: ignore[union-attr]
                    missing.discard(member.name)
                if not missing and archive != "smartbody.tar.xz":
                    break
    return found


@pytest.fixture(scope="module")
def captured(files: dict[str, bytes]) -> dict[str, Clip]:
    rigs = {name: parse_sk(name, content.decode()) for name, content in files.items() if "/skeletons/" in name}
    clips = {}
    for name, content in files.items():
        if name.endswith(".npz"):
            clips[name] = read_rocketbox(name, content)
        elif name.endswith(".skm"):
            clips[name] = read_skm(name, content, rigs)
        elif name.startswith("cmu"):
            clips[name] = read_bvh(name, content, "cmu", "free")
    return clips


class TestCaptures:
    pytestmark = needs_data

    @pytest.mark.parametrize("name", _IDLES)
    def test_idle_people_hang_their_arms_face_forward_and_stand_on_the_floor(self, captured: dict[str, Clip], name: str):
        clip = captured[name].slice(0, 8)
        for side, out in (("left", 1.0), ("right", -1.0)):
            assert place(clip, f"{side}_wrist")[0, 2] < place(clip, f"{side}_shoulder")[0, 2] - 0.35
            assert direction(clip, f"{side}_wrist", (0, 0, -1))[0] @ [-out, 0, 0] > 0.3, "palms face the thighs"
            assert direction(clip, f"{side}_ankle", (0, -1, 0))[0] @ [0.0, -1, 0] > 0.7, "toes point forward"
            assert out * place(clip, f"{side}_hip")[0, 0] > 0.03, "left is left"
            assert abs(place(clip, f"{side}_foot")[0, 2] - clip.skeleton.rest_positions[INDEX[f"{side}_foot"], 2]) < 0.025
            thumb = place(clip, f"{side}_thumb3")[0] - place(clip, f"{side}_thumb1")[0]
            assert thumb @ [0, -0.5, -0.86] > 0.02, "thumbs point forward and down"
        assert direction(clip, "head", (0, -1, 0))[0] @ [0.0, -1, 0] > 0.85
        assert 1.55 < clip.skeleton.height < 1.95

    @pytest.mark.parametrize("name", _IDLES + _WALKS + _GESTURES)
    def test_elbows_and_knees_never_bend_backwards_nor_sideways(self, captured: dict[str, Clip], name: str):
        clip = captured[name]
        for side, sign in (("left", -1.0), ("right", 1.0)):
            knee = rot.to_axis_angle(clip.rotations[:, INDEX[f"{side}_knee"]].astype(float))
            bent = np.linalg.norm(knee, axis=-1) > np.radians(20)
            if bent.any():
                assert (knee[bent, 0] / np.linalg.norm(knee[bent], axis=-1)).min() > 0.8
            forearm = rot.rotate(clip.rotations[:, INDEX[f"{side}_elbow"]].astype(float), np.array([-sign, 0, 0]))
            bent = forearm[:, 0] * -sign < np.cos(np.radians(30))
            if bent.any():
                assert forearm[bent, 1].max() < 0, "forearms bend to the front of the upper arm"

    @pytest.mark.parametrize("name", _WALKS)
    def test_walkers_walk_the_way_they_face_and_swing_arms_against_legs(self, captured: dict[str, Clip], name: str):
        clip = captured[name]
        path = clip.root_positions[-1] - clip.root_positions[0]
        facing = direction(clip, "pelvis", (0, -1, 0)).mean(axis=0)
        assert path @ facing > 0.9 * np.linalg.norm(path) > 0.5
        forward = {j: (place(clip, j) - clip.root_positions) @ facing for j in ("left_ankle", "left_wrist")}
        assert np.corrcoef(forward["left_ankle"], forward["left_wrist"])[0, 1] < -0.3

    def test_joints_are_where_the_source_has_them(self, files: dict[str, bytes], captured: dict[str, Clip]):
        name = _GESTURES[0]
        rig = parse_sk("ChrBrad", files["smartbody/Gestures/skeletons/ChrBrad.sk"].decode())
        motion = parse_skm("x", files[name].decode())
        local = np.tile([1.0, 0, 0, 0], (len(motion.times), len(rig.names), 1))
        column = 0
        for joint, kind in motion.channels:
            if kind == "Quat" and joint in rig.names:
                local[:, rig.names.index(joint)] = rot.from_axis_angle(motion.values[:, column : column + 3])
            column += 3 if kind == "Quat" else 1
        positions, _ = rig.pose(local)
        clip = captured[name]
        for ours, theirs in (
            ("left_wrist", "JtWristLf"),
            ("right_index3", "JtIndexCRt"),
            ("head", "JtSkullA"),
            ("right_ankle", "JtAnkleRt"),
        ):
            wanted = positions[:, rig.names.index(theirs)] - positions[:, rig.names.index("JtSpineC")]
            got = place(clip, ours) - place(clip, "spine3")
            assert np.abs(np.linalg.norm(wanted, axis=-1) - np.linalg.norm(got, axis=-1)).max() < 0.01, ours

    def test_gestures_carry_their_sync_points_kind_and_hand(self, captured: dict[str, Clip]):
        clip = captured[_GESTURES[1]]
        assert {"gesture", "you", "left"} <= set(clip.tags)
        assert 0 < clip.sync["ready"] < clip.sync["stroke_start"] < clip.sync["emphasis"] < clip.sync["relax"] < clip.duration

    def test_turns_go_the_way_they_are_called(self, captured: dict[str, Clip]):
        for name, degrees in (
            ("rocketbox/xyz__m_turn_left_90.npz", 90),
            ("smartbody/FemaleLocomotion/motions/ChrHarmony@Turn90Rt01.skm", -90),
        ):
            facing = direction(captured[name], "pelvis", (0, -1, 0))[-1]
            assert np.degrees(np.arctan2(facing[0], -facing[1])) == pytest.approx(degrees, abs=8)

    def test_a_first_frame_in_t_pose_is_measured_and_dropped(self, files: dict[str, bytes], captured: dict[str, Clip]):
        name = "cmu/bvh/007/007_04.bvh"
        assert parse_bvh(name, files[name].decode()).rate == pytest.approx(60, abs=0.1)
        clip = captured[name]
        assert place(clip, "left_wrist")[:, 2].max() < place(clip, "left_shoulder")[:, 2].min()
        assert not clip.has_fingers
