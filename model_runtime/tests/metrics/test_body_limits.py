"""Penetration and joint limits of made-up poses whose depth and angles are known, and of captured people."""

from __future__ import annotations

import numpy as np
import pytest

from model_runtime.tests.conftest import DATA

from ...body_model import rotations as rot
from ...body_model.capsules import SOFT_CONTACT, capsules_about
from ...body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics, mirrored
from ...contract import FloatArray
from ...metrics.joint_limits import ALLOWANCE, joint_angles, joint_excess, joint_limits
from ...metrics.penetration import Body, pair_penetration, self_penetration, self_penetrations

MOTION = DATA / "motion"
BODY = AVERAGE_SKELETON


def pose(frames: int = 1, /, **turns: tuple[float, float, float]) -> tuple[FloatArray, FloatArray]:
    """Root (T, 3) and rotations (T, 52, 4) of a standing body; ``turns``: joint -> rotation vector in degrees."""
    rotations = np.zeros((frames, 52, 4), np.float32)
    rotations[..., 0] = 1.0
    for joint, vector in turns.items():
        rotations[:, INDEX[joint]] = rot.from_axis_angle(np.radians(np.array(vector, np.float32)))
    return np.tile(np.array([0, 0, BODY.pelvis_height], np.float32), (frames, 1)), rotations


def hanging(**turns: tuple[float, float, float]) -> tuple[FloatArray, FloatArray]:
    return pose(left_shoulder=(0, 75, 0), right_shoulder=(0, -75, 0), **turns)


def test_a_body_with_arms_out_or_hanging_is_clear_of_itself() -> None:
    for root, rotations in (pose(), hanging()):
        assert self_penetration(root, rotations, BODY).max() == 0.0


def test_a_hand_pushed_through_the_belly_shows_as_deep_as_it_is() -> None:
    root, rotations = pose(right_shoulder=(0, -75, 0), right_elbow=(0, 0, 0))
    depth = []
    for bend in (40.0, 95.0):  # the left forearm swings in from the side
        _, rotations = pose(left_shoulder=(0, 75, 0), left_elbow=(0, bend, 0))
        depth.append(float(self_penetrations(root, rotations, BODY)["forearm in trunk"][0]))
    assert depth[0] > 0.02 and depth[1] > depth[0]


def test_legs_through_each_other_are_found_and_feet_side_by_side_are_not() -> None:
    root, crossed = hanging(left_hip=(0, 12, 0), right_hip=(0, -12, 0))
    assert self_penetrations(root, crossed, BODY)["leg in leg"][0] > 0.03
    root, together = hanging(left_hip=(0, 3, 0), right_hip=(0, -3, 0))
    assert self_penetrations(root, together, BODY)["leg in leg"][0] == 0.0


def test_the_mirror_image_of_a_pose_penetrates_as_deep() -> None:
    root, rotations = pose(
        left_shoulder=(0, 70, 20), left_elbow=(20, 10, -120), right_shoulder=(10, -60, 0), right_elbow=(0, 0, 80)
    )
    there, back = self_penetrations(root, rotations, BODY), self_penetrations(root, mirrored(rotations), BODY)
    for kind in there:
        assert there[kind][0] == pytest.approx(back[kind][0], abs=1e-4)


def test_two_bodies_overlap_by_their_widths_less_the_distance_between_them() -> None:
    root, rotations = hanging()
    shape = capsules_about(*forward_kinematics(root, rotations, BODY), BODY)
    ends = np.stack([shape.start[0, :, 0] + shape.radius[:, 0], shape.end[0, :, 0] + shape.radius[:, 1]])
    widest = float(ends.max())  # from the middle to the outer side of the hands
    for apart, wanted in (
        (2 * widest + 0.005, 0.0),
        (2 * widest - 0.014, 0.014 - SOFT_CONTACT["pair"]),
    ):  # hands are thin
        other = root + np.array([apart, 0, 0], np.float32)
        depth = pair_penetration(Body(root, rotations, BODY), Body(other, rotations, BODY))[0]
        assert depth == pytest.approx(wanted, abs=0.002)
    far = root + np.array([4.0, 0, 0], np.float32)
    assert pair_penetration(Body(root, rotations, BODY), Body(far, rotations, BODY))[0] == 0.0


