"""The bodies in torch are those of the numpy half, and corrections reach only what they may."""

import numpy as np
import torch

from model_runtime.body_model.body_shape import default_body_shape
from model_runtime.body_model.capsules import closest_points, radius_at
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics
from model_runtime.metrics import joint_limits
from model_runtime.refine.contacts.corrections import trajectory_unknowns
from model_runtime.refine.contacts.footholds import follow_shift
from model_runtime.refine.contacts.limits import NAMES, joint_angles
from model_runtime.refine.contacts.motion import BodyMotion, ResolveOptions
from model_runtime.refine.contacts.overlaps import Volumes
from model_runtime.refine.contacts.posing import POSED, TURNED_JOINTS, Bodies, Posed
from model_runtime.refine.contacts.splines import free_splines, spline_basis
from model_runtime.tests.refine.contacts.scenes import rotations_of, standing

FRAMES = 20


def moving(seed: int) -> BodyMotion:
    """A body with bent knees, every other joint turned somehow."""
    draw = np.random.default_rng(seed)
    turns = np.cumsum(draw.normal(size=(FRAMES, 52, 3)) * 0.03, 0) + 0.2 * draw.normal(size=(52, 3))
    for side in ("left", "right"):
        turns[:, INDEX[f"{side}_knee"], 0] += 0.6
    skeleton = AVERAGE_SKELETON.scaled(1.0 + 0.1 * seed)
    root = np.cumsum(draw.normal(size=(FRAMES, 3)) * 0.01, 0) + [0.1 * seed, 0.0, skeleton.pelvis_height - 0.05]
    return BodyMotion(root.astype(np.float32), rotations_of(turns), skeleton, default_body_shape(skeleton))


def posed(bodies: list[BodyMotion], amount: float = 0.0) -> tuple[Bodies, Posed, torch.Tensor]:
    kept = [body.kept_parts() for body in bodies]
    unknowns = trajectory_unknowns(bodies, kept, [body.planted() for body in bodies], ResolveOptions())
    x = amount * torch.randn(len(unknowns.zeros()), generator=torch.Generator().manual_seed(1))
    motion = Bodies(bodies, np.arange(FRAMES), torch.float64)
    return motion, motion.pose(unknowns.corrections(x.double())[0]), x


def test_without_corrections_joints_are_where_forward_kinematics_has_them() -> None:
    bodies = [moving(0), moving(1)]
    _, torch_pose, _ = posed(bodies)
    for a, body in enumerate(bodies):
        places, _ = forward_kinematics(body.root, body.rotations, body.skeleton)
        columns = [INDEX[name] for name in POSED]
        assert np.abs(torch_pose.places[a].numpy() - places[:, columns]).max() < 2e-5


def test_corrected_bones_keep_their_lengths() -> None:
    _, torch_pose, _ = posed([moving(0), moving(1)], 0.3)
    for side in ("left", "right"):
        hip, knee, ankle = (torch_pose.places[0, :, POSED.index(f"{side}_{part}")] for part in ("hip", "knee", "ankle"))
        for one, other, joint in ((hip, knee, "knee"), (knee, ankle, "ankle")):
            length = np.linalg.norm(AVERAGE_SKELETON.offsets[INDEX[f"{side}_{joint}"]])
            assert np.abs((one - other).norm(dim=-1).numpy() - length).max() < 1e-4


def test_overlaps_in_torch_are_as_deep_as_in_numpy() -> None:
    motion, torch_pose, _ = posed([moving(0), moving(1)])
    volumes = Volumes(motion)
    watched = volumes.watch(torch_pose, torch_pose, 0.01)
    start, end = volumes.placed(torch_pose)
    f, (i, j) = watched.frame.numpy(), watched.pair.numpy()
    s, t, gap = closest_points(start[f, i], end[f, i], start[f, j], end[f, j])
    depth = radius_at(volumes.radius[i], s) + radius_at(volumes.radius[j], t) - gap
    assert len(f) > 100
    assert np.abs(volumes.excess(torch_pose, watched).numpy() - (depth - watched.allowed.numpy())).max() < 1e-4


def test_angles_in_torch_are_those_of_the_measure() -> None:
    body = moving(1)
    found = joint_angles(torch.from_numpy(body.rotations[None][:, :, list(TURNED_JOINTS)]).double())[0].numpy()
    measured = joint_limits.joint_angles(body.rotations)
    for column, name in enumerate(NAMES):
        if name != "shoulder rotation":  # which fades here for an arm that points up, and ends there
            side = column // 7 if column < 14 else 0
            assert np.abs(found[:, column] - measured[name][:, side]).max() < 1e-2, name


def test_splines_are_zero_on_kept_frames_and_add_up_to_one() -> None:
    basis, kept = spline_basis(60, 3), np.arange(60) >= 40
    free = free_splines(basis, kept)
    assert free.sum() > 8
    assert np.abs(basis[40:][:, free]).max() == 0.0
    assert np.allclose(basis.sum(1), 1.0, atol=1e-6)


def test_a_foothold_follows_the_shift_as_one_and_not_at_all_where_it_is_kept() -> None:
    basis = spline_basis(60, 8)
    planted, kept = np.zeros(60, bool), np.zeros(60, bool)
    planted[5:20] = planted[30:50] = True
    kept[45:] = True
    holds = follow_shift(basis, planted, kept)
    assert np.ptp(holds.basis[5:20], axis=0).max() == 0.0 and holds.basis[10].sum() > 0.99
    assert np.abs(holds.basis[30:]).max() == 0.0
    assert holds.swing[5:20].max() == 0.0 and holds.swing[25] > 0.9


def test_the_scene_of_the_tests_stands_on_the_floor() -> None:
    body = standing(1.7, 0.0, 1.0, 5)
    assert body.planted().all()
