"""Arms that reach for a contact while they are sampled."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_runtime.body_model.body_shape import place_points
from model_runtime.body_model.skeleton import AVERAGE_SKELETON, INDEX, forward_kinematics
from model_runtime.conditioning.conditioning import Conditioning, conditioning_of
from model_runtime.conditioning.representation import GlobalMotion, to_rotations
from model_runtime.contract import Actor, ContactGoal, Request
from model_runtime.planning.height_normalisation import HeightNormalisation
from model_runtime.sampling.body_sampler import BodyStage, SamplingSettings, sample_lower, sample_upper
from model_runtime.sampling.contact_guides import contact_guides
from model_runtime.sampling.energies import FEET, GuidanceEnergy, PosedBodies, upper_bodies
from model_runtime.sampling.windows import padded_frames
from model_runtime.speech.prosody import PROSODY_SIZE

SKELETONS = (AVERAGE_SKELETON, AVERAGE_SKELETON.scaled(1.1))
FRAMES = 91
TOUCH = ContactGoal("A", "right_palm", 1.5, 2.0, "B", "right_palm")


def pair(apart: float = 0.85, frames: int = FRAMES) -> Request:
    actors = (
        Actor("A", SKELETONS[0], (-apart / 2, 0.0), np.pi / 2),
        Actor("B", SKELETONS[1], (apart / 2, 0.0), -np.pi / 2),
    )
    return Request((frames - 1) / 30, actors, contacts=(TOUCH,))


def guides(goal: ContactGoal, units: tuple[float, float] = (1.0, 1.0)) -> tuple[GuidanceEnergy, ...]:
    return contact_guides((goal,), pair().actors, HeightNormalisation(units), FRAMES)


@pytest.fixture(scope="module")
def stages() -> tuple[BodyStage, BodyStage]:
    return BodyStage("lower"), BodyStage("upper")


@pytest.fixture(scope="module")
def given() -> Conditioning:
    silent = np.zeros((FRAMES, PROSODY_SIZE), np.float32)
    return conditioning_of(pair(), [silent] * 2, (), padded_frames(FRAMES))


@pytest.fixture(scope="module")
def lower(stages, given) -> GlobalMotion:
    return sample_lower(stages[0], given, SamplingSettings(1, "draft"))


def upper_of(stages, given, lower, energies) -> torch.Tensor:
    return sample_upper(stages[1], lower, given, SamplingSettings(1, "draft", energies=energies))


def test_arms_reach_while_trunks_stay_upright(stages, given, lower):
    def seen(energies: tuple[GuidanceEnergy, ...]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        upper = upper_of(stages, given, lower, energies)
        rotations = to_rotations(lower.window(0, FRAMES), upper, stages[1].hands)
        palms, chests = [], []
        for a, actor in enumerate(pair().actors):
            posed = forward_kinematics(lower.root[a, :FRAMES].numpy(), rotations[a], actor.skeleton)
            palms.append(place_points(actor.body_shape, *posed)[0][:, actor.body_shape.point("right_palm")])
            chests.append(posed[0][:, INDEX["spine3"]])
        return np.linalg.norm(palms[0] - palms[1], axis=-1), np.stack(chests), palms

    apart, chests, palms = seen(())
    guided, still, moved = seen(guides(TOUCH))
    touching = slice(45, 60)
    assert apart[touching].max() > 0.3 > 0.15 > guided[touching].max()
    assert np.linalg.norm(still - chests, axis=-1).max() < 0.06
    assert np.linalg.norm(np.stack(moved) - np.stack(palms), axis=-1)[:, :12].max() < 0.1  # it has not begun


def test_no_arm_reaches_further_than_it_is_long(stages, given, lower):
    (guide,) = guides(TOUCH)
    features = torch.randn(2, lower.root.shape[1], 102)
    far = GlobalMotion(lower.root.clone(), lower.heading, lower.tilt, lower.legs, lower.contacts)
    far.root[1, :, 0] += 40.0

    def energy(motion: GlobalMotion) -> float:
        return float(guide.energy(upper_bodies(motion, features, SKELETONS, 0)))

    near, away = energy(lower), energy(far)
    assert away < 4.0 * near + 100.0  # 40 m squared, 15 frames and more, would be over 24000


def test_a_window_in_which_nothing_is_asked_costs_nothing(lower):
    (guide,) = guides(TOUCH)
    features = torch.randn(2, lower.root.shape[1], 102)
    later = upper_bodies(lower, features, SKELETONS, FRAMES)
    assert float(guide.energy(later)) == 0.0
    assert float(guide.energy(upper_bodies(lower, features, SKELETONS, 0))) > 0.0


def test_points_are_where_the_body_has_them(lower):
    upper = torch.randn(2, lower.root.shape[1], 102)
    bodies = upper_bodies(lower, upper, SKELETONS, 0)
    actor = pair().actors[0]
    shape = actor.body_shape
    index = shape.point("right_palm")
    place, turn = bodies.of("right_wrist")
    palm = place[0, 50] + turn[0, 50] @ torch.from_numpy(shape.point_offset[index].astype(np.float32))
    goal = ContactGoal("A", "right_palm", 1.5, 2.0, places=((float(palm[0]), float(palm[1]), float(palm[2])),))

    def cost(place: tuple[float, float, float]) -> float:
        (guide,) = guides(replace(goal, start=50 / 30, end=51 / 30, places=(place,)))
        one = PosedBodies(
            bodies.joints,
            bodies.positions[:, 50:51],
            bodies.rotations[:, 50:51],
            bodies.contacts[:, 50:51],
            SKELETONS,
            50,
        )
        return float(guide.energy(one))

    assert goal.places
    assert cost(goal.places[0]) < 1e-6
    x, y, z = goal.places[0]
    shoulder = bodies.of("right_shoulder")[0][0, 50]
    back = (shoulder - palm) / (shoulder - palm).norm() * 0.1
    assert cost((x + float(back[0]), y + float(back[1]), z + float(back[2]))) == pytest.approx(0.01, rel=0.05)


def test_two_at_different_scales_and_what_is_held_have_no_guide():
    assert len(guides(TOUCH)) == 1
    assert not guides(TOUCH, (1.0, 0.5))
    assert not guides(ContactGoal("A", "right_palm", 1.5, 2.0, "B", "chest", held=True))
    assert not guides(ContactGoal("A", "left_shoulder", 1.5, 2.0, "B", "chest"))


def test_strokes_beside_a_contact_keep_their_time(given):
    assert given.touching is not None
    assert given.touching[:, 45:60].all() and not given.touching[:, :45].any()
    assert not given.exchangeable(0)[45:60].any()


def test_feet_are_guided_as_without_contacts(stages, given, lower):
    again = sample_lower(stages[0], given, SamplingSettings(1, "draft", energies=(*FEET, *guides(TOUCH))))
    assert torch.equal(again.legs, lower.legs) and torch.equal(again.root, lower.root)
