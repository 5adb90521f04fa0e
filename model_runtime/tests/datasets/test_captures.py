"""The captures as clips: arms hang, joints bend in their ranges, walks go forward, tags and splits are right."""

from __future__ import annotations

import tarfile

import numpy as np
import pytest

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import INDEX
from model_runtime.contract import FPS
from model_runtime.corpus.composer import SPLITS
from model_runtime.corpus.staging import gather
from model_runtime.datasets.asfamc import make_amc_clip, parse_asf
from model_runtime.datasets.bvh import make_clip, parse_bvh, read_bvh, rest_of_first_frame
from model_runtime.datasets.clip import Clip
from model_runtime.datasets.cmu import rest_on
from model_runtime.datasets.families import CATEGORIES, families_of
from model_runtime.datasets.gltf import parse_glb, read_animation
from model_runtime.datasets.held_out import HELD_OUT_CLIPS, HELD_OUT_SPLIT
from model_runtime.datasets.library import load_library
from model_runtime.datasets.locations import REPOSITORY
from model_runtime.datasets.rocketbox import read_rocketbox
from model_runtime.datasets.skm import parse_sk, parse_skm, read_skm
from model_runtime.tests.conftest import DATA

from ..motion_samples import direction, place

MOTION = DATA / "motion"
LIBRARY = REPOSITORY / "corpus" / "clips.npz"
needs_data = pytest.mark.data

