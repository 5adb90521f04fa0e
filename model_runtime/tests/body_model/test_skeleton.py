"""The canonical skeleton and its rotations: conventions that every other part relies on."""

import numpy as np
import pytest
import torch

from model_runtime.body_model import kinematics as kin
from model_runtime.body_model import rotations as rot
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, JOINTS, PARENTS, forward_kinematics, heading_of


@pytest.fixture()
def turns() -> np.ndarray:
    return rot.normalize(np.random.default_rng(0).normal(size=(50, 4)))


def test_parents_come_before_their_children():
    assert len(JOINTS) == 52
    assert all(parent < joint for joint, parent in enumerate(PARENTS))


def test_the_rest_pose_stands_on_the_floor_facing_minus_y_with_the_left_hand_at_plus_x():
    rest = AVERAGE_SKELETON.rest_positions
    assert rest[INDEX["left_wrist"], 0] > 0.5 > -0.5 > rest[INDEX["right_wrist"], 0]
    assert rest[INDEX["left_foot"], 1] < rest[INDEX["left_ankle"], 1]
    assert rest[:, 2].min() >= 0


def test_matrices_and_quaternions_agree(turns):
    back = rot.from_matrix(rot.to_matrix(turns))
    assert np.abs(np.sum(back * turns, -1)).min() > 1 - 1e-9


def test_rotation_vectors_come_back(turns):
    back = rot.from_axis_angle(rot.to_axis_angle(turns))
    assert np.abs(np.sum(back * turns, -1)).min() > 1 - 1e-9


def test_a_product_turns_by_the_right_factor_first(turns):
    a, b, v = turns[:25], turns[25:], np.array([0.3, -1.0, 2.0])
    np.testing.assert_allclose(rot.rotate(rot.multiply(a, b), v), rot.rotate(a, rot.rotate(b, v)), atol=1e-9)


def test_the_shortest_turn_between_opposite_directions_is_a_half_turn():
    q = rot.between(np.array([1.0, 0, 0]), np.array([-1.0, 0, 0]))
    np.testing.assert_allclose(rot.rotate(q, np.array([1.0, 0, 0])), [-1, 0, 0], atol=1e-6)


def test_six_numbers_give_the_rotation_back(turns):
    m = kin.quaternion_to_matrix(torch.from_numpy(turns))
    assert (kin.matrix_from_6d(kin.matrix_to_6d(m)) - m).abs().max() < 1e-9


def test_numpy_and_torch_place_the_joints_alike(turns):
    local = np.tile(turns[None, :1], (3, 52, 1)).astype(np.float32)
    local[:] = np.resize(turns, (3, 52, 4))
    root = np.array([[0, 0, 1], [1, 2, 1], [0, -1, 0.5]], np.float32)
    positions, _ = forward_kinematics(root, local, AVERAGE_SKELETON)
    chain = kin.chain_positions(
        torch.from_numpy(root),
        kin.quaternion_to_matrix(torch.from_numpy(local)),
        torch.from_numpy(AVERAGE_SKELETON.offsets).expand(3, -1, -1),
        PARENTS,
    )
    np.testing.assert_allclose(positions, chain.numpy(), atol=1e-5)


def test_bending_forward_does_not_change_the_heading():
    bend = rot.from_axis_angle(np.array([0.8, 0.0, 0.0]))
    turned = rot.multiply(rot.about_z(np.array(0.6)), bend)
    assert heading_of(turned) == pytest.approx(0.6, abs=1e-6)


def test_scale_does_not_change_the_rotation_that_is_read_from_a_matrix() -> None:
    q = rot.normalize(np.random.default_rng(0).normal(size=(20, 4)))
    affine = np.tile(np.eye(4), (20, 1, 1))
    affine[:, :3, :3] = rot.to_matrix(q) * [0.01, 1.0, 30.0]
    affine[:, :3, 3] = 5.0
    for matrices in (affine, affine[:, :3, :3]):
        assert np.abs(np.sum(rot.from_scaled_matrix(matrices) * q, axis=-1)).min() > 1.0 - 1e-9
