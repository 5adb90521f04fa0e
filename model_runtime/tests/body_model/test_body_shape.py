"""Bodies as capsules that are each fixed to a joint, and the contact points on them."""

import numpy as np

from model_runtime.body_model import rotations as rot
from model_runtime.body_model.body_shape import (
    POINTS,
    BodyShape,
    default_body_shape,
    depth_inside,
    place_points,
    posed_capsules,
    region_of,
    self_pairs,
)
from model_runtime.body_model.capsules import CAPSULES, capsules_about
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, JOINTS, forward_kinematics

STILL = np.tile(rot.IDENTITY, (1, len(JOINTS), 1))
ROOT = np.array([[0.0, 0.0, AVERAGE_SKELETON.pelvis_height]], np.float32)


def deepest(shape: BodyShape, places: np.ndarray) -> np.ndarray:
    """Return how deep ``places`` (N, 3) lie in the body at rest."""
    capsules = posed_capsules(shape, ROOT, STILL, AVERAGE_SKELETON)
    return depth_inside(places[:, None], capsules.start, capsules.end, capsules.radius[None]).max(1)


def test_every_capsule_and_every_contact_point_has_a_name_of_its_own():
    shape = default_body_shape(AVERAGE_SKELETON)
    assert len(set(shape.parts)) == len(shape.parts) == len(shape.joint)
    assert shape.points == POINTS and len(set(POINTS)) == len(POINTS)
    assert {region_of("left_index2"), region_of("right_hips"), region_of("jaw")} == {"left_hand", "hips", "head"}


def test_left_and_right_are_mirrored():
    shape = default_body_shape(AVERAGE_SKELETON)
    mirror = np.array([-1.0, 1.0, 1.0])
    for k, part in enumerate(shape.parts):
        if part.startswith("left_"):
            other = shape.parts.index(part.replace("left_", "right_"))
            np.testing.assert_allclose(shape.start[k] * mirror, shape.start[other], atol=1e-6)
            np.testing.assert_allclose(shape.radius[k], shape.radius[other], atol=1e-6)
    left, right = shape.point("left_palm"), shape.point("right_palm")
    np.testing.assert_allclose(shape.point_offset[left] * mirror, shape.point_offset[right], atol=2e-3)


def test_limbs_are_as_thick_as_the_capsules_that_the_rest_of_the_runtime_uses():
    shape = default_body_shape(AVERAGE_SKELETON)
    old = capsules_about(*forward_kinematics(ROOT, STILL, AVERAGE_SKELETON), AVERAGE_SKELETON)
    new = posed_capsules(shape, ROOT, STILL, AVERAGE_SKELETON)
    for part in ("left_forearm", "right_upper_arm", "left_shin", "right_hips", "left_belly", "left_chest", "head"):
        mine, theirs = shape.parts.index(part), CAPSULES.index(part)
        np.testing.assert_allclose(new.start[0, mine], old.start[0, theirs], atol=1e-5)
        np.testing.assert_allclose(new.end[0, mine], old.end[0, theirs], atol=1e-5)
        np.testing.assert_allclose(new.radius[mine], old.radius[theirs], atol=1e-6)


def test_contact_points_lie_on_the_surface_and_their_normals_lead_out_of_the_body():
    shape = default_body_shape(AVERAGE_SKELETON)
    joints, world = forward_kinematics(ROOT, STILL, AVERAGE_SKELETON)
    places, normals = place_points(shape, joints, world)
    on_it = deepest(shape, places[0])
    out = deepest(shape, places[0] + 0.03 * normals[0])
    inside = [name for name, depth in zip(shape.points, on_it) if depth > 0.012]
    assert {name.partition("_")[2] or name for name in inside} <= {"wrist", "shoulder", "hip", "knee", "elbow"}
    assert (on_it > -0.003).all() and (out < on_it - 0.005).all()


def test_a_palm_turns_with_its_wrist():
    shape = default_body_shape(AVERAGE_SKELETON)
    turned = STILL.copy()
    turned[0, INDEX["left_wrist"]] = rot.from_axis_angle(np.array([np.pi / 2, 0.0, 0.0]))
    joints, world = forward_kinematics(ROOT, turned, AVERAGE_SKELETON)
    _, normals = place_points(shape, joints, world)
    np.testing.assert_allclose(normals[0, shape.point("left_palm")], [0.0, 1.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(normals[0, shape.point("right_palm")], [0.0, 0.0, -1.0], atol=1e-6)


def test_a_shape_grows_with_its_body_and_thickens_outwards():
    shape = default_body_shape(AVERAGE_SKELETON)
    taller = default_body_shape(AVERAGE_SKELETON.scaled(1.2))
    for name in ("start", "end", "radius", "point_offset"):
        np.testing.assert_allclose(getattr(shape.scaled(1.2), name), getattr(taller, name), atol=2e-3)
    thick = shape.thickened(0.01)
    np.testing.assert_allclose(thick.radius, shape.radius + 0.01, atol=1e-6)
    assert (shape.thickened(-1.0).radius > 0).all()


def test_neighbours_are_left_out_and_a_hand_meets_the_rest_of_the_body():
    shape = default_body_shape(AVERAGE_SKELETON)
    pairs = {frozenset((shape.parts[i], shape.parts[j])) for i, j in zip(*self_pairs(shape, AVERAGE_SKELETON))}
    for met in (("left_index3", "jaw"), ("left_palm_middle", "right_palm_ring"), ("right_shin", "left_shin")):
        assert frozenset(met) in pairs
    for left_out in (
        ("left_index1", "left_palm_index"),
        ("left_thumb3", "left_index2"),
        ("left_forearm", "left_upper_arm"),
        ("left_upper_thigh", "right_upper_thigh"),
        ("left_upper_thigh", "left_hips"),
        ("left_upper_arm", "left_chest"),
    ):
        assert frozenset(left_out) not in pairs