_IDLES = (
    "rocketbox/static__m_idle_breathe_01.npz", "rocketbox/static__f_idle_neutral_01.npz",
    "smartbody/Gestures/motions/ChrBrad@Idle01_MeLf01.skm",
    "smartbody/MaleGestures/motions/ChrGarza@IdleStand01.skm",
    "smartbody/FemaleGestures/motions/ChrConnor@IdleStand01.skm",
    "smartbody/ChrRachel/motions/ChrRachel_ChrBrad@Idle02_ToIdle03.skm",
    "smartbody/MaleLocomotion/motions/ChrUtah_Idle001.skm",
    "smartbody/MaleMocapLocomotion/motions/ChrMarine02@Idle01.skm",
    "smartbody/PNGestures/motions/idle2.skm", "cmu/asfamc/02/02_06.amc",
    "mesh2motion/human-base-animations.glb:Idle_Loop", "mesh2motion/human-addon-animations.glb:Head Nod",
)  # fmt: skip
_WALKS = (
    "rocketbox/xy__m_walk_neutral_01.npz", "rocketbox/xy__f_walk_neutral_01.npz",
    "smartbody/FemaleLocomotion/motions/ChrHarmony@Walk01.skm",
    "smartbody/MaleMocapLocomotion/motions/ChrMarine02@Walk01.skm",
    "smartbody/MaleLocomotion/motions/ChrUtah_Walk001.skm", "cmu/bvh/007/007_04.bvh",
    "cmu/asfamc/02/02_01.amc",
)  # fmt: skip
_GESTURES = (
    "smartbody/Gestures/motions/ChrBrad@Idle01_BeatHighBt01.skm",
    "smartbody/Gestures2/motions/ChrBrad@Idle01_YouLf01.skm",
    "smartbody/FemaleGestures/motions/ChrConnor@IdleStand01_MeRt01.skm",
    "rocketbox/static__f_gestic_presentation_left_01.npz", "rocketbox/xyz__m_turn_left_90.npz",
    "rocketbox/xyz__f_sit_down_chair_01.npz",
    "smartbody/FemaleLocomotion/motions/ChrHarmony@Turn90Rt01.skm",
)  # fmt: skip


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Return the archive members that the tests below use, and all skeletons."""
    wanted = {*_IDLES, *_WALKS, *_GESTURES, "cmu/asfamc/02/02.asf", "cmu/bvh/002/002_01.bvh"}
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
    for name in (name for name in wanted if name.startswith("mesh2motion")):
        found[name] = (MOTION / name.partition(":")[0]).read_bytes()
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
        elif name.endswith(".amc"):
            clips[name] = make_amc_clip(
                name, content.decode(), parse_asf("02", files["cmu/asfamc/02/02.asf"].decode()), "cmu", "free"
            )
        elif name in _WALKS and name.endswith(".bvh"):
            clips[name] = read_bvh(name, content, "cmu", "free")
        elif name.startswith("mesh2motion"):
            scene = parse_glb(name, content)
            number = scene.animations.index(name.partition(":")[2])
            clips[name] = read_animation(scene, number, name, "mesh2motion", "CC0", (), "made")
    return clips


class TestCaptures:
    pytestmark = needs_data

    @pytest.mark.parametrize("name", _IDLES)
    def test_idle_people_hang_their_arms_face_forward_and_stand_on_the_floor(
        self, captured: dict[str, Clip], name: str
    ):
        clip = captured[name].slice(0, 8)
        for side, out in (("left", 1.0), ("right", -1.0)):
            assert place(clip, f"{side}_wrist")[0, 2] < place(clip, f"{side}_shoulder")[0, 2] - 0.35
            assert direction(clip, f"{side}_wrist", (0, 0, -1))[0] @ [-out, 0, 0] > 0.3, "palms face the thighs"
            assert direction(clip, f"{side}_ankle", (0, -1, 0))[0] @ [0.0, -1, 0] > 0.7, "toes point forward"
            assert out * place(clip, f"{side}_hip")[0, 0] > 0.03, "left is left"
            assert (
                abs(place(clip, f"{side}_foot")[0, 2] - clip.skeleton.rest_positions[INDEX[f"{side}_foot"], 2]) < 0.025
            )
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
    def test_walkers_go_where_they_face_and_swing_arms_against_legs(self, captured: dict[str, Clip], name: str):
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

    def test_gestures_have_their_sync_points_kind_and_hand(self, captured: dict[str, Clip]):
        clip = captured[_GESTURES[1]]
        assert {"gesture", "you", "left"} <= set(clip.tags)
        assert (
            0
            < clip.sync["ready"]
            < clip.sync["stroke_start"]
            < clip.sync["emphasis"]
            < clip.sync["relax"]
            < clip.duration
        )

    def test_turns_go_to_the_side_of_their_tag(self, captured: dict[str, Clip]):
        for name, degrees in (
            ("rocketbox/xyz__m_turn_left_90.npz", 90),
            ("smartbody/FemaleLocomotion/motions/ChrHarmony@Turn90Rt01.skm", -90),
        ):
            facing = direction(captured[name], "pelvis", (0, -1, 0))[-1]
            assert np.degrees(np.arctan2(facing[0], -facing[1])) == pytest.approx(degrees, abs=8)

    def test_the_body_is_measured_in_a_first_frame_in_t_pose_which_is_dropped(
        self, files: dict[str, bytes], captured: dict[str, Clip]
    ):
        name = "cmu/bvh/007/007_04.bvh"
        assert parse_bvh(name, files[name].decode()).rate == pytest.approx(60, abs=0.1)
        clip = captured[name]
        assert place(clip, "left_wrist")[:, 2].max() < place(clip, "left_shoulder")[:, 2].min()
        assert not clip.has_fingers

    def test_two_conversions_of_one_take_agree(self, files: dict[str, bytes], captured: dict[str, Clip]):
        """The walk 02_01 exists as ASF/AMC and, converted by others, as BVH on another body, which starts without a
        T-pose.
        """
        rest = rest_of_first_frame("07_04", parse_bvh("07_04", files["cmu/bvh/007/007_04.bvh"].decode()))
        assert rest is not None
        motion = parse_bvh("02_01", files["cmu/bvh/002/002_01.bvh"].decode())
        assert rest_of_first_frame("02_01", motion) is None
        bvh = make_clip(
            "02_01",
            motion,
            "cmu",
            "free",
            rest=rest_on(motion, parse_bvh("", files["cmu/bvh/007/007_04.bvh"].decode()), rest),
        )
        amc = captured["cmu/asfamc/02/02_01.amc"]
        frames = min(bvh.frames, amc.frames)
        for joint, up_to in (
            ("left_hip", 2),
            ("right_knee", 3),
            ("spine3", 2),
            ("head", 2),
            ("left_shoulder", 3),
            ("left_ankle", 12),
        ):
            one, other = (direction(clip, joint, (0.48, -0.6, 0.64))[:frames] for clip in (bvh, amc))
            angles = np.degrees(np.arccos(np.clip(np.sum(one * other, axis=-1), -1, 1)))
            assert np.median(angles) < up_to, joint

    def test_joints_of_every_clip_of_the_library_stay_within_their_ranges(self):
        """Over all frames of all clips of all sources; in some stunts made by animators an elbow is overstretched."""
        if not LIBRARY.is_file():
            pytest.skip("needs corpus/clips.npz")
        clips = load_library(LIBRARY)
        assert {clip.source for clip in clips} == {"rocketbox", "smartbody", "cmu", "mesh2motion", "hifi"}
        for clip in clips:
            if {"animated", "left_out"} <= set(clip.tags):
                continue
            turn = clip.rotations.astype(float)
            for side, out in (("left", 1.0), ("right", -1.0)):
                forearm = rot.rotate(turn[:, INDEX[f"{side}_elbow"]], np.array([out, 0, 0]))
                assert np.degrees(np.arcsin(np.clip(forearm[:, 1], -1, 1))).max() < 8, (
                    f"{clip.name}: {side} elbow bends backwards"
                )
                shin = rot.rotate(turn[:, INDEX[f"{side}_knee"]], np.array([0, 0, -1.0]))
                assert np.degrees(np.arcsin(np.clip(-shin[:, 1], -1, 1))).max() < 6, (
                    f"{clip.name}: {side} knee bends forward"
                )
                for finger in ("index", "middle", "ring", "pinky"):
                    curl = rot.to_axis_angle(turn[:, INDEX[f"{side}_{finger}2"]])[:, 1] * out
                    assert np.degrees(curl.min()) > -30, f"{clip.name}: {side} {finger} bends backwards"
            assert 1.5 < clip.skeleton.height < 2.0, clip.name
            assert np.abs(clip.root_positions[0, :2]).max() < 1e-4, clip.name
            assert np.isfinite(clip.root_positions).all() and np.isfinite(clip.rotations).all()

    @pytest.mark.parametrize("source", ["rocketbox", "smartbody", "cmu", "mesh2motion", "hifi"])
    def test_resting_feet_of_every_source_lie_flat_on_the_floor(self, source: str):
        if not LIBRARY.is_file():
            pytest.skip("needs corpus/clips.npz")
        clips = [
            clip
            for clip in load_library(LIBRARY)
            if clip.source == source and {"walk", "idle", "gesture", "listen"} & set(clip.tags)
        ]
        pitches, rolls, heights = [], [], []
        for clip in [clip for clip in clips if "left_out" not in clip.tags][::7]:
            for side in ("left", "right"):
                ball, up = place(clip, f"{side}_foot"), direction(clip, f"{side}_ankle", (0, 0, 1))
                rest = clip.skeleton.rest_positions[INDEX[f"{side}_foot"], 2]
                still = (
                    np.linalg.norm(np.gradient(np.stack([ball, place(clip, f"{side}_ankle")]), axis=1), axis=-1).max(
                        axis=0
                    )
                    * FPS
                    < 0.1
                )
                still &= ball[:, 2] < rest + 0.03
                if still.sum() >= 5:
                    forward = direction(clip, f"{side}_ankle", (0, -1, 0))[still]
                    pitches.append(np.degrees(np.arcsin(forward[:, 2])).mean())
                    rolls.append(np.degrees(np.arccos(np.clip(up[still, 2], -1, 1))).mean())
                    heights.append(float((ball[still, 2] - rest).mean()))
        assert abs(np.median(pitches)) < 6 and np.median(rolls) < 9 and abs(np.median(heights)) < 0.01

    def test_both_splits_have_every_common_category_and_every_family_is_in_one_split(self):
        if not LIBRARY.is_file():
            pytest.skip("needs corpus/clips.npz")
        clips = load_library(LIBRARY)
        families = families_of(clips)
        composed = [number for number, clip in enumerate(clips) if clip.split != HELD_OUT_SPLIT]
        for tags in CATEGORIES:
            own = [number for number in composed if set(tags) <= set(clips[number].tags)]
            held = [number for number in own if clips[number].split == "test"]
            if len({families[number] for number in own}) >= 2:
                assert 0 < len(held) <= 0.6 * len(own), f"{tags}: {len(held)} of {len(own)} held out"
        torn = [
            f for f in set(families) if len({clip.split for clip, family in zip(clips, families) if family == f}) > 1
        ]
        assert torn == []
        assert 0.12 < np.mean([clips[number].split == "test" for number in composed]) < 0.20

    def test_every_clip_of_the_list_is_held_out_and_about_a_fifth_of_each_performers(self):
        if not LIBRARY.is_file():
            pytest.skip("needs corpus/clips.npz")
        clips = load_library(LIBRARY)
        assert {clip.name for clip in clips if clip.split == HELD_OUT_SPLIT} == HELD_OUT_CLIPS
        for performer in ("rocketbox_f", "rocketbox_m", "hifi"):
            own = [clip for clip in clips if clip.performer == performer and "left_out" not in clip.tags]
            assert 0.15 < np.mean([clip.split == HELD_OUT_SPLIT for clip in own]) < 0.3, performer
        assert not {clip.name for split in SPLITS for clip in gather(clips, [], split).clips} & HELD_OUT_CLIPS

    def test_clips_are_tagged_by_their_content(self):
        if not LIBRARY.is_file():
            pytest.skip("needs corpus/clips.npz")
        tags = {clip.name: set(clip.tags) for clip in load_library(LIBRARY)}
        for name, wanted in {
            "rocketbox/m_sit_down_chair_left": {"sit_down", "sit_down_chair", "sit_down_left"},
            "rocketbox/f_sit_stand_up_table_right": {"stand_up", "stand_up_table", "stand_up_right"},
            "rocketbox/m_sit_chair_gestic_shrug_01": {"sit", "seated", "gesture", "shrug"},
            "rocketbox/m_sit_chair_breathe_01": {"seated", "idle"},
            "rocketbox/f_gestic_presentation_left_01": {"gesture", "presentation", "talk"},
            "rocketbox/f_gestic_laugh_low": {"laugh"},
            "rocketbox/m_gestic_listen_deny_03": {"listen", "listen_deny"},
            "rocketbox/f_claphands_01": {"clap"},
            "rocketbox/m_wave_01": {"wave"},
            "rocketbox/f_idle_touch_hair_01": {"idle", "self_adaptor"},
            "rocketbox/f_walk_drunk": {"walk_loop", "manner_drunk", "left_out"},
            "rocketbox/m_turn_left_120": {"turn", "turn_in_place", "turn_left_120"},
            "rocketbox/f_trolley_talk": {"talk", "prop", "left_out"},
            "smartbody/FemaleLocomotion/ChrHarmony@Idle01_StepBackwardLf01": {"step", "backward", "step_left"},
            "smartbody/kicking/ChrGarza@IdleFight01_KickBackLow01": {"kick", "left_out"},
            "cmu/60_04": {"dance", "pair", "left_out"},
            "mesh2motion/Sitting_Enter": {"sit_down", "animated"},
            "mesh2motion/Pistol_Idle_Loop": {"prop", "left_out"},
        }.items():
            assert wanted <= tags[name], name
        assert not any("walk" in own for name, own in tags.items() if name.startswith("mesh2motion")), (
            "walks on the spot are no walks"
        )

    def test_both_halves_of_a_pair_are_synchronous_and_have_the_place_of_the_other(self):
        if not LIBRARY.is_file():
            pytest.skip("needs corpus/clips.npz")
        clips = {clip.name: clip for clip in load_library(LIBRARY)}
        pairs = [clip for clip in clips.values() if clip.pair is not None]
        assert len(pairs) >= 20
        nearest = []
        for clip in pairs:
            pair = clip.pair
            assert pair is not None
            other = clips[pair.partner]
            assert other.frames == clip.frames and other.split == clip.split
            assert other.pair is not None and other.pair.partner == clip.name
            assert np.hypot(pair.x, pair.y) == pytest.approx(np.hypot(other.pair.x, other.pair.y), abs=1e-4)
            hands = [place(clip, f"{side}_middle1") for side in ("left", "right")]
            turn = rot.about_z(np.array(pair.heading))
            theirs = [
                rot.rotate(turn, place(other, f"{side}_middle1")) + np.array([pair.x, pair.y, 0])
                for side in ("left", "right")
            ]
            nearest.append(min(float(np.linalg.norm(a - b, axis=-1).min()) for a in hands for b in theirs))
        assert np.median(nearest) < 0.08, "dancers hold hands"