def test_pair_penetration_is_the_same_whoever_is_named_first() -> None:
    rng = np.random.default_rng(0)
    root, rotations = pose(20)
    rotations = rot.normalize(rotations + 0.15 * rng.standard_normal(rotations.shape)).astype(np.float32)
    one = Body(root, rotations, BODY)
    two = Body((root + np.array([0.35, 0.1, 0])).astype(np.float32), rotations[::-1], BODY.scaled(1.05))
    np.testing.assert_allclose(pair_penetration(one, two), pair_penetration(two, one), atol=1e-5)


def test_angles_are_named_as_a_physiotherapist_names_them() -> None:
    _, rotations = hanging(
        left_elbow=(0, 0, -90), right_elbow=(0, 0, 40), left_knee=(60, 0, 0), neck=(20, 0, 0), head=(15, 0, 0)
    )
    angles = joint_angles(rotations)
    np.testing.assert_allclose(angles["elbow flexion"][0], [90, 40], atol=0.1)
    np.testing.assert_allclose(angles["knee flexion"][0], [60, 0], atol=0.1)
    np.testing.assert_allclose(angles["neck flexion"][0], [35], atol=0.1)
    np.testing.assert_allclose(angles["shoulder rotation"][0], [0, 0], atol=0.1)
    _, rotations = pose(
        left_shoulder=(0, 0, 70), right_shoulder=(0, 0, 70), left_wrist=(0, 30, 0), right_elbow=(-80, 0, 0)
    )
    angles = joint_angles(rotations)
    np.testing.assert_allclose(angles["shoulder behind"][0], [70, -70], atol=0.1)
    np.testing.assert_allclose(angles["wrist flexion"][0], [30, 0], atol=0.1)
    np.testing.assert_allclose(angles["forearm rotation"][0], [0, 80], atol=0.1)


def test_an_elbow_or_knee_bent_backwards_is_outside_on_either_side() -> None:
    for joint, vector in (
        ("left_elbow", (0, 0, 30)),
        ("right_elbow", (0, 0, -30)),
        ("left_knee", (-30, 0, 0)),
        ("right_knee", (-30, 0, 0)),
    ):
        _, rotations = hanging(**{joint: vector})
        report = joint_limits(rotations)[joint.split("_")[1]]
        assert report.share == 1.0 and report.worst == pytest.approx(20.0, abs=0.2)


def test_left_and_right_are_judged_alike() -> None:
    rng = np.random.default_rng(3)
    rotations = rot.normalize(pose(50)[1] + 0.4 * rng.standard_normal((50, 52, 4))).astype(np.float32)
    here, there = joint_excess(rotations), joint_excess(mirrored(rotations))
    for key in here:
        np.testing.assert_allclose(here[key], there[key], atol=0.05)


@pytest.mark.data
def test_captured_people_stay_inside_their_ranges_and_outside_themselves() -> None:
    import tarfile

    from ...datasets.rocketbox import read_rocketbox

    with tarfile.open(MOTION / "rocketbox.tar") as archive:
        names = [n for n in archive.getnames() if "m_idle_neutral" in n or "m_gestic_" in n or "m_sit_chair" in n]
        clips = [read_rocketbox(n, archive.extractfile(n).read()) for n in names[:40]]  # type: ignore[union-attr]
    assert len(clips) >= 10
    rotations = np.concatenate([clip.rotations for clip in clips])
    for joint, report in joint_limits(rotations).items():
        if joint in ("elbow", "knee", "neck"):
            assert report.share < 0.005 and report.worst < 2 * ALLOWANCE
    depth = np.concatenate([self_penetration(c.root_positions, c.rotations, c.skeleton) for c in clips])
    assert (depth > 0.01).mean() < 0.05 and depth.max() < 0.04
