"""What reading motion files promises: one body language for every source, and a named refusal for every bad file."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from model_runtime import rotations as rot
from model_runtime.contract import FPS
from model_runtime.corpus.bvh import parse_bvh, read_bvh
from model_runtime.corpus.clip import Clip, ClipUnreadable, finish_clip, mend_glitches, split_of
from model_runtime.corpus.library import (
    LibraryMissing,
    Reading,
    build_library,
    drop_duplicates,
    load_library,
    members,
    save_library,
    summary,
)
from model_runtime.corpus.rocketbox import read_rocketbox
from model_runtime.corpus.skm import parse_sk, parse_skm, read_skm
from model_runtime.skeleton import AVERAGE_SKELETON, INDEX, JOINTS, forward_kinematics

MOTION = Path(__file__).parents[3] / "shared" / "data" / "motion"
needs_data = [pytest.mark.data, pytest.mark.skipif(not MOTION.is_dir(), reason="needs ../shared/data/motion")]

# A body of MotionBuilder joints, centimetres, Y up, facing +Z; the arms lie along +X at rest.
_TREE = ("Hips", (0, 95, 0), [
    ("Spine", (0, 10, 0), [("Spine1", (0, 12, 0), [("Spine3", (0, 10, 0), [
        ("Neck", (0, 18, 0), [("Head", (0, 9, 1), [])]),
        *[(f"{side}Shoulder", (3 * x, 12, 0), [(f"{side}Arm", (13 * x, 0, 0), [(f"{side}ForeArm", (28 * x, 0, 0), [(f"{side}Hand", (25 * x, 0, 0), [
            *[(f"{side}Hand{finger}1", (9 * x, 0, z), [(f"{side}Hand{finger}2", (4 * x, 0, 0), [(f"{side}Hand{finger}3", (3 * x, 0, 0), [])])])
              for finger, z in (("Index", 3), ("Middle", 1), ("Ring", -1), ("Pinky", -3))],
            (f"{side}HandThumb1", (3 * x, -1, 3), [(f"{side}HandThumb2", (3 * x, 0, 3), [(f"{side}HandThumb3", (2 * x, 0, 2), [])])]),
        ])])])]) for side, x in (("Left", 1), ("Right", -1))],
    ])])]),
    *[(f"{side}UpLeg", (9 * x, -2, 0), [(f"{side}Leg", (0, -42, 0), [(f"{side}Foot", (0, -42, 0), [])])]) for side, x in (("Left", 1), ("Right", -1))],
])  # fmt: skip


def bvh_text(
    turns: Mapping[str, tuple[float, float, float]] | None = None, frames: int = 20, frame_time: str = "0.033333", arms_down: float = 0.0
) -> str:
    """A BVH of the body above holding still, ``turns`` (joint -> degrees about Z, X, Y) away from its rest pose, whose
    arms hang ``arms_down`` degrees below level."""
    names: list[str] = []

    def block(node: tuple, depth: int, fall: float) -> list[str]:  # type: ignore[type-arg]
        name, offset, children = node
        names.append(name)
        vector = np.array(offset, float)
        if fall:
            sign = -1.0 if name.startswith("Left") else 1.0
            vector = rot.rotate(rot.from_axis_angle(np.array([0, 0, sign * np.radians(fall)])), vector)
        tips = ["End Site", "{", "OFFSET 0 -8 17" if "Foot" in name else "OFFSET 0 0 0.1", "}"] if not children else []
        lines = [
            "JOINT " + name if depth else "ROOT " + name,
            "{",
            "OFFSET {} {} {}".format(*vector),
            "CHANNELS 3 Zrotation Xrotation Yrotation",
            *tips,
        ]
        below = arms_down if name.endswith("Arm") and "Fore" not in name else fall
        return lines + [line for child in children for line in block(child, depth + 1, below)] + ["}"]

    hierarchy = block(_TREE, 0, 0.0)
    row = " ".join(str(value) for name in names for value in (turns or {}).get(name, (0, 0, 0)))
    return "\n".join(["HIERARCHY", *hierarchy, "MOTION", f"Frames: {frames}", f"Frame Time: {frame_time}", *[row] * frames]) + "\n"


def clip_of(text: str) -> Clip:
    return read_bvh("made", text.encode(), "test", "none")


def still_clip(frames: int = 30, name: str = "still", seed: int = 0) -> Clip:
    """A clip of slow random turning, different for each seed."""
    random = np.random.default_rng(seed)
    targets = rot.from_axis_angle(random.normal(0, 0.4, (2, len(JOINTS), 3)))
    world = rot.slerp(targets[:1], targets[1:], np.linspace(0, 1, frames)[:, None] * np.ones(len(JOINTS)))
    return finish_clip(name, "test", "none", AVERAGE_SKELETON, np.tile([0.3, 0.2, 0.9], (frames, 1)), world, 30.0)


def place(clip: Clip, joint: str) -> np.ndarray:
    return forward_kinematics(clip.root_positions, clip.rotations, clip.skeleton)[0][:, INDEX[joint]]


def direction(clip: Clip, joint: str, vector: tuple[float, float, float]) -> np.ndarray:
    world = forward_kinematics(clip.root_positions, clip.rotations, clip.skeleton)[1]
    return rot.rotate(world[:, INDEX[joint]], np.array(vector))


# ---- the retarget, on a body made here


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


# ---- clips


def test_a_slice_starts_anew_and_takes_its_sync_points_along():
    clip = still_clip()
    object.__setattr__(clip, "sync", {"emphasis": 0.5})
    part = clip.slice(6, 24)
    assert part.frames == 18
    assert part.sync["emphasis"] == pytest.approx(0.3)
    np.testing.assert_allclose(part.root_positions[0, :2], 0, atol=1e-6)


def test_a_mirrored_clip_is_the_reflection_and_mirroring_twice_changes_nothing():
    clip = still_clip()
    mirror, back = clip.mirrored(), clip.mirrored().mirrored()
    np.testing.assert_allclose(place(mirror, "left_wrist") * [-1, 1, 1], place(clip, "right_wrist"), atol=1e-5)
    np.testing.assert_allclose(place(mirror, "head") * [-1, 1, 1], place(clip, "head"), atol=1e-5)
    np.testing.assert_allclose(back.rotations, clip.rotations, atol=1e-6)


def test_the_split_is_the_same_for_ever_and_holds_out_about_a_tenth():
    assert [split_of(name) for name in ("m_idle_breathe_01", "f_wave_02", "ChrBrad@Idle01_MeLf01")] == ["train", "train", "train"]
    share = np.mean([split_of(f"clip {number}") == "test" for number in range(5000)])
    assert 0.08 < share < 0.12


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


def _tar(path: Path, files: dict[str, bytes], link: str | None = None) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return path


def test_archive_members_that_point_outside_are_refused_and_counted(tmp_path: Path):
    reading = Reading()
    path = _tar(tmp_path / "a.tar", {"ok/a.bvh": b"1", "../evil.bvh": b"2", "/abs.bvh": b"3", "x\\..\\..\\y.bvh": b"4"}, link="ok/link.bvh")
    assert [name for name, _ in members(path, reading)] == ["ok/a.bvh"]
    assert len(reading.refused) == 4
    assert "5 refused" in summary(Reading(refused=[*reading.refused, ("one more", "why")]))


def test_a_truncated_archive_yields_what_is_whole_and_says_so(tmp_path: Path):
    path = _tar(tmp_path / "a.tar", {"a.bvh": b"1" * 4096, "b.bvh": b"2" * 40960})
    path.write_bytes(path.read_bytes()[:9000])
    reading = Reading()
    assert [name for name, _ in members(path, reading)] == ["a.bvh"]
    assert "cannot be read to its end" in reading.refused[0][1]


def test_bad_files_in_an_archive_are_named_and_the_good_ones_kept(tmp_path: Path):
    motion = tmp_path / "motion"
    motion.mkdir()
    good, bad = bvh_text({"Head": (0, 20, 0)}).encode(), b"Dear diary"
    _tar(motion / "cmu.tar.xz", {"cmu/salsa_pairs/60_01_scaled.bvh": good, "cmu/salsa_pairs/60_02_scaled.bvh": bad})
    reading = build_library(tmp_path, tmp_path / "clips.npz")
    assert [clip.name for clip in load_library(tmp_path / "clips.npz")] == ["cmu/60_01"]
    assert [name for name, _ in reading.refused] == ["cmu/salsa_pairs/60_02_scaled.bvh"]


def test_a_folder_without_motion_says_where_to_point():
    with pytest.raises(LibraryMissing, match="point --data at"):
        build_library(Path("nowhere"), Path("never.npz"))


def test_copies_and_mirrored_copies_are_dropped_by_name():
    first, other = still_clip(name="first"), still_clip(name="other", seed=1)
    reading = Reading(clips=[first, other, still_clip(name="again"), first.mirrored()])
    drop_duplicates(reading)
    assert [clip.name for clip in reading.clips] == ["first", "other"]
    assert reading.refused == [("again", "a copy of 'first'"), ("first~mirrored", "a mirrored copy of 'first'")]


# ---- the library file


def test_the_library_keeps_clips_to_a_fiftieth_of_a_degree(tmp_path: Path):
    clip = still_clip()
    object.__setattr__(clip, "tags", ("idle", "stand"))
    object.__setattr__(clip, "sync", {"emphasis": 0.25})
    save_library([clip, still_clip(seed=2, name="two")], tmp_path / "clips.npz")
    loaded = load_library(tmp_path / "clips.npz")[0]
    assert (loaded.name, loaded.tags, loaded.sync, loaded.has_fingers) == (clip.name, clip.tags, clip.sync, clip.has_fingers)
    turn = rot.to_axis_angle(rot.multiply(rot.conjugate(clip.rotations), loaded.rotations).astype(float))
    assert np.degrees(np.linalg.norm(turn, axis=-1).max()) < 0.05
    np.testing.assert_allclose(loaded.root_positions, clip.root_positions)


def test_a_missing_or_truncated_library_says_how_to_make_it(tmp_path: Path):
    with pytest.raises(LibraryMissing, match=r"corpus\.library"):
        load_library(tmp_path / "none.npz")
    save_library([still_clip()], tmp_path / "clips.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "clips.npz").read_bytes()[:2000])
    with pytest.raises(LibraryMissing, match="make it again"):
        load_library(tmp_path / "cut.npz")


# ---- the real captures

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
